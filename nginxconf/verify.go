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
// it with what was meant: the same statements in all, and the same hosts,
// addresses and listeners as in the table.
func (c configuration) verify(s settings) error {
	read, err := parse(c.text)
	if err != nil {
		return err
	}
	if !sameDirectives(read, mainDirectives(c.table, s, c.listeners), c.generation) {
		return fmt.Errorf("%w: its statements differ", errDiffers)
	}
	if got, meant := routesIn(read), routesOf(c.table, c.listeners); !maps.Equal(got, meant) {
		return fmt.Errorf("%w: its routes differ", errDiffers)
	}
	return nil
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

// routesOf lists the routes of a table: "host" and "port" lead to addresses
// separated by spaces.
func routesOf(t table, listeners []listener) map[string]string {
	routes := map[string]string{}
	for _, site := range t.Sites {
		for _, host := range site.Hosts {
			routes["host "+string(host)] = addresses(site.Instances)
		}
	}
	for _, e := range t.alone() {
		routes["host "+string(e.Host)] = ""
	}
	for _, l := range listeners {
		routes["port "+l.at.String()] = addresses(l.service.Instances)
	}
	return routes
}

func addresses[A fmt.Stringer](list []A) string {
	var b strings.Builder
	for _, a := range list {
		b.WriteString(a.String() + " ")
	}
	return b.String()
}

// routesIn lists the routes of a configuration that was read, in the form of
// routesOf.
func routesIn(all []directive) map[string]string {
	routes := map[string]string{}
	for _, d := range all {
		upstreams := upstreamsIn(d.body)
		switch d.name {
		case "http":
			for host, name := range hostsIn(d.body) {
				routes["host "+host] = upstreams[name]
			}
		case "stream":
			for _, server := range named(d.body, "server") {
				listen, pass := named(server.body, "listen"), named(server.body, "proxy_pass")
				routes["port "+listen[0].args[0].text] = upstreams[pass[0].args[0].text]
			}
		}
	}
	return routes
}

func named(all []directive, name string) (found []directive) {
	for _, d := range all {
		if d.name == name {
			found = append(found, d)
		}
	}
	return found
}

// hostsIn returns the upstream of each host of the map of sites.
func hostsIn(http []directive) map[string]string {
	hosts := map[string]string{}
	for _, m := range named(http, "map") {
		if m.args[0].text != "$host" {
			continue
		}
		for _, d := range m.body {
			if d.name != "default" {
				hosts[d.name] = d.args[0].text
			}
		}
	}
	return hosts
}

func upstreamsIn(body []directive) map[string]string {
	found := map[string]string{}
	for _, u := range named(body, "upstream") {
		for _, server := range u.body {
			found[u.args[0].text] += server.args[0].text + " "
		}
	}
	return found
}
