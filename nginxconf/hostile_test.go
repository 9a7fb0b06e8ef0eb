package nginxconf

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"seedbed"
)

// hostile returns values of one kind that have done harm to other products, or
// could to this one: testdata/hostile has a line for each, quoted as in Go. They
// follow ingress-nginx's list of CVEs from 2021 to 2026.
func hostile(t testing.TB, kind string) (values []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "hostile", kind+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		value, err := strconv.Unquote(strings.TrimSuffix(line, "\n"))
		if err != nil {
			t.Fatalf("%s: %s: %v", kind, line, err)
		}
		values = append(values, value)
	}
	return values
}

// attack puts one value of a kind where values of that kind come from.
type attack struct {
	kind  string
	entry func(e *entry, value string)               // into an entry
	host  func(h *seedbed.VirtualHost, value string) // into what the portal says
}

func attacks() []attack {
	meta := func(key string) func(*entry, string) { return func(e *entry, value string) { e.Meta[key] = value } }
	return []attack{
		{"domain", meta(seedbed.DomainLabel), func(h *seedbed.VirtualHost, v string) { h.Hosts = append(h.Hosts, seedbed.HostName(v)) }},
		{"location", meta(locationLabel), nil},
		{"rule", meta(traefikLabel), nil},
		{"haproxy", meta(haproxyLabel), nil},
		{"internal", meta(internalLabel), nil},
		{"since", meta(metaSince), nil},
		{"port", meta(seedbed.ServicePortLabel), nil},
		{"address", func(e *entry, value string) { e.Address = value }, nil},
		{"id", meta(metaApp), func(h *seedbed.VirtualHost, v string) { h.Workload = seedbed.WorkloadID(v) }},
		{"words", nil, func(h *seedbed.VirtualHost, v string) { h.Words, h.Door = v, seedbed.Maintenance }},
		{"keyname", nil, func(h *seedbed.VirtualHost, v string) { h.Keys = []seedbed.VisitorKey{{Name: v, Hash: someKey.Hash}} }},
		{"keyhash", nil, func(h *seedbed.VirtualHost, v string) { h.Keys = []seedbed.VisitorKey{{Name: "ann", Hash: v}} }},
		{"language", nil, func(h *seedbed.VirtualHost, v string) { h.Language, h.Door = v, seedbed.Paused }},
		{"door", nil, func(h *seedbed.VirtualHost, v string) { h.Door = seedbed.VisitorDoor(v) }},
	}
}

// into adds a site with a hostile value to a view, and returns its id. n tells
// several from each other.
func (a attack) into(v *view, value string, n int) (ids []seedbed.WorkloadID) {
	if a.entry != nil {
		e := one(fmt.Sprintf("/apps/hostile%d", n), 20000+n, seedbed.DomainLabel, fmt.Sprintf("hostile%d.example.org", n))
		a.entry(&e, value)
		v.entries = append(v.entries, e)
		ids = append(ids, seedbed.WorkloadID(e.Meta[metaApp]))
	}
	if a.host != nil {
		h := seedbed.VirtualHost{Workload: seedbed.WorkloadID(fmt.Sprintf("/sites/hostile%d", n)), ToMain: true, Since: aDay(3), Inside: true,
			Hosts: []seedbed.HostName{seedbed.HostName(fmt.Sprintf("virtual%d.example.org", n)), seedbed.HostName(fmt.Sprintf("second%d.example.org", n))}}
		a.host(&h, value)
		v.hosts.hosts = append(v.hosts.hosts, h)
		ids = append(ids, h.Workload)
	}
	return ids
}

func TestCorpus_NoValueChangesAnotherSite(t *testing.T) {
	count, q := 0, newQuiet(t, allSettings())
	for _, a := range attacks() {
		for _, value := range hostile(t, a.kind) {
			count++
			if a.kind == "id" && isNeighbour(value, "") {
				continue
			}
			onlyEntry, onlyHost := a, a
			onlyEntry.host, onlyHost.entry = nil, nil
			for _, half := range []attack{onlyEntry, onlyHost} {
				if half.entry == nil && half.host == nil {
					continue
				}
				probe := view{}
				id := half.into(&probe, value, 1)[0]
				q.keepsApart(t, id, func(v *view) { half.into(v, value, 1) })
				if t.Failed() {
					t.Fatalf("%s %q", a.kind, value)
				}
			}
		}
	}
	if count < 200 {
		t.Errorf("there are only %d values", count)
	}
}

func TestCorpus_NoValueOfThePortalsIsTakenForAnother(t *testing.T) {
	for _, value := range hostile(t, "value") {
		v := neighbours()
		last, _ := newTable(v, table{}, true)
		alone, err := generate(last, allSettings(), nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(v.hosts.hosts[0])
		if err != nil {
			t.Fatal(err)
		}
		if v.hosts, err = readHostPairs(withMark(&pair{"0123456789abcdef", string(text)}, &pair{"fedcba9876543210", value})); err != nil {
			t.Errorf("%q stops all others: %v", value, err)
			continue
		}
		routes, _ := newTable(v, last, true)
		c, err := generate(routes, allSettings(), nil)
		if err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		if !sameDirectives(apart(t, c, "/sites/x", alone), apart(t, alone, "/sites/x", alone), "") {
			t.Errorf("%q changed more than its own part", value)
		}
	}
}

func TestCorpus_NoNameOfACertificateLeavesItsFolder(t *testing.T) {
	r, err := New(Config{Dir: t.TempDir(), ConsulAddr: "127.0.0.1:1", ListenTLS: "127.0.0.1:443", CertDir: "/certs"})
	if err != nil {
		t.Fatal(err)
	}
	routes := table{Sites: []site{{Workload: "/a", Hosts: []seedbed.HostName{"a.example.org"}}}}
	for _, base := range hostile(t, "certificate") {
		r.Certificates = func() map[seedbed.HostName]string {
			return map[seedbed.HostName]string{"a.example.org": base, "b.example.org": "other"}
		}
		s := r.settings(routes)
		if got, has := s.certificates["a.example.org"]; has && (got == "" || strings.ContainsFunc(got, func(r rune) bool { return r > 'z' || notInWord(r) || strings.ContainsRune("./:[]_", r) })) || len(s.certificates) > 1 {
			t.Errorf("%q is taken: %v", base, s.certificates)
		}
		if _, err := generate(routes, s, nil); err != nil {
			t.Errorf("%q: %v", base, err)
		}
	}
}
