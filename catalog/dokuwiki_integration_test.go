//go:build integration

package catalog_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedbed/catalog/images/imagestest"
)

func TestDokuWiki_KeepsPagesAndAccountsThroughRestartsAndNewSettings(t *testing.T) {
	imagestest.Build(t, imagestest.Docker(t), "dokuwiki")
	files, spec := readable(t), siteOf(t, "dokuwiki")
	c := launch(t, spec, files, nil)
	// Killed in the middle of its first set-up, it begins again.
	imagestest.WaitFor(t, "its first words", func() bool { return strings.Contains(c.Logs(), "making the first account") })
	c.Kill("KILL")
	if err := os.Remove(filepath.Join(files, "conf", "users.auth.php")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	c.Start()
	c.WaitForPage("/health")

	stranger := personAt(t, c)
	stranger.open("/")
	stranger.wants("Nurse &amp; Handbook", `lang="en"`)
	if stranger.open("/doku.php?id=start&do=edit"); strings.Contains(stranger.body, `name="wikitext"`) && !strings.Contains(stranger.body, "readonly") {
		t.Error("a stranger may write")
	}
	if stranger.open("/doku.php?do=register"); strings.Contains(stranger.body, `name="fullname"`) {
		t.Error("a stranger may make an account")
	}

	admin := personAt(t, c)
	signInToDokuWiki(admin, "wrong"+adminPassword)
	if strings.Contains(admin.body, "do=logout") {
		t.Error("any password will do")
	}
	signInToDokuWiki(admin, adminPassword)
	admin.wants("do=logout", "do=admin")
	admin.open("/doku.php?id=start&do=edit")
	admin.submit("do[save]", map[string]string{"wikitext": "Wash for **forty** seconds."})
	admin.wants("Wash for <strong>forty</strong> seconds.")
	if admin.open("/doku.php?do=admin&page=extension"); strings.Contains(admin.body, "extension__manager") {
		t.Error("the administrator may install programs from elsewhere")
	}
	admin.open("/doku.php?do=admin&page=config")
	admin.wants("config__manager")

	if took, status := c.Stop(); status != 0 {
		t.Errorf("stopping took %v and ended with status %d", took, status)
	}
	spec.Revision.Settings["language"], spec.Revision.Settings["private"] = "fr", "on"
	again := launch(t, spec, files, nil)
	again.WaitForPage("/health")
	stranger = personAt(t, again)
	if stranger.open("/doku.php?id=start"); strings.Contains(stranger.body, "forty") {
		t.Error("a stranger can read the private wiki")
	}
	stranger.wants(`lang="fr"`)
	admin = personAt(t, again)
	signInToDokuWiki(admin, adminPassword)
	admin.wants("Wash for <strong>forty</strong> seconds.")
}

func signInToDokuWiki(p *person, password string) {
	p.t.Helper()
	p.open("/doku.php?id=start&do=login")
	p.submit("", map[string]string{"u": "admin", "p": password})
}

func TestDokuWiki_ServesOnlyWhatItShould(t *testing.T) {
	imagestest.Build(t, imagestest.Docker(t), "dokuwiki")
	c := launch(t, siteOf(t, "dokuwiki"), readable(t), nil)
	c.WaitForPage("/health")
	for path, want := range map[string]int{
		"/": 200, "/doku.php": 200, "/feed.php": 200, "/lib/exe/css.php": 200, "/lib/images/smileys/lol.gif": 404, "/lib/tpl/dokuwiki/images/logo.png": 200,
		"/install.php": 403, "/index.php": 403, "/inc/init.php": 403, "/bin/dwpage.php": 403, "/lib/exe/xmlrpc.php": 403, "/vendor/autoload.php": 403,
		"/lib/plugins/config/admin.php": 403, "/conf/users.auth.php": 403, "/data/pages/wiki/dokuwiki.txt": 403, "/VERSION": 403, "/.htaccess": 403,
		"/lib/exe/../../conf/users.auth.php": 403, "/lib/plugins/../../inc/init.php": 403, "/server-status": 403,
	} {
		if answer, _ := get(t, c, "nurse-handbook.localhost:8480", path); answer.StatusCode != want {
			t.Errorf("%s answers %d, want %d", path, answer.StatusCode, want)
		}
	}
}
