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

// sitesServer is the one server of all sites.
func sitesServer(s settings) directive {
	return block("server", nil,
		words("listen", s.listen.String(), "default_server"),
		words("server_name", "_"),
		literals("error_page", "404", "@"+unknownPage.name),
		literals("error_page", "503", "@"+startingPage.name),
		literals("error_page", closedMark, "="+closedPage.status, "@"+closedPage.name),
		literals("error_page", "502", "504", "@"+failingPage.name),
		literals("error_page", "413", "@"+largePage.name),
		ifSite(noSite, unknownPage.status),
		ifSite(sitePending, startingPage.status),
		ifSite(siteClosed, closedMark),
		block("location", []arg{word("/")}, proxyDirectives()...),
		unknownPage.location(), startingPage.location(), closedPage.location(), failingPage.location(), largePage.location())
}

// closedMark is a status that nginx does not answer of its own accord, and by
// which it finds the page of a closed site; visitors get that of the page.
const closedMark = "410"

func ifSite(value, status string) directive {
	return block("if", []arg{literal("($seedbed_site"), literal("="), literal(value + ")")}, words("return", status))
}

func (p page) location() directive {
	d := block("location", []arg{literal("@" + p.name)},
		literals("default_type", "text/html; charset=utf-8"),
		literals("add_header", pageHeader, p.name, "always"),
		literals("add_header", "Cache-Control", "no-store", "always"),
		literals("add_header", "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'", "always"),
	)
	if p.refresh > 0 {
		d.body = append(d.body, literals("add_header", "Retry-After", strconv.Itoa(p.refresh), "always"))
	}
	d.body = append(d.body, literals("return", p.status, p.html()))
	return d
}

// proxyDirectives hand a request to its site. What a visitor says about where
// it came from is not passed on, and a site can neither steer nginx by headers
// nor pass its answer off as nginx's own.
func proxyDirectives() []directive {
	all := []directive{
		literals("proxy_pass", "http://$seedbed_site"),
		words("proxy_http_version", "1.1"),
		words("proxy_connect_timeout", "5s"),
		words("proxy_read_timeout", "300s"),
		words("proxy_send_timeout", "300s"),
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
		{"Host", "$http_host"},
		{"X-Real-IP", "$remote_addr"},
		{"X-Forwarded-For", "$remote_addr"},
		{"X-Forwarded-Host", "$http_host"},
		{"X-Forwarded-Proto", "$scheme"},
		{"Forwarded", ""},
		{"Proxy", ""}, // programs behind CGI would take it for their proxy
		{"Upgrade", "$http_upgrade"},
		{"Connection", "$seedbed_connection"},
	} {
		all = append(all, literals("proxy_set_header", header[0], header[1]))
	}
	return all
}
