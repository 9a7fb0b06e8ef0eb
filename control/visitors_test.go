package control_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"seedbed"
	"seedbed/control"
)

func hosts(all ...string) control.VisitorsWish { return control.VisitorsWish{Hosts: &all} }

func (s *stage) visitors(t *testing.T, name seedbed.Label) seedbed.SiteSpec {
	t.Helper()
	spec, err := s.store.SiteSpecByName(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// wrong are the sentences beside a field.
func wrong(err error, field string) (all []string) {
	for _, e := range seedbed.Mistakes(err) {
		if e.Field == field {
			all = append(all, e.Message)
		}
	}
	return all
}

func TestChangeVisitors_TakesHostNamesInAnyScript(t *testing.T) {
	s := newStage(t)
	for typed, want := range map[string]seedbed.HostName{
		"Wiki.Example.ORG": "wiki.example.org", " www.example.org. ": "www.example.org", "müller.example": "xn--mller-kva.example",
		"xn--mgbh0fb.example": "xn--mgbh0fb.example", "مثال.example": "xn--mgbh0fb.example", "faß.example": "xn--fa-hia.example",
	} {
		if _, _, err := s.ChangeVisitors(t.Context(), s.actor("owner"), "pages", hosts("pages.localhost", typed)); err != nil {
			t.Errorf("%q: %v", typed, err)
			continue
		}
		if got := s.visitors(t, "pages").Addresses; len(got) != 2 || got[1].Host != want {
			t.Errorf("%q became %v", typed, got)
		}
	}
	if got := control.HostShown("xn--mgbh0fb.example"); got != "مثال.example" {
		t.Errorf("shown as %q", got)
	}
}

func TestChangeVisitors_RefusesWhatIsNoHostNameOrNotFree(t *testing.T) {
	s := newStage(t)
	for _, typed := range []string{
		"", ".", "wiki", "http://wiki.example.org", "wiki.example.org/a", "wiki.example.org:80", "10.0.0.1", "1.2.3.4.5", "[::1]", "*.example.org", "a@example.org",
		"-a.example.org", "a-.example.org", "a_b.example.org", "a..example.org", "x.localhost", "www.localhost", "localhost", "a.internal", "a.local", "a.b.onion", "db.consul",
		strings.Repeat("a", 64) + ".example.org", strings.Repeat("a.", 130) + "org", "a\x00b.example.org", "a b.example.org", "a;b.example.org", "xn--a.example.org",
		"xn--zzzzzzzzzzzzzzz.example.org", "\u202eexample.org", `"a".example.org`, "a{}.example.org", "theirs.localhost",
	} {
		_, _, err := s.ChangeVisitors(t.Context(), s.actor("owner"), "guide", hosts(typed))
		if len(wrong(err, "hosts")) == 0 {
			t.Errorf("%q: %v", typed, err)
		}
	}
	if got := s.visitors(t, "guide"); got.Visitors.Version != 0 {
		t.Errorf("it was changed: %+v", got.Visitors)
	}
	many := []string{}
	for i := range 21 {
		many = append(many, strings.Repeat("a", i+1)+".example.org")
	}
	if _, _, err := s.ChangeVisitors(t.Context(), s.actor("owner"), "guide", hosts(many...)); len(wrong(err, "hosts")) == 0 {
		t.Errorf("%d names: %v", len(many), err)
	}
}

func TestChangeVisitors_NamesTheOtherSiteOnlyToWhoMaySeeIt(t *testing.T) {
	s := newStage(t)
	if _, _, err := s.ChangeVisitors(t.Context(), s.actor("outsider"), "theirs", hosts("wiki.example.org")); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.ChangeVisitors(t.Context(), s.actor("owner"), "guide", hosts("wiki.example.org"))
	if got := strings.Join(wrong(err, "hosts"), ""); !strings.Contains(got, "another site") || strings.Contains(got, "Theirs") {
		t.Errorf("the owner reads %q", got)
	}
	_, _, err = s.ChangeVisitors(t.Context(), s.actor("administrator"), "guide", hosts("wiki.example.org"))
	if got := strings.Join(wrong(err, "hosts"), ""); !strings.Contains(got, "belongs to “Theirs”") {
		t.Errorf("the administrator reads %q", got)
	}
}

func TestChangeVisitors_StartsASiteAnewOnlyIfItIsToldItsAddress(t *testing.T) {
	s := newStage(t)
	for name, restarts := range map[string]bool{"guide": true, "pages": false} {
		dep, changed, err := s.ChangeVisitors(t.Context(), s.actor("owner"), name, hosts(name+".example.org"))
		if err != nil || !changed || (dep.ID != 0) != restarts {
			t.Errorf("%s: %+v %v %v", name, dep, changed, err)
		}
		if spec := s.visitors(t, seedbed.Label(name)); spec.Main() != seedbed.HostName(name+".example.org") || spec.Own() != seedbed.HostName(name+".localhost") {
			t.Errorf("%s has %v", name, spec.Addresses)
		}
		dep, _, err = s.ChangeVisitors(t.Context(), s.actor("owner"), name, hosts(name+".example.org", "more."+name+".example.org", name+".localhost"))
		if name == "guide" && (err != nil || dep.ID != 0) {
			t.Errorf("another name started it anew: %+v %v", dep, err)
		}
	}
}

func TestChangeVisitors_KeepsPasswordsAsHashesOfTheRightKind(t *testing.T) {
	s := newStage(t)
	audience, secret := "keys", seedbed.Secret("four quiet gates")
	keys := []control.KeyWish{{Name: "joseph", Password: &secret}}
	change := func(keys []control.KeyWish) (bool, error) {
		_, changed, err := s.ChangeVisitors(t.Context(), s.actor("owner"), "guide", control.VisitorsWish{Audience: &audience, Keys: &keys})
		return changed, err
	}
	if changed, err := change(keys); err != nil || !changed {
		t.Fatal(changed, err)
	}
	first := s.visitors(t, "guide").Visitors.Keys[0].Hash
	if !strings.HasPrefix(first, "$2a$06$") || bcrypt.CompareHashAndPassword([]byte(first), []byte(secret.Reveal())) != nil {
		t.Errorf("kept as %q", first)
	}
	if changed, err := change([]control.KeyWish{{Name: "joseph"}}); err != nil || changed {
		t.Errorf("the same once more: %v %v", changed, err)
	}
	if changed, err := change([]control.KeyWish{{Name: "joseph"}, {Name: "amina", Password: &secret}}); err != nil || !changed || s.visitors(t, "guide").Visitors.Keys[0].Hash != first {
		t.Errorf("another name changed the first one: %v %v", changed, err)
	}
	site, err := s.Site(t.Context(), s.actor("owner"), "guide")
	if err != nil || slices.ContainsFunc(site.Visitors.Keys, func(k seedbed.VisitorKey) bool { return k.Hash != "" }) {
		t.Errorf("hashes are given away: %+v %v", site.Visitors, err)
	}
	for _, bad := range []control.KeyWish{{Name: "new"}, {Name: "a:b", Password: &secret}, {Name: "", Password: &secret}, {Name: "x\n", Password: &secret}, {Name: "-x", Password: &secret},
		{Name: "short", Password: ptr(seedbed.Secret("short"))}, {Name: "long", Password: ptr(seedbed.Secret(strings.Repeat("a", 73)))}, {Name: "accents", Password: ptr(seedbed.Secret("ééééééééééé"))}, {Name: "namenamename", Password: ptr(seedbed.Secret("NAMEnamename"))}} {
		if _, err := change([]control.KeyWish{bad}); len(wrong(err, "keys")) == 0 {
			t.Errorf("%q: %v", bad.Name, err)
		}
	}
	if _, err := change(nil); len(wrong(err, "keys")) == 0 {
		t.Errorf("nobody can come in: %v", err)
	}
}

func ptr[T any](v T) *T { return &v }

func TestChangeVisitors_TellsEveryMistakeAtOnce(t *testing.T) {
	s := newStage(t)
	wish := control.VisitorsWish{Audience: ptr("friends"), Upload: ptr(-1), Patience: ptr(99999), Language: ptr("xx"), Words: ptr("a\x07b"), HTTPS: ptr(true), Hosts: ptr([]string{"x"})}
	_, _, err := s.ChangeVisitors(t.Context(), s.actor("owner"), "guide", wish)
	for _, field := range []string{"audience", "upload", "patience", "language", "words", "https", "hosts"} {
		if len(wrong(err, field)) != 1 {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := s.ReviewVisitors(t.Context(), s.actor("owner"), "guide", control.VisitorsWish{Strict: ptr(true)}); len(wrong(err, "strict")) == 0 {
		t.Errorf("strict without HTTPS: %v", err)
	}
	if _, err := s.ReviewVisitors(t.Context(), s.actor("owner"), "guide", control.VisitorsWish{Words: ptr(strings.Repeat("ا", seedbed.MaxWords+1))}); len(wrong(err, "words")) == 0 {
		t.Errorf("too many words: %v", err)
	}
}

func TestChangeVisitors_ChangedMeanwhileIsTold(t *testing.T) {
	s := newStage(t)
	seen, err := s.VisitorsSeen(t.Context(), s.actor("owner"), "guide", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.ChangeVisitors(t.Context(), s.actor("editor"), "guide", control.VisitorsWish{Maintenance: ptr(true), Words: ptr("Back at noon.")}); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.ChangeVisitors(t.Context(), s.actor("owner"), "guide", control.VisitorsWish{Upload: ptr(10)}, control.UnchangedVisitors(seen))
	var meanwhile *control.ChangedMeanwhile
	if !errors.As(err, &meanwhile) || !strings.Contains(meanwhile.Error(), "editor changed this meanwhile: Maintenance page from “no” to “yes”; Words on that page from “nothing” to “Back at noon.”") {
		t.Errorf("told %v", err)
	}
	site, err := s.Site(t.Context(), s.actor("operator"), "guide")
	if err != nil || site.Visitors.Words != "" {
		t.Errorf("the operator reads %q %v", site.Visitors.Words, err)
	}
}
