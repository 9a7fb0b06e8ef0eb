package nginxconf

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

// FuzzQuoted holds that a literal is read back as it was meant, and a word is
// either refused or one token.
func FuzzQuoted(f *testing.F) {
	for _, s := range append(hostileHosts(f), "", `\"`, "a b", "a;b", "\t") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, a := range []arg{word(s), literal(s), {s, isPattern}} {
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
		d.args, d.key = slices.Clone(d.args), isLiteral
		for i := range d.args {
			d.args[i].kind = isLiteral
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
		seen, err := new(nodeCache).readDocument(text, "seedbed")
		if err != nil && seen.entries != nil {
			t.Errorf("entries beside the error %v", err)
		}
		for _, e := range seen.entries {
			if e.Meta[metaBridge] != "seedbed" {
				t.Errorf("an entry of %q", e.Meta[metaBridge])
			}
		}
		newTable(seen, table{}, true)
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
