package nginxconf

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

// neighbours are sites and a service that nothing about another site may change.
func neighbours() view {
	return view{
		entries: []entry{
			one("/sites/good", 31001, "domain", "ignored.localhost"),
			one("/apps/plain", 31002, "domain", "plain.localhost plain.example.org"),
			one("/apps/shop", 31005, "domain", "parts.example.org", "location", "/shop"),
			one("/services/postgres", 31003, seedbed.ServicePortLabel, "5433"),
		},
		hosts: hostsView{published: true, hosts: []seedbed.VirtualHost{{
			Workload: "/sites/good", Hosts: []seedbed.HostName{"good.localhost", "good.example.org"}, ToMain: true, Language: "fr", Upload: 8,
			Keys: []seedbed.VisitorKey{someKey}, Since: aDay(1),
		}}},
	}
}

// apart drops from a configuration what one site may have in it: the lines of
// its id and its hosts, its upstream, and servers and pages for it alone.
func apart(t testing.TB, c configuration, id seedbed.WorkloadID, baseline configuration) []directive {
	t.Helper()
	all, err := parse(c.text)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := parse(baseline.text)
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]bool{idHash(id): true, "site_" + idHash(id): true}
	for _, s := range c.table.Sites {
		if s.Workload != id {
			continue
		}
		for _, host := range s.Hosts {
			own[string(host)], own[pattern(root(host)).text] = true, true
		}
		for _, p := range s.Below {
			own[string(p.Host)], own[pattern(p).text] = true, true
		}
	}
	return dropOwn(all, own, namesOfMaps(plain))
}

func namesOfMaps(all []directive) map[string]bool {
	names := map[string]bool{}
	for variable := range mapsIn(all) {
		names[variable] = true
	}
	return names
}

func dropOwn(all []directive, own, usual map[string]bool) (kept []directive) {
	for _, d := range all {
		d.body = dropOwn(d.body, own, usual)
		isOwn := own[d.name] || d.name == "upstream" && own[d.args[0].text] || d.name == "server_name" && own[d.args[0].text]
		isOwn = isOwn || d.name == "map" && !usual[d.args[1].text]
		isOwn = isOwn || d.name == "server" && d.block && len(named(d.body, "server_name")) == 0 && len(named(d.body, "location")) > 0
		if d.name == "return" && len(d.args) == 2 && len(d.args[1].text) == len(placeholder) {
			continue // every change changes the generation
		}
		if !isOwn {
			kept = append(kept, d)
		}
	}
	return kept
}

// quiet is what there is without anything hostile.
type quiet struct {
	settings settings
	table    table
	conf     configuration
}

func newQuiet(t testing.TB, s settings) quiet {
	t.Helper()
	routes, refused := newTable(neighbours(), table{}, true)
	c, err := generate(routes, s, nil)
	if err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	return quiet{s, routes, c}
}

// keepsApart holds that a site that is added to the neighbours, whatever it says,
// gives a configuration that is written without error, and in which nothing else
// is other than without it.
func (q quiet) keepsApart(t testing.TB, id seedbed.WorkloadID, add func(*view)) {
	t.Helper()
	v := neighbours()
	add(&v)
	routes, _ := newTable(v, q.table, true)
	c, err := generate(routes, q.settings, nil)
	if err != nil {
		t.Fatalf("the configuration cannot be written: %v", err)
	}
	if got, want := apart(t, c, id, q.conf), apart(t, q.conf, id, q.conf); !sameDirectives(got, want, "") {
		t.Errorf("it changed more than its own part:\n%s", cmp.Diff(printedRead(t, want), printedRead(t, got)))
	}
}

func printedRead(t testing.TB, all []directive) string {
	t.Helper()
	text, err := printed(asLiterals(all))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// isNeighbour tells ids and hosts that belong to the neighbours: what says that
// it is one of them, or takes a part of a host that lets others have parts, may
// change them.
func isNeighbour(id, words string) bool {
	for _, e := range neighbours().entries {
		if e.Meta[metaApp] == id {
			return true
		}
	}
	return strings.Contains(strings.ToLower(words), "plain.") || strings.Contains(strings.ToLower(words), "parts.")
}

// FuzzTable puts any text into every value of one workload's entry.
func FuzzTable(f *testing.F) {
	for _, host := range hostileHosts(f) {
		f.Add("/sites/a", host, "", "", "", "10.0.0.1", 31000)
	}
	f.Add("/sites/a", "a.example.org", "/shop", "5432", "Host:b.example.org;PathPrefix:/x", "10.0.0.1", 31000)
	f.Add("/sites/b", "good.localhost", "/x", "5432;", "Host: a.example.org, good.localhost", "10.0.0.1 backup", 31000)
	f.Add("x\n}\nhttp {", "a.example.org", "", "1024", "", "::1", 1)
	q := newQuiet(f, allSettings())
	f.Fuzz(func(t *testing.T, app, domain, location, port, rule, address string, number int) {
		if isNeighbour(app, domain+rule) {
			return
		}
		q.keepsApart(t, seedbed.WorkloadID(app), func(v *view) {
			hostile := one(app, number, seedbed.DomainLabel, domain, seedbed.ServicePortLabel, port, locationLabel, location, traefikLabel, rule)
			hostile.Address = address
			v.entries = append(v.entries, hostile)
		})
	})
}

// FuzzVirtualHost puts any text into every value of what the portal says of one
// site.
func FuzzVirtualHost(f *testing.F) {
	for _, host := range hostileHosts(f) {
		f.Add("/sites/a", host, "maintenance", "fr", "Back at <b>noon</b>", "ann", someKey.Hash, 7, 11)
	}
	f.Add("/sites/a", "a.example.org", "}", "en;", "\";}\n", "a:b", "{PLAIN}x", -1, 1<<40)
	f.Add("/sites/b", "good.localhost", "", "", "", "", "", 0, 0)
	q := newQuiet(f, allSettings())
	f.Fuzz(func(t *testing.T, app, host, door, language, words, name, hash string, upload, patience int) {
		if isNeighbour(app, host) || app == "" {
			return
		}
		q.keepsApart(t, seedbed.WorkloadID(app), func(v *view) {
			v.entries = append(v.entries, one(app, 31009))
			v.hosts.hosts = append(v.hosts.hosts, seedbed.VirtualHost{
				Workload: seedbed.WorkloadID(app), Hosts: []seedbed.HostName{seedbed.HostName(host), "second.example.org"}, ToMain: true,
				Door: seedbed.VisitorDoor(door), Language: language, Words: words, Upload: upload, Patience: patience,
				Keys: []seedbed.VisitorKey{{Name: name, Hash: hash}}, Inside: true, HTTPS: true, Strict: true, Since: aDay(2),
			})
		})
	})
}
