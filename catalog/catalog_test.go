package catalog_test

import (
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"seedbed"
	"seedbed/catalog"
	"seedbed/catalog/images"
)

func siteURL(h seedbed.HostName) string { return "http://" + string(h) + ":8480" }

func builtIn(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.New(catalog.Config{SiteURL: siteURL})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func template(t testing.TB, name string) seedbed.Template {
	t.Helper()
	found, err := builtIn(t).Template(name)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTemplates_OffersSitesOnly(t *testing.T) {
	var names []string
	for _, template := range builtIn(t).Templates() {
		names = append(names, template.Name)
	}
	if want := []string{"own-container", "dokuwiki", "redmine", "static-site", "wiki", "wordpress"}; !cmp.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

func TestTemplate_SaysNotFound(t *testing.T) {
	if _, err := builtIn(t).Template("geocities"); !seedbed.IsNotFound(err) {
		t.Errorf("got %v", err)
	}
}

func TestNew_NeedsToKnowAddresses(t *testing.T) {
	if _, err := catalog.New(catalog.Config{}); err == nil {
		t.Error("made without SiteURL")
	}
}

func TestSettings_FillsInDefaults(t *testing.T) {
	got, err := builtIn(t).Settings(template(t, "wiki"), map[string]string{"language": "sw"})
	if want := map[string]string{"language": "sw", "private": "off"}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestSettings_SaysWhatIsWrongBesideTheField(t *testing.T) {
	text := seedbed.Template{Questions: []seedbed.Question{{Name: "motto", Type: seedbed.TextQuestion}}}
	for _, c := range []struct {
		template    seedbed.Template
		name, value string
	}{
		{template(t, "wiki"), "language", "klingon"},
		{template(t, "wiki"), "language", ""},
		{template(t, "wiki"), "private", "ON"},
		{template(t, "wiki"), "colour", "red"},
		{text, "motto", strings.Repeat("é", 201)},
		{text, "motto", "two\nlines"},
		{text, "motto", "a\x00b"},
		{text, "motto", "\xff"},
		{text, "motto", "a\u2028b"},
		{text, "motto", "a\u202eb"},
	} {
		_, err := builtIn(t).Settings(c.template, map[string]string{c.name: c.value})
		var e *seedbed.Error
		if !errors.As(err, &e) || e.Code != seedbed.Invalid || e.Field != "setting."+c.name || !strings.HasSuffix(e.Message, ".") {
			t.Errorf("%s=%q gave %v", c.name, c.value, err)
		}
	}
	got, err := builtIn(t).Settings(text, map[string]string{"motto": "  " + strings.Repeat("é", 200)})
	if err != nil || got["motto"] != strings.Repeat("é", 200) {
		t.Errorf("200 letters gave %v, %v", got, err)
	}
}

func wikiSpec() seedbed.SiteSpec {
	service := seedbed.Service{ID: 1, Kind: "postgres", Port: 5432}
	return seedbed.SiteSpec{
		Site:       seedbed.Site{ID: 12, Name: "nurse-handbook", Title: "An older title", Template: "wiki"},
		Revision:   seedbed.Revision{Title: "Nurse & Handbook", Settings: map[string]string{"language": "fr", "private": "on"}},
		Deployment: seedbed.Deployment{ID: 7},
		Addresses:  []seedbed.Address{{Host: "nurse-handbook.localhost"}, {Host: "guide.example.org"}},
		Bindings:   []seedbed.Binding{{SiteID: 12, Service: service, Name: "s12-nurse-handbook", Password: "p@ss/w:rd%?#"}},
		Secrets:    map[string]seedbed.Secret{"admin_password": "first", "secret_key": "key"},
	}
}

func TestSiteWorkload_IsTheWholeWiki(t *testing.T) {
	paths := map[string]string{"files": "/var/volumes/s12-nurse-handbook/files"}
	got, err := builtIn(t).SiteWorkload(wikiSpec(), paths)
	if err != nil {
		t.Fatal(err)
	}
	wiki := template(t, "wiki")
	want := seedbed.Workload{
		ID: "/sites/nurse-handbook", Image: images.Ref("wiki"), Instances: 1, CPUs: wiki.CPUs, Memory: wiki.Memory, Port: 8080,
		Env: map[string]string{
			"SITE_TITLE": "Nurse & Handbook", "SITE_URL": "http://nurse-handbook.localhost:8480", "SITE_LANGUAGE": "fr", "SITE_PRIVATE": "on",
			"SITE_ADMIN_PASSWORD": "first", "SECRET_KEY": "key",
			"DATABASE_URL": "postgres://s12-nurse-handbook:p%40ss%2Fw%3Ard%25%3F%23@services.seedbed.internal:5432/s12-nurse-handbook",
		},
		Mounts:    []seedbed.Mount{{Source: "/var/volumes/s12-nurse-handbook/files", Target: "/srv/files"}},
		Health:    wiki.Health,
		Labels:    map[string]string{"domain": "nurse-handbook.localhost guide.example.org", "name": "nurse-handbook", "SEEDBED_DEPLOYMENT": "d7"},
		OneWriter: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	again, err := builtIn(t).SiteWorkload(wikiSpec(), paths)
	if err != nil || !cmp.Equal(got, again) {
		t.Errorf("a second time it is another one: %v", err)
	}
	if u, err := url.Parse(got.Env["DATABASE_URL"]); err != nil || u.Hostname() != seedbed.ServiceHost {
		t.Errorf("DATABASE_URL leads to %v, %v", u, err)
	}
}

func TestSiteWorkload_SurvivesSettingsThatAreNoLongerAsked(t *testing.T) {
	spec := wikiSpec()
	spec.Revision.Settings = map[string]string{"language": "latin", "colour": "red"}
	got, err := builtIn(t).SiteWorkload(spec, map[string]string{"files": "/x"})
	if err != nil || got.Env["SITE_LANGUAGE"] != "en" || got.Env["SITE_PRIVATE"] != "off" {
		t.Errorf("got %v, %v", got.Env, err)
	}
}

func TestSiteWorkload_IsRefusedWhenAnythingIsMissing(t *testing.T) {
	for what, change := range map[string]func(*seedbed.SiteSpec){
		"its template":           func(s *seedbed.SiteSpec) { s.Site.Template = "gone" },
		"a site's template":      func(s *seedbed.SiteSpec) { s.Site.Template = "postgres" },
		"an address":             func(s *seedbed.SiteSpec) { s.Addresses = nil },
		"its binding":            func(s *seedbed.SiteSpec) { s.Bindings = nil },
		"the binding's password": func(s *seedbed.SiteSpec) { s.Bindings[0].Password = "" },
		"the service's port":     func(s *seedbed.SiteSpec) { s.Bindings[0].Service.Port = 0 },
		"a secret":               func(s *seedbed.SiteSpec) { delete(s.Secrets, "secret_key") },
		"a plain title":          func(s *seedbed.SiteSpec) { s.Revision.Title = "a\nSITE_PRIVATE=off" },
	} {
		spec := wikiSpec()
		change(&spec)
		_, err := builtIn(t).SiteWorkload(spec, map[string]string{"files": "/x"})
		if err == nil || strings.Contains(err.Error(), "p@ss") {
			t.Errorf("without %s: got %v", what, err)
		}
	}
	if _, err := builtIn(t).SiteWorkload(wikiSpec(), nil); err == nil {
		t.Error("made without the path of its volume")
	}
}

func TestSiteWorkload_OfAStaticSiteOnlyReads(t *testing.T) {
	spec := wikiSpec()
	spec.Site.Template, spec.Bindings, spec.Secrets = "static-site", nil, nil
	got, err := builtIn(t).SiteWorkload(spec, map[string]string{"files": "/x"})
	if err != nil {
		t.Fatal(err)
	}
	if got.OneWriter || !got.Mounts[0].ReadOnly {
		t.Errorf("one writer %v, mounts %v", got.OneWriter, got.Mounts)
	}
	want := map[string]string{"SITE_TITLE": "Nurse & Handbook", "LISTING": "off", "SEARCH": "on"}
	if !cmp.Equal(got.Env, want) {
		t.Errorf("environment %v, want %v", got.Env, want)
	}
}

func TestServiceWorkload_IsTheWholeServer(t *testing.T) {
	service := seedbed.Service{ID: 3, Kind: "postgres", Port: 5432, Password: "admin's", Revision: 4}
	got, err := builtIn(t).ServiceWorkload(service, map[string]string{"data": "/var/volumes/service3-postgres/data"})
	if err != nil {
		t.Fatal(err)
	}
	postgres := template(t, "postgres")
	want := seedbed.Workload{
		ID: "/services/postgres", Image: images.Ref("postgres"), Instances: 1, CPUs: postgres.CPUs, Memory: postgres.Memory, Port: 5432, ServicePort: 5432,
		Env:    map[string]string{"POSTGRES_PASSWORD": "admin's"},
		Mounts: []seedbed.Mount{{Source: "/var/volumes/service3-postgres/data", Target: "/data"}},
		Health: postgres.Health, Labels: map[string]string{"SEEDBED_DEPLOYMENT": "r4"}, OneWriter: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	service.Password = ""
	if _, err := builtIn(t).ServiceWorkload(service, map[string]string{"data": "/x"}); err == nil {
		t.Error("made without the administrator's password")
	}
	if _, err := builtIn(t).ServiceWorkload(seedbed.Service{Kind: "wiki"}, nil); err == nil {
		t.Error("made a service of a site's template")
	}
}

func TestNewSecret_IsLongPlainAndNeverTheSame(t *testing.T) {
	seen := map[seedbed.Secret]bool{}
	for range 1000 {
		s := catalog.NewSecret(rand.Reader)
		if seen[s] || len(s) < 24 || strings.Trim(s.Reveal(), "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789") != "" {
			t.Fatalf("got %q", s.Reveal())
		}
		seen[s] = true
	}
}

func TestNewSecret_NeverGoesOnWithoutRandomness(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it did")
		}
	}()
	catalog.NewSecret(iotest.ErrReader(errors.New("broken")))
}
