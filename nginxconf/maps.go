package nginxconf

import (
	"cmp"
	"maps"
	"slices"

	"seedbed"
)

// visitorMaps read a request: they depend on no site.
func visitorMaps(s settings) []directive {
	return []directive{
		// Only WebSockets: a tunnel of another kind would carry requests past nginx.
		mapping("$http_upgrade", "$seedbed_upgrade", fixed("default", "", "~*^websocket$", "websocket")...),
		mapping("$seedbed_upgrade", "$seedbed_connection", fixed("default", "", "websocket", "upgrade")...),
		mapping("$http_host", "$seedbed_port", fixed("default", "", "~:(?<seedbed_digits>[0-9]{1,5})$", ":$seedbed_digits")...),
		mapping("$seedbed_proxied $http_x_forwarded_proto", "$seedbed_scheme", fixed("default", "$scheme", "1 https", "https", "1 http", "http")...),
		// A trusted proxy that does not say for whom it asks does not make its
		// visitors ones from inside.
		mapping("$seedbed_proxied $remote_addr $realip_remote_addr", "$seedbed_near", fixed("default", "$seedbed_network", `~^1 (\S+) \1$`, "0")...),
		// The router itself, on this machine, looks behind every door.
		mapping("$remote_addr $server_addr", "$seedbed_here", fixed("default", "", `~^(\S+) \1$`, "1")...),
		mapping("$http_x_seedbed_ask", "$seedbed_self", fixed("default", "", "1", "$seedbed_here")...),
		mapping("$http_accept_language", "$seedbed_spoken", spoken(s)...),
		mapping("$request_uri", "$seedbed_path", fixed("default", "", `~^(?<seedbed_path_cut>[^?]{0,300})`, "$seedbed_path_cut")...),
		mapping("$http_referer", "$seedbed_referer", fixed("default", "", `~^(?<seedbed_referer_cut>[^?]{0,300})`, "$seedbed_referer_cut")...),
		mapping("$http_user_agent", "$seedbed_agent", fixed("default", "", `~^(?<seedbed_agent_cut>.{0,200})`, "$seedbed_agent_cut")...),
	}
}

func spoken(s settings) []directive {
	lines := fixed("default", s.language)
	for _, l := range languages {
		lines = append(lines, fixed("~*^"+l, l)...)
	}
	return lines
}

// siteMaps lead a request to its site, and tell the site's options. A request
// costs one lookup for each, whatever the number of sites.
func siteMaps(sites []served, s settings) []directive {
	all := hostMaps(sites)
	all = append(all,
		mapping("$seedbed_site", "$seedbed_unknown", fixed("default", "", "", "1")...),
		mapping("$seedbed_self", "$seedbed_counted", fixed("default", "$seedbed_site", "1", "")...),
		bySite(sites, "$seedbed_to", "", func(one served) string { return one.to }))
	all = append(all, doorMaps(sites)...)
	all = append(all, moveMaps(sites, s)...)
	return append(all, keyMaps(sites)...)
}

// hostMaps lead host names, and places below them, to sites. Host names have a
// dot in them, so none can be taken for one of map's own words, such as "include".
func hostMaps(sites []served) []directive {
	below := belowOf(sites)
	hosts := mapping("$host", "$seedbed_site", fixed("default", "")...)
	for _, one := range sites {
		for _, host := range one.Hosts {
			if len(below[host]) == 0 {
				hosts.body = append(hosts.body, line(word(string(host)), word(one.id)))
			}
		}
	}
	if len(below) == 0 {
		return []directive{hosts}
	}
	parts := mapping("$host$uri", "$seedbed_part", fixed("default", "")...)
	for _, host := range slices.Sorted(maps.Keys(below)) {
		hosts.body = append(hosts.body, line(word(string(host)), literal("$seedbed_part")))
		for _, b := range below[host] {
			parts.body = append(parts.body, line(pattern(b.place), word(b.id)))
		}
	}
	return []directive{hosts, parts}
}

// part is a place and the site that is there.
type part struct {
	place place
	id    string
}

// belowOf returns the parts of those hosts that are not one site's alone, the
// longest first.
func belowOf(sites []served) map[seedbed.HostName][]part {
	parts := map[seedbed.HostName][]part{}
	for _, one := range sites {
		for _, p := range one.Below {
			parts[p.Host] = append(parts[p.Host], part{p, one.id})
		}
	}
	for _, one := range sites {
		for _, host := range one.Hosts {
			if len(parts[host]) > 0 {
				parts[host] = append(parts[host], part{root(host), one.id})
			}
		}
	}
	for _, list := range parts {
		slices.SortFunc(list, func(a, b part) int {
			return cmp.Or(cmp.Compare(len(b.place.Path), len(a.place.Path)), cmp.Compare(a.place.Path, b.place.Path))
		})
	}
	return parts
}

// bySite makes a map from sites to what is said of them; those of which nothing
// is said have the usual value.
func bySite(sites []served, variable, usual string, of func(served) string) directive {
	d := mapping("$seedbed_site", variable, fixed("default", usual)...)
	for _, one := range sites {
		if value := of(one); value != "" {
			d.body = append(d.body, line(word(one.id), word(value)))
		}
	}
	return d
}

// doorMaps say who gets a page in place of the site.
func doorMaps(sites []served) []directive {
	return []directive{
		bySite(sites, "$seedbed_door", "", func(one served) string { return string(one.door()) }),
		mapping("$seedbed_to", "$seedbed_absent", fixed("default", "", "", "1")...),
		mapping("$seedbed_self $seedbed_door", "$seedbed_shut", fixed("default", "$seedbed_door", "1 maintenance", "$seedbed_absent")...),
		bySite(sites, "$seedbed_inside", "", func(one served) string { return yes(one.Options.Inside) }),
		mapping("$seedbed_inside $seedbed_near $seedbed_self", "$seedbed_outside", fixed("default", "", "1 0 ", "1")...),
	}
}

func yes(on bool) string {
	if on {
		return "1"
	}
	return ""
}

// keyMaps ask visitors of some sites for a name and a password. Those are not for
// the site, which gets the header only if it asks for it itself.
func keyMaps(sites []served) []directive {
	return []directive{
		bySite(sites, "$seedbed_lock", "off", func(one served) string {
			if len(one.Options.Keys) == 0 || len(one.Hosts) == 0 {
				return ""
			}
			return string(one.Hosts[0])
		}),
		bySite(sites, "$seedbed_keys", "none", func(one served) string {
			if len(one.Options.Keys) == 0 {
				return ""
			}
			return one.keyFile().name
		}),
		mapping("$seedbed_self", "$seedbed_realm", fixed("default", "$seedbed_lock", "1", "off")...),
		mapping("$http_authorization", "$seedbed_try", fixed("default", "$binary_remote_addr", "", "")...),
		mapping("$seedbed_realm", "$seedbed_guess", fixed("default", "$seedbed_try", "off", "")...),
		mapping("$seedbed_lock", "$seedbed_authorization", fixed("default", "", "off", "$http_authorization")...),
	}
}

// moveMaps lead visitors to where they should come: to HTTPS, to the site's main
// name, or both at once. Path and query stay, and so does the port.
func moveMaps(sites []served, s settings) []directive {
	main := mapping("$host", "$seedbed_main", fixed("default", "")...)
	for _, one := range sites {
		for _, host := range one.Hosts {
			if one.Options.Main != "" && host != one.Options.Main {
				main.body = append(main.body, line(word(string(host)), word(string(one.Options.Main))))
			}
		}
	}
	return []directive{
		main,
		mapping("$seedbed_self", "$seedbed_alias", fixed("default", "$seedbed_main", "1", "")...),
		mapping("$seedbed_alias", "$seedbed_name", fixed("default", "$seedbed_alias", "", "$host")...),
		bySite(sites, "$seedbed_https", "", func(one served) string { return yes(one.Options.HTTPS) }),
		mapping("$seedbed_scheme $seedbed_https $seedbed_proxied$seedbed_self", "$seedbed_lift", lifts(s)...),
		mapping("$seedbed_lift $seedbed_proxied", "$seedbed_base", fixed("default", "$seedbed_scheme://$seedbed_name$seedbed_port",
			"1 0", "https://$seedbed_name"+s.tlsPort(), "1 1", "https://$seedbed_name")...),
		mapping("$seedbed_lift $seedbed_alias", "$seedbed_move", fixed("default", "$seedbed_base$request_uri", " ", "")...),
		bySite(sites, "$seedbed_strict", "", func(one served) string { return yes(one.Options.Strict) }),
		mapping("$seedbed_scheme $seedbed_strict", "$seedbed_hsts", fixed("default", "", "https 1", "max-age=31536000")...),
	}
}

// lifts are the requests that are led from HTTP to HTTPS: where there is HTTPS,
// here or at a trusted proxy.
func lifts(s settings) []directive {
	lines := fixed("default", "")
	if s.tls.IsValid() {
		lines = append(lines, fixed("http 1 0", "1")...)
	}
	if s.tls.IsValid() || len(s.trusted) > 0 {
		lines = append(lines, fixed("http 1 1", "1")...)
	}
	return lines
}

// certificateMap names the certificate of each host that has one.
func certificateMap(s settings) directive {
	d := mapping("$ssl_server_name", "$seedbed_certificate", fixed("default", fallbackCertificate)...)
	for _, host := range slices.Sorted(maps.Keys(s.certificates)) {
		d.body = append(d.body, line(word(string(host)), word(s.certificates[host])))
	}
	return d
}

// fallbackCertificate is the base name of the certificate for all other names.
const fallbackCertificate = "fallback"
