package nginxconf

import (
	"fmt"
	"slices"
	"strings"

	"seedbed"
)

// factsOf lists what a table says: of each host whose it is and how it is served,
// of each place below one whose it is, of each site where its instances are and
// who may come in, and of each port where it leads.
func factsOf(t table, s settings, listeners []listener) map[string]string {
	facts := map[string]string{}
	sites := t.served()
	below := belowOf(sites)
	for _, one := range sites {
		facts["site "+one.id] = one.fact(s.language)
		for _, host := range one.Hosts {
			facts["host "+string(host)] = one.factOf(host, s)
			if len(below[host]) == 0 {
				facts["place "+root(host).String()] = one.id
			}
		}
	}
	for host, parts := range below {
		for i, p := range parts {
			facts["place "+string(host)+p.place.Path] = fmt.Sprint(p.id, " ", i)
		}
	}
	for _, l := range listeners {
		facts["port "+l.at.String()] = addresses(l.service.Instances)
	}
	return facts
}

func (s served) fact(language string) string {
	o := s.Options
	own := ""
	if p, has := s.ownPage(language); has {
		own = p.file().name
	}
	fact := []string{addresses(s.Instances), string(s.door()), yes(o.Inside), yes(o.HTTPS), yes(o.Strict), o.Language, own}
	if len(o.Keys) > 0 && len(s.Hosts) > 0 {
		fact = append(fact, string(s.Hosts[0]), s.keyFile().name)
	}
	return said(fact...)
}

func (s served) factOf(host seedbed.HostName, all settings) string {
	main := ""
	if s.Options.Main != host {
		main = string(s.Options.Main)
	}
	p := s.profile()
	return said(main, fmt.Sprintf("%dm %ds", p.upload, p.patience), all.certificates[host])
}

// said joins what there is to say, without what is missing at its end.
func said(parts ...string) string {
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, ", ")
}

func addresses[A fmt.Stringer](list []A) string {
	var b strings.Builder
	for _, a := range list {
		b.WriteString(a.String() + " ")
	}
	return b.String()
}

// factsIn lists what a configuration says that was read, in the form of factsOf.
func factsIn(all []directive) map[string]string {
	facts := map[string]string{}
	for _, d := range all {
		switch d.name {
		case "http":
			r := reading{d.body, mapsIn(all), upstreamsIn(d.body)}
			r.sites(facts)
			r.hosts(facts)
			r.parts(facts)
		case "stream":
			upstreams := upstreamsIn(d.body)
			for _, server := range named(d.body, "server") {
				listen, pass := named(server.body, "listen"), named(server.body, "proxy_pass")
				facts["port "+listen[0].args[0].text] = upstreams[pass[0].args[0].text]
			}
		}
	}
	return facts
}

// reading is the part of a configuration for visitors.
type reading struct {
	body      []directive
	maps      map[string]map[string]string // by variable
	upstreams map[string]string
}

// sites tells of every site that any map or place knows.
func (r reading) sites(facts map[string]string) {
	for _, id := range r.ids() {
		to := r.maps["$seedbed_to"][id]
		if upstream, has := r.upstreams[to]; has {
			to = upstream
		} else if to != "" {
			to += " "
		}
		fact := []string{to}
		for _, variable := range []string{"$seedbed_door", "$seedbed_inside", "$seedbed_https", "$seedbed_strict", "$seedbed_spoken_here", "$seedbed_own_page", "$seedbed_lock", "$seedbed_keys"} {
			fact = append(fact, r.maps[variable][id])
		}
		facts["site "+id] = said(fact...)
	}
}

// bySites are the maps whose keys are sites.
var bySites = []string{"$seedbed_to", "$seedbed_door", "$seedbed_inside", "$seedbed_https", "$seedbed_strict", "$seedbed_spoken_here", "$seedbed_lock", "$seedbed_keys", "$seedbed_own_page"}

func (r reading) ids() (all []string) {
	for _, variable := range bySites {
		for id := range r.maps[variable] {
			all = append(all, id)
		}
	}
	for _, variable := range []string{"$seedbed_site", "$seedbed_part"} {
		for _, id := range r.maps[variable] {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(id string) bool { return id == "" || id == "default" || id == "$seedbed_part" })
}

// hosts tells of every host which server it has, and where it is led.
func (r reading) hosts(facts map[string]string) {
	profiles := r.profiles()
	for host, id := range r.maps["$seedbed_site"] {
		if host == "default" {
			continue
		}
		if id != "$seedbed_part" {
			facts["place "+host] = id
		}
		if id != "$seedbed_part" || r.isWhole(host) {
			profile, has := profiles[host]
			if !has {
				profile = profiles["_"]
			}
			facts["host "+host] = said(r.maps["$seedbed_main"][host], profile, r.maps["$seedbed_certificate"][host])
		}
	}
}

// profiles returns by name what the servers for sites limit.
func (r reading) profiles() map[string]string {
	found := map[string]string{}
	for _, server := range named(r.body, "server") {
		size, patience := named(server.body, "client_max_body_size"), named(server.body, "proxy_read_timeout")
		if len(size) == 0 || len(patience) == 0 {
			continue // the one that tells the generation
		}
		for _, name := range named(server.body, "server_name") {
			found[name.args[0].text] = size[0].args[0].text + " " + patience[0].args[0].text
		}
	}
	return found
}

// isWhole reports whether all of a host but some places is one site's.
func (r reading) isWhole(host string) bool {
	_, has := r.maps["$seedbed_part"]["~^"+strings.ReplaceAll(host, ".", `\.`)+"/"]
	return has
}

func (r reading) parts(facts map[string]string) {
	order := map[string]int{}
	for _, m := range named(r.body, "map") {
		if m.args[1].text != "$seedbed_part" {
			continue
		}
		for _, d := range m.body {
			if d.name == "default" {
				continue
			}
			text := strings.ReplaceAll(strings.TrimPrefix(d.name, "~^"), `\.`, ".")
			host, path, _ := strings.Cut(text, "/")
			facts["place "+host+"/"+strings.TrimSuffix(path, patternEnd)] = fmt.Sprint(d.args[0].text, " ", order[host])
			order[host]++
		}
	}
}

// mapsIn returns the maps of a configuration by their variables.
func mapsIn(all []directive) map[string]map[string]string {
	found := map[string]map[string]string{}
	for _, http := range named(all, "http") {
		for _, m := range named(http.body, "map") {
			lines := make(map[string]string, len(m.body))
			for _, d := range m.body {
				lines[d.name] = d.args[0].text
			}
			found[m.args[1].text] = lines
		}
	}
	return found
}

func named(all []directive, name string) (found []directive) {
	for _, d := range all {
		if d.name == name {
			found = append(found, d)
		}
	}
	return found
}

func upstreamsIn(body []directive) map[string]string {
	found := map[string]string{}
	for _, u := range named(body, "upstream") {
		for _, server := range named(u.body, "server") {
			found[u.args[0].text] += server.args[0].text + " "
		}
	}
	return found
}
