package nginxconf

import (
	"net/netip"
	"testing"
	"time"

	"seedbed"
)

func owner(t table, p place) seedbed.WorkloadID {
	hadPlaces, _ := lastOwners(t)
	return hadPlaces[p]
}

func since(e entry, day int) entry {
	e.Meta[metaSince] = aDay(day).Format(time.RFC3339)
	return e
}

func TestNewTable_GivesAHostNameToTheOlder(t *testing.T) {
	shared := root("shared.localhost")
	old, young := since(one("/apps/zebra", 31001, "domain", "shared.localhost"), 1), since(one("/apps/ant", 31002, "domain", "shared.localhost"), 2)
	had := table{Sites: []site{{Workload: "/apps/ant", Hosts: []seedbed.HostName{"shared.localhost"}}}}
	got, refused := newTable(view{entries: []entry{old, young}}, had, false)
	if owner(got, shared) != "/apps/zebra" {
		t.Errorf("%s has it", owner(got, shared))
	}
	compare(t, refused, []refusal{
		{"/apps/ant", "shared.localhost is not led here: it belongs to /apps/zebra, which had it first."},
		{"/apps/zebra", "shared.localhost is wanted by /apps/ant as well. It stays here, because this had it first."},
	})
}

func TestNewTable_KnowsTheOlderAfterConsulLostItsData(t *testing.T) {
	shared := root("shared.localhost")
	old, young := since(one("/apps/zebra", 31001, "domain", "shared.localhost"), 1), since(one("/apps/ant", 31002, "domain", "shared.localhost own.localhost"), 2)
	before, _ := newTable(view{entries: []entry{old, young}}, table{}, false)
	again := []entry{since(old, 9), since(young, 8)} // as the bridge sees them first, now
	for range 2 {
		before, _ = newTable(view{entries: again}, before, false)
		if owner(before, shared) != "/apps/zebra" {
			t.Fatalf("%s has it", owner(before, shared))
		}
	}
}

func TestNewTable_LeavesAHostNameToWhoHadItWhereNobodyKnowsWhoIsOlder(t *testing.T) {
	shared := root("shared.localhost")
	before, _ := newTable(view{entries: []entry{one("/apps/zebra", 31001, "domain", "shared.localhost")}}, table{}, false)
	for _, newer := range []entry{one("/apps/ant", 31002, "domain", "shared.localhost"), since(one("/apps/ant", 31002, "domain", "shared.localhost"), 3)} {
		got, _ := newTable(view{entries: []entry{one("/apps/zebra", 31001, "domain", "shared.localhost"), newer}}, before, false)
		if owner(got, shared) != "/apps/zebra" {
			t.Errorf("%s has it", owner(got, shared))
		}
	}
}

func TestNewTable_TakesThePortalsWordInPlaceOfLabels(t *testing.T) {
	v := view{
		entries: []entry{one("/sites/wiki", 31001, "domain", "label.localhost", "internal", "true")},
		hosts: hostsView{published: true, hosts: []seedbed.VirtualHost{
			{Workload: "/sites/wiki", Hosts: []seedbed.HostName{"wiki.localhost"}, Since: aDay(1)},
			{Workload: "/sites/new", Hosts: []seedbed.HostName{"new.localhost"}, Since: aDay(2), Door: seedbed.Paused},
		}},
	}
	got, refused := newTable(v, table{}, false)
	compare(t, refused, []refusal(nil))
	compare(t, got.Sites, []site{
		{Workload: "/sites/new", Hosts: []seedbed.HostName{"new.localhost"}, Since: aDay(2), Options: options{Door: seedbed.Paused}, Digest: v.hosts.hosts[1].Digest()},
		{Workload: "/sites/wiki", Hosts: []seedbed.HostName{"wiki.localhost"}, Since: aDay(1), Instances: []netip.AddrPort{at(31001)}, Digest: v.hosts.hosts[0].Digest()},
	})
}

func TestNewTable_GivesPartsOfAHostToOthersUnlessItIsAPortalSites(t *testing.T) {
	entries := []entry{
		one("/apps/root", 31001, "domain", "apps.localhost"),
		one("/apps/shop", 31002, "domain", "apps.localhost wiki.localhost", "location", "/shop"),
		one("/sites/wiki", 31003),
	}
	v := view{entries: entries, hosts: hostsView{published: true, hosts: []seedbed.VirtualHost{{Workload: "/sites/wiki", Hosts: []seedbed.HostName{"wiki.localhost"}, Since: aDay(5)}}}}
	got, refused := newTable(v, table{}, false)
	if owner(got, place{"apps.localhost", "/shop"}) != "/apps/shop" || owner(got, root("apps.localhost")) != "/apps/root" || owner(got, place{"wiki.localhost", "/shop"}) != "" {
		t.Errorf("the table is %+v", got)
	}
	compare(t, refused, []refusal{
		{"/apps/shop", "wiki.localhost/shop is not led here: it belongs to /sites/wiki, which had it first."},
		{"/sites/wiki", "wiki.localhost/shop is wanted by /apps/shop as well. It stays here, because this had it first."},
	})
}

func TestNewTable_ShutsASiteOfWhichThePortalsWordCannotBeRead(t *testing.T) {
	v := neighbours()
	v.hosts.unreadable = []string{idHash("/apps/plain")}
	got, refused := newTable(v, table{}, false)
	for _, s := range got.served() {
		if shut := s.door() == givenUpPage; shut != (s.Workload == "/apps/plain") {
			t.Errorf("%s: the door is %q", s.Workload, s.door())
		}
	}
	compare(t, refused, []refusal{{"/apps/plain", "What the portal wrote about how this is to be served cannot be read, so nobody is let in."}})
}

func TestNewTable_LeadsNobodyToAMainNameOfAnother(t *testing.T) {
	v := view{hosts: hostsView{published: true, hosts: []seedbed.VirtualHost{
		{Workload: "/sites/a", Hosts: []seedbed.HostName{"a.localhost"}, Since: aDay(1)},
		{Workload: "/sites/b", Hosts: []seedbed.HostName{"a.localhost", "b.localhost"}, ToMain: true, Since: aDay(2)},
	}}}
	got, refused := newTable(v, table{}, false)
	if got.Sites[1].Options.Main != "" || len(refused) != 2 {
		t.Errorf("%+v, %v", got.Sites[1], refused)
	}
}

func TestReadLabelsOf_ReadsThoseOfOtherProxiesOnlyIfAsked(t *testing.T) {
	meta := map[string]string{haproxyLabel: "a.example.org, b.example.org", traefikLabel: "Host: c.example.org; PathPrefix: /x,/y", internalLabel: "no"}
	places, inside, err := readLabelsOf(meta, false)
	if len(places) != 0 || inside || err != nil {
		t.Errorf("%v, %v, %v", places, inside, err)
	}
	places, _, err = readLabelsOf(meta, true)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, places, []place{root("a.example.org"), root("b.example.org"), {"c.example.org", "/x"}, {"c.example.org", "/y"}})
}

func TestReadPath_TakesOnlyBeginningsOfPaths(t *testing.T) {
	for s, want := range map[string]string{"": "/", "/": "/", "/shop": "/shop", "/shop/": "/shop/", "/a.b/c~d_e-f": "/a.b/c~d_e-f"} {
		if got, err := readPath(s); err != nil || got != want {
			t.Errorf("%q is %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"shop", "//", "/..", "/a/../b", "/a/./b", "/a;", "/a b", "/a\n", "/.seedbed/x", "/.seedbed", "/.well-known/acme-challenge", "/a?b", "/ä"} {
		if got, err := readPath(s); err == nil {
			t.Errorf("%q is taken as %q", s, got)
		}
	}
}

func TestServed_KeepsConnectionsWhereThereAreFewSites(t *testing.T) {
	var few, many table
	for i := range fewSites + 1 {
		s := site{Workload: seedbed.WorkloadID(string(rune('a' + i))), Instances: []netip.AddrPort{at(31001)}}
		if i < fewSites {
			few.Sites = append(few.Sites, s)
		}
		many.Sites = append(many.Sites, s)
	}
	many.Sites[7].Instances = append(many.Sites[7].Instances, at(31002))
	if s := few.served()[0]; !s.upstream {
		t.Error("one of few has no upstream")
	}
	if all := many.served(); all[0].upstream || all[0].to != "10.0.0.1:31001" || !all[7].upstream {
		t.Errorf("of many: %v, %v", all[0], all[7])
	}
}
