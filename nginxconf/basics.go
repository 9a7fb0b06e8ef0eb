package nginxconf

import (
	"net/netip"
	"strconv"
)

// basics are what holds for every request.
func basics(s settings) []directive {
	all := []directive{
		directive{name: "log_format", args: []arg{word("seedbed"), literal("escape=json"), literal(visitFormat)}},
		directive{name: "access_log", args: []arg{literal(s.log), word("seedbed"), literal("buffer=64k"), literal("flush=1s"), literal("if=$seedbed_counted")}},
		words("log_not_found", "off"),
		words("server_tokens", "off"),
		words("tcp_nodelay", "on"),
		words("map_hash_max_size", "262144"),
		words("map_hash_bucket_size", "512"),
		words("server_names_hash_max_size", "65536"),
		words("server_names_hash_bucket_size", "512"),
		words("variables_hash_max_size", "2048"),
		words("variables_hash_bucket_size", "128"),
		words("client_header_timeout", "30s"),
		words("client_body_timeout", "60s"),
		words("send_timeout", "60s"),
		words("keepalive_timeout", "65s"),
		words("large_client_header_buffers", "4", "16k"),
		literals("client_body_temp_path", s.temp+"/body"),
		literals("proxy_temp_path", s.temp+"/proxy"),
		literals("fastcgi_temp_path", s.temp+"/fastcgi"),
		literals("uwsgi_temp_path", s.temp+"/uwsgi"),
		literals("scgi_temp_path", s.temp+"/scgi"),
		words("gzip", "on"),
		words("gzip_vary", "on"),
		words("gzip_proxied", "any"),
		words("gzip_comp_level", "5"),
		words("gzip_min_length", "1024"),
		literals("gzip_types", "text/plain", "text/css", "text/javascript", "text/xml", "application/javascript", "application/json", "application/manifest+json",
			"application/xml", "application/rss+xml", "application/atom+xml", "application/wasm", "image/svg+xml", "font/ttf"),
	}
	all = append(all,
		// Each look at a password takes a worker some milliseconds, in which it
		// serves no site.
		directive{name: "limit_req_zone", args: []arg{literal("$seedbed_guess"), literal("zone=seedbed_guesses:5m"), literal("rate=20r/s")}},
		words("limit_req_status", "429"))
	all = append(all, trustDirectives(s)...)
	return append(all, tlsDirectives(s)...)
}

// visitFormat is a line of the log of visits. Addresses of pages are cut before
// "?": what follows may be a link for a new password.
const visitFormat = `{"t":"$msec","s":"$seedbed_site","h":"$host","m":"$request_method","u":"$seedbed_path","c":"$status",` +
	`"b":"$body_bytes_sent","d":"$request_time","a":"$remote_addr","r":"$seedbed_referer","g":"$seedbed_agent"}`

// trustDirectives believe the proxies of the installation, and nobody else, what
// they say about where a visitor comes from.
func trustDirectives(s settings) []directive {
	var all []directive
	for _, p := range s.trusted {
		all = append(all, words("set_real_ip_from", p.String()))
	}
	if len(all) > 0 {
		all = append(all, words("real_ip_header", "X-Forwarded-For"), words("real_ip_recursive", "on"))
	}
	return append(all,
		networks([]arg{literal("$realip_remote_addr"), literal("$seedbed_proxied")}, s.trusted),
		networks([]arg{literal("$seedbed_network")}, s.inside))
}

// networks makes a variable that is 1 for addresses of some networks, and else 0.
func networks(args []arg, prefixes []netip.Prefix) directive {
	d := block("geo", args, fixed("default", "0")...)
	for _, p := range prefixes {
		d.body = append(d.body, line(word(p.String()), literal("1")))
	}
	return d
}

// tlsDirectives name certificates by a variable: they are read when a visitor
// comes, so thousands of them cost nothing at a reload. The ciphers are those of
// Mozilla's "intermediate" configuration, version 5.7.
func tlsDirectives(s settings) []directive {
	if !s.tls.IsValid() {
		return nil
	}
	return []directive{
		certificateMap(s),
		literals("ssl_certificate", s.certDir+"/$seedbed_certificate.crt"),
		literals("ssl_certificate_key", s.certDir+"/$seedbed_certificate.key"),
		words("ssl_protocols", "TLSv1.2", "TLSv1.3"),
		words("ssl_ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"+
			"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"),
		words("ssl_prefer_server_ciphers", "off"),
		words("ssl_session_cache", "shared:seedbed:10m"),
		words("ssl_session_timeout", "1d"),
		words("ssl_session_tickets", "off"),
	}
}

// tlsPort is how the port of HTTPS is written behind a host name.
func (s settings) tlsPort() string {
	if s.tls.Port() == 443 {
		return ""
	}
	return ":" + strconv.Itoa(int(s.tls.Port()))
}
