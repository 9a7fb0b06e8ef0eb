package nginxconf

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"seedbed"
)

// generationHost is the host name under which nginx tells this machine, and
// nobody else, which configuration it serves.
const generationHost = "generation.seedbed.internal"

// Values of nginx's variable of the site that are not names of upstreams.
const (
	noSite      = "unknown"
	sitePending = "starting"
	siteClosed  = "closed"
)

// placeholder stands where the generation will: a configuration holds its own
// hash.
var placeholder = strings.Repeat("0", 32)

// settings is what a configuration depends on besides the table. Its paths and
// names come from the operator and were checked by New.
type settings struct {
	dir          string
	temp         string
	user         string // that workers run as; "" where nginx does not run as root
	streamModule string // to load; "" where stream is built in
	listen       netip.AddrPort
}

// listener is a service port that nginx listens on.
type listener struct {
	at      netip.AddrPort
	service service
}

// configuration is a finished text for nginx.
type configuration struct {
	text       string
	generation string // hash of the text
	table      table
	listeners  []listener
}

// generate writes the configuration of a table. The same arguments always give
// the same bytes. The text has been read again and compared with the table.
func generate(t table, s settings, listeners []listener) (configuration, error) {
	text, err := printed(mainDirectives(t, s, listeners))
	if err != nil {
		return configuration{}, err
	}
	sum := sha256.Sum256([]byte(text))
	generation := hex.EncodeToString(sum[:16])
	c := configuration{
		text:       strings.Replace(text, placeholder, generation, 1),
		generation: generation,
		table:      t,
		listeners:  listeners,
	}
	return c, c.verify(s)
}

func mainDirectives(t table, s settings, listeners []listener) []directive {
	var all []directive
	if len(listeners) > 0 && s.streamModule != "" {
		all = append(all, literals("load_module", s.streamModule))
	}
	if s.user != "" {
		all = append(all, words("user", s.user))
	}
	all = append(all,
		words("daemon", "on"),
		words("worker_processes", "auto"),
		words("worker_rlimit_nofile", "8192"),
		// Old workers keep their connections to databases this long after a
		// reload, so that a change of one site does not cut off the others.
		words("worker_shutdown_timeout", "10m"),
		literals("pid", s.dir+"/nginx.pid"),
		literals("error_log", s.dir+"/error.log", "warn"),
		block("events", nil, words("worker_connections", "4096")),
		block("http", nil, httpDirectives(t, s)...),
	)
	if len(listeners) > 0 {
		all = append(all, block("stream", nil, streamDirectives(listeners)...))
	}
	return all
}

func httpDirectives(t table, s settings) []directive {
	all := []directive{
		words("access_log", "off"),
		words("log_not_found", "off"),
		words("server_tokens", "off"),
		words("tcp_nodelay", "on"),
		words("map_hash_max_size", "65536"),
		words("map_hash_bucket_size", "512"),
		words("variables_hash_bucket_size", "128"),
		words("client_header_timeout", "30s"),
		words("client_body_timeout", "60s"),
		words("send_timeout", "60s"),
		words("keepalive_timeout", "65s"),
		words("large_client_header_buffers", "4", "16k"),
		words("client_max_body_size", "512m"),
		literals("client_body_temp_path", s.temp+"/body"),
		literals("proxy_temp_path", s.temp+"/proxy"),
		literals("fastcgi_temp_path", s.temp+"/fastcgi"),
		literals("uwsgi_temp_path", s.temp+"/uwsgi"),
		literals("scgi_temp_path", s.temp+"/scgi"),
		block("map", []arg{literal("$http_upgrade"), literal("$seedbed_connection")},
			literals("default", "upgrade"), literals("", "")),
		hostMap(t),
	}
	for _, site := range t.Sites {
		if len(site.Instances) > 0 {
			all = append(all, upstream(siteUpstream(site.Workload), site.Instances))
		}
	}
	return append(all, generationServer(s), sitesServer(s))
}

// hostMap leads host names to upstreams. Host names have a dot in them, so none
// can be taken for one of map's own words, such as "include".
func hostMap(t table) directive {
	all := []directive{words("default", noSite)}
	for _, site := range t.Sites {
		for _, host := range site.Hosts {
			target := t.pending(host)
			if len(site.Instances) > 0 {
				target = siteUpstream(site.Workload)
			}
			all = append(all, words(string(host), target))
		}
	}
	for _, e := range t.alone() {
		all = append(all, words(string(e.Host), t.pending(e.Host)))
	}
	return block("map", []arg{literal("$host"), literal("$seedbed_site")}, all...)
}

func upstream(name string, instances []netip.AddrPort) directive {
	d := block("upstream", []arg{word(name)})
	for _, i := range instances {
		d.body = append(d.body, directive{name: "server", args: []arg{
			word(i.String()), literal("max_fails=2"), literal("fail_timeout=5s"),
		}})
	}
	return d
}

func siteUpstream(id seedbed.WorkloadID) string { return "site_" + idHash(id) }

func serviceUpstream(s service) string {
	return "service_" + idHash(s.Workload) + "_" + strconv.Itoa(s.Port)
}

// idHash makes a name of an id that may hold anything.
func idHash(id seedbed.WorkloadID) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:12])
}

func streamDirectives(listeners []listener) []directive {
	all := []directive{
		words("proxy_connect_timeout", "5s"),
		words("proxy_timeout", "24h"), // connections to databases may rest for long
		words("proxy_socket_keepalive", "on"),
		words("tcp_nodelay", "on"),
	}
	for _, l := range listeners {
		all = append(all,
			upstream(serviceUpstream(l.service), l.service.Instances),
			block("server", nil,
				directive{name: "listen", args: []arg{word(l.at.String()), literal("so_keepalive=on")}},
				words("proxy_pass", serviceUpstream(l.service))))
	}
	return all
}
