package onebox

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func appsNeeding(needs map[string][]string) map[string]*app {
	out := map[string]*app{}
	for id, list := range needs {
		out[id] = &app{ID: id, Dependencies: list}
	}
	return out
}

func TestLayers_AreTheLongestWays(t *testing.T) {
	apps := appsNeeding(map[string][]string{
		"/a": nil, "/b": {"/a"}, "/c": {"/a", "/b"}, "/d": {"/none"}, "/g/x": {"/c"}, "/g/h/y": nil, "/u": {"/g"}, "/e/z": {"/empty"}, "/e/w/v": nil,
	})
	groups := impliedRoot(nil).Groups
	for id := range apps {
		addGroup(groups, id)
		delete(groups, id)
	}
	groups["/empty"] = group{}
	groups["/e"] = group{[]string{"/g", "/a"}} // of groups, only other groups count
	got, err := layersOf(apps, groups)
	want := map[string]int{"/a": 1, "/b": 2, "/c": 3, "/d": 1, "/g/x": 4, "/g/h/y": 1, "/u": 5, "/e/z": 5, "/e/w/v": 5}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestLayers_RefuseWhatGoesRound(t *testing.T) {
	for name, needs := range map[string]map[string][]string{
		"itself":       {"/a": {"/a"}},
		"each other":   {"/a": {"/b"}, "/b": {"/a"}},
		"a long way":   {"/a": {"/b"}, "/b": {"/c"}, "/c": {"/d"}, "/d": {"/b"}},
		"its group":    {"/g/a": {"/g"}},
		"by the group": {"/g/a": {"/b"}, "/b": {"/g"}},
	} {
		apps := appsNeeding(needs)
		groups := map[string]group{"/": {}, "/g": {}}
		if layers, err := layersOf(apps, groups); err == nil {
			t.Errorf("%s: %v", name, layers)
		}
	}
	if _, err := layersOf(appsNeeding(map[string][]string{"/g/a": nil}), map[string]group{"/": {}, "/g": {[]string{"/g"}}}); err == nil {
		t.Error("a group that depends on itself is taken")
	}
}

func TestCanonicalID(t *testing.T) {
	for _, c := range [][3]string{
		{"db", "/shop", "/shop/db"}, {"../db", "/shop/web", "/shop/db"}, {"/db", "/shop", "/db"}, {"a", "/", "/a"}, {"../../..", "/a", "/"}, {"./x/", "/a", "/a/x"},
	} {
		if got := canonicalID(c[0], c[1]); got != c[2] {
			t.Errorf("%s from %s is %s", c[0], c[1], got)
		}
	}
}

// A tree that is older than groups is what its apps need, and is there to go
// back to once something has changed.
func TestRoots_FollowFromAppsInOldRecords(t *testing.T) {
	r, h := testRecords(t), newHub(time.Now)
	a := testApp(1, 1, 1)
	if err := r.change(h, func(t *txn) error { t.putApp(&appRecord{App: a}); return nil }); err != nil {
		t.Fatal(err)
	}
	r = reopened(t, r)
	now := r.snapshot().root
	if diff := cmp.Diff(map[string]group{"/": {}, "/sites": {}}, now.Groups); diff != "" || now.Version != a.Version {
		t.Errorf("%s %s", now.Version, diff)
	}
	if err := r.change(h, func(t *txn) error { t.root = &root{"2026-02-01T00:00:00.000Z", now.Groups}; return nil }); err != nil {
		t.Fatal(err)
	}
	list, err := r.store.roots()
	if err != nil || len(list) != 2 || list[1].Apps[a.ID] != a.Version || list[0].Version != "2026-02-01T00:00:00.000Z" {
		t.Errorf("%+v %v", list, err)
	}
}

// The history of an app that is gone stays as long as a tree that is kept names
// it, and not longer.
func TestRoots_KeepTheHistoryOfAppsThatAreGone(t *testing.T) {
	w := newWorld(t)
	w.do(201, "POST", "/v2/apps", small("/gone"))
	w.do(200, "PUT", "/v2/apps/gone?force=true", `{"mem":64}`)
	w.do(200, "DELETE", "/v2/apps/gone", "")
	w.settle(func() {})
	history := func() int {
		list, err := w.engine.records.store.versions("/gone")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	for n := range maxVersions - 1 {
		w.do(201, "POST", "/v2/groups", fmt.Sprintf(`{"id":"/g%d"}`, n))
		if n < maxVersions-2 && history() != 2 {
			t.Fatalf("after %d changes %d versions are left", n, history())
		}
	}
	if n := history(); n != 0 {
		t.Errorf("in the end %d versions are left", n)
	}
	if list, err := w.engine.records.store.roots(); err != nil || len(list) != maxVersions {
		t.Errorf("%d trees are kept, %v", len(list), err)
	}
	before := w.engine.records.snapshot().root
	w.crash()
	if diff := cmp.Diff(before, w.engine.records.snapshot().root); diff != "" {
		t.Error(diff)
	}
}
