//go:build integration

package catalog_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"seedbed"
	"seedbed/catalog/images/imagestest"
	"seedbed/catalog/mariadb"
)

// mariadbServer is a real MariaDB with a schema for one site, as its kind makes
// it.
func mariadbServer(t *testing.T, b seedbed.Binding) *imagestest.Container {
	t.Helper()
	docker := imagestest.Docker(t)
	imagestest.Build(t, docker, "mariadb")
	c := imagestest.Run(t, docker, imagestest.Spec{
		Image: "mariadb", Port: 3306, Memory: 512, Env: map[string]string{"MARIADB_PASSWORD": "admin"}, Mounts: map[string]string{"/data": t.TempDir()},
	})
	host, port := c.Address()
	e := seedbed.Endpoint{Host: host, Port: port, Password: "admin"}
	imagestest.WaitFor(t, "MariaDB", func() bool { return mariadb.New().Check(t.Context(), e) == nil })
	if err := mariadb.New().Ensure(t.Context(), e, b); err != nil {
		t.Fatal(err)
	}
	return c
}

func wordpressSpec(t *testing.T) seedbed.SiteSpec {
	t.Helper()
	spec := siteOf(t, "wordpress")
	service := seedbed.Service{ID: 4, Kind: "mariadb", Port: 3306, Password: "admin", Revision: 1}
	spec.Bindings = []seedbed.Binding{{SiteID: 12, Service: service, Name: "s12-nurse-handbook", Password: databasePassword}}
	return spec
}

func TestWordPress_KeepsPostsThroughRestartsAndNewSettings(t *testing.T) {
	imagestest.Build(t, imagestest.Docker(t), "wordpress")
	files, spec := readable(t), wordpressSpec(t)
	server := mariadbServer(t, spec.Bindings[0])
	c := launch(t, spec, files, server)
	// Killed in the middle of its installation, it begins again.
	imagestest.WaitFor(t, "the installation", func() bool { return strings.Contains(c.Logs(), "installing WordPress") })
	c.Kill("KILL")
	c.Start()
	c.WaitForPage("/health")

	stranger := personAt(t, c)
	stranger.open("/")
	stranger.wants("Nurse &amp; Handbook", "/wp-content/themes/twentytwentythree/")
	for _, path := range []string{"/wp-admin/install.php", "/wp-admin/setup-config.php", "/xmlrpc.php"} {
		if stranger.open(path); stranger.status != 403 {
			t.Errorf("a stranger gets %d from %s", stranger.status, path)
		}
	}
	signInToWordPress(stranger, "wrong")
	if strings.Contains(stranger.body, "wp-admin-bar") {
		t.Error("any password will do")
	}

	admin := personAt(t, c)
	signInToWordPress(admin, adminPassword)
	admin.wants("Dashboard", "wp-admin-bar")
	admin.open("/wp-admin/options-general.php")
	admin.submit("submit", map[string]string{"blogdescription": "Wash for forty seconds."})
	admin.wants("Settings saved.", "Wash for forty seconds.")
	if admin.open("/wp-admin/update-core.php"); admin.status != 200 || strings.Contains(admin.body, "do-core-") {
		t.Errorf("WordPress can be updated from inside: %d", admin.status)
	}
	if admin.open("/wp-admin/plugin-editor.php"); admin.status != 403 {
		t.Errorf("editing programs from inside answers %d", admin.status)
	}
	reachesItself(admin)
	if took, status := c.Stop(); status != 0 {
		t.Errorf("stopping took %v and ended with status %d", took, status)
	}

	spec.Revision.Title, spec.Revision.Settings["language"], spec.Revision.Settings["search"] = "Sister & Handbook", "fr", "off"
	again := launch(t, spec, files, server)
	again.WaitForPage("/health")
	stranger = personAt(t, again)
	stranger.open("/")
	stranger.wants("Sister &amp; Handbook", "Wash for forty seconds.", `lang="fr-FR"`, "noindex")
	admin = personAt(t, again)
	signInToWordPress(admin, adminPassword)
	admin.wants("wp-admin-bar", "Tableau de bord")
	if strings.Contains(again.Logs(), "installing") {
		t.Error("it was installed again")
	}
}

// reachesItself has WordPress's own check look whether it reaches its address.
func reachesItself(admin *person) {
	admin.t.Helper()
	admin.open("/wp-admin/site-health.php")
	found := regexp.MustCompile(`wpApiSettings = .*?"nonce":"([0-9a-f]+)"`).FindStringSubmatch(admin.body)
	if found == nil {
		admin.t.Fatalf("the page has no key for the check: %s", excerpt(admin.body))
	}
	request, err := http.NewRequestWithContext(admin.t.Context(), http.MethodGet, siteAddress+"/wp-json/wp-site-health/v1/tests/loopback-requests", nil)
	if err != nil {
		admin.t.Fatal(err)
	}
	request.Header.Set("X-WP-Nonce", found[1])
	admin.send(request)
	admin.wants(`"status":"good"`)
}

func signInToWordPress(p *person, password string) {
	p.t.Helper()
	p.open("/wp-login.php")
	p.submit("wp-submit", map[string]string{"log": "admin", "pwd": password})
}

func TestWordPress_ServesOnlyWhatItShould(t *testing.T) {
	imagestest.Build(t, imagestest.Docker(t), "wordpress")
	files, spec := readable(t), wordpressSpec(t)
	put(t, files, "uploads/2026/11/picture.png", "png")
	put(t, files, "uploads/2026/11/evil.php", "<?php echo 'ran';")
	put(t, files, "uploads/2026/11/evil.phtml", "<?php echo 'ran';")
	put(t, files, "uploads/.htaccess", "Require all granted")
	c := launch(t, spec, files, mariadbServer(t, spec.Bindings[0]))
	c.WaitForPage("/health")
	for path, want := range map[string]int{
		"/": 200, "/wp-login.php": 200, "/no-such-page/": 404, "/wp-content/uploads/2026/11/picture.png": 200, "/wp-includes/css/dist/block-library/style.min.css": 200,
		"/wp-content/uploads/.htaccess": 403, "/wp-content/uploads/2026/11/evil.php": 403, "/wp-config.php": 403, "/wp-includes/version.php": 403,
		"/wp-content/plugins/akismet/akismet.php": 403, "/wp-admin/includes/upgrade.php": 403, "/wp-admin/upgrade.php": 403, "/.htaccess": 403, "/server-status": 404,
	} {
		if answer, _ := get(t, c, "nurse-handbook.localhost:8480", path); answer.StatusCode != want {
			t.Errorf("%s answers %d, want %d", path, answer.StatusCode, want)
		}
	}
	if _, body := get(t, c, "nurse-handbook.localhost:8480", "/wp-content/uploads/2026/11/evil.phtml"); strings.TrimSpace(body) == "ran" {
		t.Error("an uploaded program was run")
	}
}
