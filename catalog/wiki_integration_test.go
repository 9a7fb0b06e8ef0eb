//go:build integration

package catalog_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"seedbed"
	"seedbed/catalog/images/imagestest"
)

const (
	wikiHost      = "guide.localhost:8480"
	adminPassword = "Zw4tKq8mPx3rVn6yBd9hGf2s"
)

// wikiServer is a real PostgreSQL with a database for one wiki, as the
// postgres package makes it; that one is tested by itself.
func wikiServer(t *testing.T) *imagestest.Container {
	t.Helper()
	docker := imagestest.Docker(t)
	imagestest.Build(t, docker, "postgres", "wiki")
	c := imagestest.Run(t, docker, imagestest.Spec{
		Image: "postgres", Port: 5432, Memory: 512, Env: map[string]string{"POSTGRES_PASSWORD": "admin"}, Mounts: map[string]string{"/data": t.TempDir()},
	})
	makeDatabase(t, c)
	return c
}

// wiki starts a wiki of the built-in template with its real environment.
func wiki(t *testing.T, server *imagestest.Container, files string, change func(*seedbed.SiteSpec)) *imagestest.Container {
	t.Helper()
	spec := wikiSpec()
	spec.Secrets["admin_password"], spec.Bindings[0].Password = adminPassword, databasePassword
	spec.Revision.Settings["private"] = "off"
	change(&spec)
	w, err := builtIn(t).SiteWorkload(spec, map[string]string{"files": files})
	if err != nil {
		t.Fatal(err)
	}
	return imagestest.Run(t, imagestest.Docker(t), imagestest.Spec{
		Image: "wiki", Port: w.Port, Memory: w.Memory, Env: w.Env,
		Mounts: map[string]string{w.Mounts[0].Target: w.Mounts[0].Source},
		Hosts:  map[string]string{seedbed.ServiceHost: server.IP()},
	})
}

func asIs(*seedbed.SiteSpec) {}

// visitor is a person with a browser that keeps cookies.
type visitor struct {
	t      *testing.T
	c      *imagestest.Container
	client *http.Client
}

func visit(t *testing.T, c *imagestest.Container) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, c, &http.Client{Jar: jar}}
}

// api calls MediaWiki's API and returns its answer.
func (v *visitor) api(values url.Values) map[string]any {
	v.t.Helper()
	values.Set("format", "json")
	values.Set("formatversion", "2")
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.c.URL("/api.php"), strings.NewReader(values.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Host = wikiHost
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := v.client.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	var decoded map[string]any
	if err := json.Unmarshal(body, &decoded); err != nil {
		v.t.Fatalf("the API answers %d\n%s", answer.StatusCode, body)
	}
	return decoded
}

// dig follows keys into an answer.
func dig(answer any, keys ...string) string {
	for _, key := range keys {
		m, _ := answer.(map[string]any)
		answer = m[key]
	}
	text, _ := answer.(string)
	return text
}

func (v *visitor) token(kind string) string {
	v.t.Helper()
	return dig(v.api(url.Values{"action": {"query"}, "meta": {"tokens"}, "type": {kind}}), "query", "tokens", kind+"token")
}

func (v *visitor) signIn() {
	v.t.Helper()
	answer := v.api(url.Values{"action": {"login"}, "lgname": {"Admin"}, "lgpassword": {adminPassword}, "lgtoken": {v.token("login")}})
	if dig(answer, "login", "result") != "Success" {
		v.t.Fatalf("signing in gave %v", answer)
	}
}

func (v *visitor) edit(title, text string) map[string]any {
	v.t.Helper()
	return v.api(url.Values{"action": {"edit"}, "title": {title}, "text": {text}, "token": {v.token("csrf")}})
}

func TestWiki_KeepsPagesAndAccountsThroughRestartsAndNewSettings(t *testing.T) {
	server, files := wikiServer(t), t.TempDir()
	c := wiki(t, server, files, asIs)
	// Killed in the middle of its installation, it begins again.
	imagestest.WaitFor(t, "the installation", func() bool { return strings.Contains(c.Logs(), "installing MediaWiki") })
	imagestest.WaitFor(t, "some tables", func() bool { return countTables(t, server, "mediawiki") > 10 })
	c.Kill("KILL")
	c.Start()
	c.WaitForPage("/health")

	answer, _ := get(t, c, wikiHost, "/")
	if answer.StatusCode != 301 || !strings.HasPrefix(answer.Header.Get("Location"), "http://nurse-handbook.localhost:8480/wiki/") {
		t.Errorf("/ answers %d and leads to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	admin := visit(t, c)
	admin.signIn()
	if got := admin.edit("Hand washing", "With soap."); dig(got, "edit", "result") != "Success" {
		t.Fatalf("editing gave %v", got)
	}
	if got := visit(t, c).edit("Vandal", "was here"); dig(got, "error", "code") != "permissiondenied" {
		t.Errorf("a visitor's edit gave %v", got)
	}
	if took, status := c.Stop(); status != 0 {
		t.Errorf("stopping took %v and ended with status %d", took, status)
	}

	again := wiki(t, server, files, func(s *seedbed.SiteSpec) {
		s.Revision.Title, s.Revision.Settings["language"] = "Sister & Handbook", "sw"
	})
	again.WaitForPage("/health")
	if _, body := get(t, again, wikiHost, "/wiki/Hand_washing"); !strings.Contains(body, "With soap.") || !strings.Contains(body, "Sister &amp; Handbook") || !strings.Contains(body, `lang="sw"`) {
		t.Errorf("the page is now\n%s", body)
	}
	visit(t, again).signIn()
	if strings.Contains(again.Logs(), "installing") {
		t.Error("it was installed again")
	}
}

func TestWiki_ServesOnlyWhatItShould(t *testing.T) {
	server, files := wikiServer(t), t.TempDir()
	put(t, files, "a/ab/picture.png", "png")
	put(t, files, "a/ab/evil.php", "<?php echo 'ran';")
	put(t, files, "a/ab/evil.phtml", "<?php echo 'ran';")
	put(t, files, ".htaccess", "Require all granted")
	put(t, files, "deleted/secret.png", "deleted")
	c := wiki(t, server, files, asIs)
	c.WaitForPage("/health")
	for path, want := range map[string]int{
		"/images/a/ab/picture.png": 200, "/images/.htaccess": 403, "/images/deleted/secret.png": 403, "/images/": 403,
		"/LocalSettings.php": 403, "/maintenance/update.php": 403, "/mw-config/index.php": 403, "/includes/Setup.php": 403, "/vendor/autoload.php": 403,
		"/composer.json": 403, "/extensions/Cite/extension.json": 403, "/load.php": 200, "/skins/Vector/resources/skins.vector.styles/images/listBullet.svg": 404,
		"/resources/assets/poweredby_mediawiki_88x31.png": 200, "/health": 200, "/wiki/No_such_page": 404, "/server-status": 403, "/images/a/../../LocalSettings.php": 403, "/images//deleted/secret.png": 403, "/extensions/../LocalSettings.php": 403,
		"/wiki/../LocalSettings.php": 403, "/resources/src": 403,
	} {
		if answer, _ := get(t, c, wikiHost, path); answer.StatusCode != want {
			t.Errorf("%s answers %d, want %d", path, answer.StatusCode, want)
		}
	}
	for _, path := range []string{"/images/a/ab/evil.php", "/images/a/ab/evil.phtml"} {
		if _, body := get(t, c, wikiHost, path); strings.TrimSpace(body) == "ran" {
			t.Errorf("%s was run", path)
		}
	}
}

func TestWiki_KeepsAPrivateWikiPrivate(t *testing.T) {
	server, files := wikiServer(t), t.TempDir()
	put(t, files, "a/ab/picture.png", "png")
	c := wiki(t, server, files, func(s *seedbed.SiteSpec) { s.Revision.Settings["private"] = "on" })
	c.WaitForPage("/health")
	for path, want := range map[string]int{"/images/a/ab/picture.png": 403, "/img_auth.php/a/ab/picture.png": 403} {
		if answer, _ := get(t, c, wikiHost, path); answer.StatusCode != want {
			t.Errorf("%s answers %d, want %d", path, answer.StatusCode, want)
		}
	}
	if got := visit(t, c).api(url.Values{"action": {"query"}, "list": {"allpages"}}); dig(got, "error", "code") != "readapidenied" {
		t.Errorf("a visitor may read: %v", got)
	}
	admin := visit(t, c)
	admin.signIn()
	if got := admin.api(url.Values{"action": {"query"}, "list": {"allpages"}}); dig(got, "error", "code") != "" {
		t.Errorf("the Admin may not read: %v", got)
	}
}
