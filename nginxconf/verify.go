package nginxconf

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// errDiffers means that the text does not say what the table says.
var errDiffers = errors.New("the configuration is not the one that was meant")

// verify reads the text again, by another way than it was written, and compares
// it with what was meant: the same statements in all, none but those that are
// known, and for every host the same site, with the same addresses and options,
// as in the table.
func (c configuration) verify(meant []directive, s settings) error {
	read, err := parse(c.text)
	if err != nil {
		return err
	}
	if !sameDirectives(read, meant, c.generation) {
		return fmt.Errorf("%w: its statements differ", errDiffers)
	}
	if name, ok := onlyKnown(read); !ok {
		return fmt.Errorf("%w: it has the statement %q", errDiffers, name)
	}
	got, want := factsIn(read), factsOf(c.table, s, c.listeners)
	if !maps.Equal(got, want) {
		return fmt.Errorf("%w: %s", errDiffers, firstDifference(got, want))
	}
	return c.hasFiles(read)
}

// sameDirectives compares what was read with what was meant, where the
// generation now stands in its place.
func sameDirectives(read, meant []directive, generation string) bool {
	return slices.EqualFunc(read, meant, func(r, m directive) bool {
		return r.name == m.name && r.block == m.block &&
			slices.EqualFunc(r.args, m.args, func(a, b arg) bool {
				return a.text == b.text || a.text == generation && b.text == placeholder
			}) && sameDirectives(r.body, m.body, generation)
	})
}

func firstDifference(got, meant map[string]string) string {
	for _, key := range slices.Sorted(maps.Keys(meant)) {
		if got[key] != meant[key] {
			return fmt.Sprintf("%s is %q and not %q", key, got[key], meant[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := meant[key]; !ok {
			return key + " is not in the table"
		}
	}
	return "nothing"
}

// known are all statements that a configuration may have, besides the lines of
// maps.
var known = strings.Fields(`
	access_log add_header alias auth_basic auth_basic_user_file client_body_temp_path client_body_timeout client_header_timeout
	client_max_body_size daemon default_type error_log error_page etag events fastcgi_temp_path geo gzip gzip_comp_level
	gzip_min_length gzip_proxied gzip_types gzip_vary http if internal keepalive keepalive_timeout large_client_header_buffers limit_req limit_req_status limit_req_zone listen
	load_module location log_format log_not_found map map_hash_bucket_size map_hash_max_size max_ranges pid proxy_buffer_size
	proxy_buffers proxy_connect_timeout proxy_hide_header proxy_http_version proxy_ignore_headers proxy_max_temp_file_size
	proxy_next_upstream_timeout proxy_next_upstream_tries proxy_pass proxy_read_timeout proxy_redirect proxy_send_timeout
	proxy_set_header proxy_socket_keepalive proxy_temp_path proxy_timeout real_ip_header real_ip_recursive return scgi_temp_path
	send_timeout server server_name server_names_hash_bucket_size server_names_hash_max_size server_tokens set_real_ip_from
	ssl_certificate ssl_certificate_key ssl_ciphers ssl_prefer_server_ciphers ssl_protocols ssl_session_cache ssl_session_tickets
	ssl_session_timeout stream tcp_nodelay types upstream user uwsgi_temp_path variables_hash_bucket_size variables_hash_max_size
	worker_connections worker_processes worker_rlimit_nofile worker_shutdown_timeout`)

// onlyKnown returns the first statement that is not one of ours.
func onlyKnown(all []directive) (name string, ok bool) {
	for _, d := range all {
		if _, found := slices.BinarySearch(known, d.name); !found {
			return d.name, false
		}
		if d.name == "map" || d.name == "geo" {
			continue
		}
		if name, ok := onlyKnown(d.body); !ok {
			return name, false
		}
	}
	return "", true
}

// hasFiles holds that every page and every file of passwords that the
// configuration names is there.
func (c configuration) hasFiles(read []directive) error {
	pages, keys := namesOf(c.pages), namesOf(c.keys)
	for variable, lines := range mapsIn(read) {
		for _, value := range lines {
			isPage := strings.HasPrefix(variable, "$seedbed_page_") || variable == "$seedbed_own_page"
			isKey := variable == "$seedbed_keys"
			if value == "" || strings.HasPrefix(value, "$") || isKey && value == "none" {
				continue
			}
			if isPage && !pages[value] || isKey && !keys[value] {
				return fmt.Errorf("%w: it names the file %q, which there is not", errDiffers, value)
			}
		}
	}
	return nil
}
