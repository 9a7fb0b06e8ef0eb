package nginxconf

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"seedbed"
)

// FuzzTable puts any text into every value of one site's entry, and holds that
// the text of all other sites stays byte for byte as it is without that entry.
func FuzzTable(f *testing.F) {
	for _, host := range hostileHosts() {
		f.Add("/sites/a", host, "", "10.0.0.1", 31000)
	}
	f.Add("/sites/a", "a.example.org", "5432", "10.0.0.1", 31000)
	f.Add("/sites/good", "good.localhost", "5432;", "10.0.0.1 backup", 31000)
	f.Add("x\n}\nhttp {", "a.example.org", "1024", "::1", 1)
	others := []entry{
		one("/sites/good", 31001, "domain", "good.localhost good.example.org"),
		one("/services/postgres", 31002, seedbed.ServicePortLabel, "5433"),
	}
	last, _ := newTable(others, table{})
	f.Fuzz(func(t *testing.T, app, domain, port, address string, number int) {
		if app == "/sites/good" || app == "/services/postgres" {
			return // it is one of the others
		}
		hostile := one(app, number, seedbed.DomainLabel, domain, seedbed.ServicePortLabel, port)
		hostile.Address = address
		routes, _ := newTable(append(slices.Clone(others), hostile), last)
		c, err := generate(routes, someSettings(), nil)
		if err != nil {
			t.Fatalf("the configuration cannot be written: %v", err)
		}
		alone, err := generate(last, someSettings(), nil)
		if err != nil {
			t.Fatal(err)
		}
		own := ownLines(routes, seedbed.WorkloadID(app))
		if got := without(c.text, own); got != without(alone.text, own) {
			t.Errorf("it changed more than its own lines:\n%s", got)
		}
	})
}

// ownLines returns the lines that a workload may have in a configuration.
func ownLines(t table, id seedbed.WorkloadID) map[string]bool {
	own := map[string]bool{}
	for _, s := range t.Sites {
		if s.Workload != id {
			continue
		}
		for _, host := range s.Hosts {
			own[string(host)+" starting;"] = true
			own[string(host)+" "+siteUpstream(id)+";"] = true
		}
		own["upstream "+siteUpstream(id)+" {"] = true
	}
	return own
}

// without drops a workload's own lines, its upstream to the closing bracket,
// and the generation, which every change changes.
func without(text string, own map[string]bool) string {
	var kept []string
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case inside:
			inside = line != "}"
		case own[line]:
			inside = strings.HasPrefix(line, "upstream ")
		case strings.HasPrefix(line, "return 200 "):
		default:
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// FuzzQuoted holds that a literal is read back as it was meant, and a word is
// either refused or one token.
func FuzzQuoted(f *testing.F) {
	for _, s := range append(hostileHosts(), "", `\"`, "a b", "a;b", "\t") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, a := range []arg{word(s), literal(s)} {
			text, err := printed([]directive{{name: "x", args: []arg{a}}})
			if err != nil {
				continue
			}
			read, err := parse(text)
			if err != nil || len(read) != 1 || len(read[0].args) != 1 || read[0].args[0].text != s {
				t.Errorf("%q is written as %q and read as %v, %v", s, text, read, err)
			}
		}
	})
}

// FuzzParse holds that no text makes the reader fail otherwise than by an error,
// and that what it reads can be written and read again.
func FuzzParse(f *testing.F) {
	routes, listeners := someTable()
	c, err := generate(routes, someSettings(), listeners)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{c.text, "", "a", "a;", "a{", "a{}", "}", `"`, `"a" "b";`, `a "\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		read, err := parse(s)
		if err != nil {
			return
		}
		text, err := printed(asLiterals(read))
		if err != nil {
			return // words of it may not be written
		}
		again, err := parse(text)
		if err != nil || !reflect.DeepEqual(read, again) {
			t.Errorf("%q becomes %q, %v", s, text, err)
		}
	})
}

func asLiterals(all []directive) (changed []directive) {
	for _, d := range all {
		d.body = asLiterals(d.body)
		d.args = slices.Clone(d.args)
		for i := range d.args {
			d.args[i].quote = true
		}
		changed = append(changed, d)
	}
	return changed
}

// FuzzReadDocument holds that no answer of Consul's makes the reader fail
// otherwise than by an error, and that entries of other bridges are not read.
func FuzzReadDocument(f *testing.F) {
	f.Add([]byte(`{"nodes":[null]}`))
	f.Add([]byte(someDocument(f, "1", one("/sites/a", 31000, "domain", "a.localhost"))))
	f.Fuzz(func(t *testing.T, text []byte) {
		seen, err := readDocument(text, "seedbed")
		if err != nil && seen.entries != nil {
			t.Errorf("entries beside the error %v", err)
		}
		for _, e := range seen.entries {
			if e.Meta[metaBridge] != "seedbed" {
				t.Errorf("an entry of %q", e.Meta[metaBridge])
			}
		}
		newTable(seen.entries, table{})
	})
}

// someDocument is what consul-template renders of entries and the bridge's own
// one with the given count.
func someDocument(t testing.TB, count string, entries ...entry) string {
	t.Helper()
	mark := entry{ID: "seedbed-bridge-seedbed", Meta: map[string]string{metaBridge: "seedbed", metaInstances: count}}
	doc := map[string]any{"nodes": []any{
		map[string]any{"Node": map[string]string{"Node": "marathon-10.0.0.1"}, "Services": entries},
		map[string]any{"Node": map[string]string{"Node": "seedbed-bridge-seedbed"}, "Services": []entry{mark}},
		nil,
	}}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
