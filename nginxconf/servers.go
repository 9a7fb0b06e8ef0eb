package nginxconf

import "strconv"

// generationServer answers this machine with the generation of the running
// configuration. Requests to oneself come from the address that they go to.
func generationServer(s settings) directive {
	return block("server", nil,
		words("listen", s.listen.String()),
		words("server_name", generationHost),
		block("if", []arg{literal("($remote_addr"), literal("!="), literal("$server_addr)")}, words("return", "404")),
		block("location", []arg{literal("="), word("/")},
			words("default_type", "text/plain"),
			words("return", "200", placeholder)))
}

// siteServers are one server for each profile; that of the usual one is for all
// hosts that no other names.
func siteServers(sites []served, s settings) (all []directive) {
	names := map[profile][]directive{}
	for _, one := range sites {
		for _, host := range one.Hosts {
			names[one.profile()] = append(names[one.profile()], words("server_name", string(host)))
		}
	}
	for _, p := range profilesOf(sites) {
		if p == usualProfile {
			all = append(all, siteServer(p, s, []directive{words("server_name", "_")}, "default_server"))
		} else {
			all = append(all, siteServer(p, s, names[p]))
		}
	}
	return all
}

func siteServer(p profile, s settings, names []directive, more ...string) directive {
	d := block("server", nil, words("listen", append([]string{s.listen.String()}, more...)...))
	if s.tls.IsValid() {
		d.body = append(d.body, words("listen", append([]string{s.tls.String(), "ssl", "http2"}, more...)...))
	}
	d.body = append(d.body, names...)
	patience := strconv.Itoa(p.patience) + "s"
	d.body = append(d.body,
		words("client_max_body_size", strconv.Itoa(p.upload)+"m"),
		words("proxy_read_timeout", patience),
		words("proxy_send_timeout", patience),
		errorPage("$seedbed_page_key", "401"),
		errorPage("$seedbed_page_inside", "403"),
		errorPage("$seedbed_page_unknown", "404"),
		errorPage(largeVariable(p.upload), "413"),
		errorPage("$seedbed_page_busy", "429"),
		errorPage("$seedbed_page_failing", "502", "504", "=502"),
		errorPage("$seedbed_page_waiting", "503"))
	if s.challenges.IsValid() {
		d.body = append(d.body, challengeLocation(s))
	}
	return d.with(pageLocation(s), siteLocation(s))
}

func errorPage(file string, codes ...string) directive {
	return literals("error_page", append(codes, ownPages+file)...)
}

// pageLocation serves pages of nginx's own. They are files, so that people's own
// words are no part of a configuration.
func pageLocation(s settings) directive {
	return block("location", []arg{literal("^~"), literal(ownPages)},
		words("internal"),
		literals("alias", s.temp+"/"+pagesFolder+"/"),
		block("types", nil),
		literals("default_type", "text/html; charset=utf-8"),
		words("etag", "off"),
		words("max_ranges", "0"),
		literals("add_header", "Last-Modified", "", "always"),
		literals("add_header", pageHeader, "$seedbed_page", "always"),
		literals("add_header", "Retry-After", "$seedbed_retry", "always"),
		literals("add_header", "Cache-Control", "no-store", "always"),
		literals("add_header", "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'", "always"),
		literals("add_header", "X-Content-Type-Options", "nosniff", "always"),
		literals("add_header", "Strict-Transport-Security", "$seedbed_hsts", "always"))
}

// challengePath is where an authority for certificates looks whether a host is
// ours. It is the same on all of them, before any door.
const challengePath = "/.well-known/acme-challenge/"

func challengeLocation(s settings) directive {
	return block("location", []arg{literal("^~"), literal(challengePath)},
		literals("proxy_pass", "http://"+s.challenges.String()),
		literals("proxy_set_header", "Host", "$host"),
		words("proxy_connect_timeout", "5s"),
		words("proxy_hide_header", pageHeader))
}

// siteLocation decides who is let in, in this order: is there a site, is it to be
// asked for elsewhere, may visitors from there come, is it open, do they know a
// name and its password.
func siteLocation(s settings) directive {
	d := block("location", []arg{word("/")},
		refuseIf("$seedbed_unknown", "404"),
		block("if", []arg{literal("($seedbed_move)")}, literals("return", "301", "$seedbed_move")),
		refuseIf("$seedbed_outside", "403"),
		refuseIf("$seedbed_shut", "503"),
		directive{name: "limit_req", args: []arg{literal("zone=seedbed_guesses"), literal("burst=100"), word("nodelay")}},
		literals("auth_basic", "$seedbed_realm"),
		literals("auth_basic_user_file", s.temp+"/"+keysFolder+"/$seedbed_keys"),
		literals("add_header", "Strict-Transport-Security", "$seedbed_hsts", "always"))
	return d.with(proxyDirectives()...)
}

func refuseIf(variable, status string) directive {
	return block("if", []arg{literal("(" + variable + ")")}, words("return", status))
}

// proxyDirectives hand a request to its site. What a visitor says about where
// it came from is not passed on, and a site can neither steer nginx by headers
// nor pass its answer off as nginx's own.
func proxyDirectives() []directive {
	all := []directive{
		literals("proxy_pass", "http://$seedbed_to"),
		words("proxy_http_version", "1.1"),
		words("proxy_connect_timeout", "5s"),
		words("proxy_next_upstream_tries", "3"),
		words("proxy_next_upstream_timeout", "15s"),
		words("proxy_buffer_size", "16k"),
		words("proxy_buffers", "8", "16k"),
		words("proxy_max_temp_file_size", "256m"),
		words("proxy_redirect", "off"),
		words("proxy_ignore_headers", "X-Accel-Redirect", "X-Accel-Limit-Rate", "X-Accel-Charset"),
		words("proxy_hide_header", pageHeader),
	}
	for _, header := range [][2]string{
		{"Host", "$host$seedbed_port"},
		{"X-Real-IP", "$remote_addr"},
		{"X-Forwarded-For", "$remote_addr"},
		{"X-Forwarded-Host", "$host$seedbed_port"},
		{"X-Forwarded-Proto", "$seedbed_scheme"},
		{"Forwarded", ""},
		{"Proxy", ""}, // programs behind CGI would take it for their proxy
		{askHeader, ""},
		{"Authorization", "$seedbed_authorization"},
		{"Upgrade", "$seedbed_upgrade"},
		{"Connection", "$seedbed_connection"},
	} {
		all = append(all, literals("proxy_set_header", header[0], header[1]))
	}
	return all
}

// askHeader marks the router's own question whether a site answers, which is let
// in everywhere if it comes from this machine itself.
const askHeader = "X-Seedbed-Ask"
