package catalog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

// ownSpec is what is wanted of a container of somebody's own.
func ownSpec(t testing.TB, answers map[string]string) seedbed.SiteSpec {
	t.Helper()
	settings, err := builtIn(t).Settings(template(t, "own-container"), answers)
	if err != nil {
		t.Fatal(err)
	}
	spec := wikiSpec()
	spec.Site.Template, spec.Revision.Settings = "own-container", settings
	spec.Secrets = map[string]seedbed.Secret{"secret_key": "key"}
	return spec
}

func TestSiteWorkload_OfAnOwnContainerIsWhatWasAnswered(t *testing.T) {
	spec := ownSpec(t, map[string]string{
		"image": "clinic/guide:2", "port": "80", "health": "/up", "memory": "large", "folder": "/app/media/", "postgres": "on",
		"variables": "DEBUG=0\r\nGREETING=hello = you",
	})
	got, err := builtIn(t).SiteWorkload(spec, map[string]string{"files": "/var/volumes/x"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Image != "docker.io/clinic/guide:2" || got.Port != 80 || got.Memory != 1024 || got.Health.Path != "/up" || !got.OneWriter {
		t.Errorf("got %+v", got)
	}
	if want := []seedbed.Mount{{Source: "/var/volumes/x", Target: "/app/media"}}; !cmp.Equal(got.Mounts, want) {
		t.Errorf("mounts are %v, want %v", got.Mounts, want)
	}
	for name, want := range map[string]string{"PORT": "80", "DEBUG": "0", "GREETING": "hello = you", "SECRET_KEY": "key", "SITE_URL": "http://nurse-handbook.localhost:8480"} {
		if got.Env[name] != want {
			t.Errorf("%s is %q, want %q", name, got.Env[name], want)
		}
	}
	if !strings.HasPrefix(got.Env["DATABASE_URL"], "postgres://s12-nurse-handbook:") {
		t.Error("it is not told of its database")
	}
}

func TestSiteWorkload_OfAnOwnContainerHasNothingThatWasNotAskedFor(t *testing.T) {
	spec := ownSpec(t, map[string]string{"image": "nginx"})
	got, err := builtIn(t).SiteWorkload(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Mounts) != 0 || got.OneWriter || got.Health.Path != "" || got.Env["DATABASE_URL"] != "" || got.Memory != 512 {
		t.Errorf("got %+v", got)
	}
}

func TestSettings_OfAnOwnContainerTellAllThatIsWrong(t *testing.T) {
	_, err := builtIn(t).Settings(template(t, "own-container"), map[string]string{"port": "0", "folder": "/etc", "variables": "PORT=1"})
	var fields []string
	for _, m := range seedbed.Mistakes(err) {
		fields = append(fields, m.Field)
	}
	if want := []string{"setting.image", "setting.port", "setting.folder", "setting.variables"}; !cmp.Equal(fields, want) {
		t.Errorf("mistakes at %v, want %v", fields, want)
	}
}

func TestSettings_RefuseVariablesThatTheSiteGetsByItself(t *testing.T) {
	answers := map[string]string{"image": "nginx", "postgres": "off", "variables": "DATABASE_URL=postgres://elsewhere/x"}
	if _, err := builtIn(t).Settings(template(t, "own-container"), answers); err != nil {
		t.Errorf("without a database of its own, another one is refused: %v", err)
	}
	for _, change := range []map[string]string{{"postgres": "on"}, {"variables": "SECRET_KEY=mine"}, {"variables": "SITE_URL=http://x"}} {
		changed := map[string]string{"image": "nginx", "variables": answers["variables"]}
		for name, value := range change {
			changed[name] = value
		}
		if _, err := builtIn(t).Settings(template(t, "own-container"), changed); seedbed.CodeOf(err) != seedbed.Invalid {
			t.Errorf("%v gave %v", changed, err)
		}
	}
}

// A revision may be older than the template: what it adds never takes the place
// of what the site is given.
func TestSiteWorkload_OfAnOwnContainerKeepsItsOwnVariables(t *testing.T) {
	spec := ownSpec(t, map[string]string{"image": "nginx"})
	spec.Revision.Settings["variables"] = "SECRET_KEY=mine"
	got, err := builtIn(t).SiteWorkload(spec, nil)
	if err != nil || got.Env["SECRET_KEY"] != "key" {
		t.Errorf("SECRET_KEY is %q, %v", got.Env["SECRET_KEY"], err)
	}
	spec.Revision.Settings["image"] = "--privileged"
	if got, err := builtIn(t).SiteWorkload(spec, nil); err == nil {
		t.Errorf("made with the image %q", got.Image)
	}
}
