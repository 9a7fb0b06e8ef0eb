//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestTemplates makes a site of each template that TestChain does not, all at
// the same time, and looks at each as its first visitor and its administrator.
func TestTemplates(t *testing.T) {
	t.Parallel()
	i := install(t, templatesPlace)
	b := openBrowser(t)
	setUp(i, b)
	image := ownImage(t, openDocker(t), "testdata/django")
	progress := map[string]string{
		"own":       askFor(i, b, "own-container", "Clinic App", ownAnswers(b, image)),
		"missing":   askFor(i, b, "own-container", "No Such Image", func() { b.fill("setting.image", "registry.invalid/nothing:1") }),
		"wordpress": askFor(i, b, "wordpress", "Health News", func() {}),
		"redmine":   askFor(i, b, "redmine", "Cold Chain", func() {}),
		"dokuwiki":  askFor(i, b, "dokuwiki", "Ward Notes", func() {}),
	}
	tryDokuWiki(i, b, progress["dokuwiki"])
	tryMissingImage(i, b, progress["missing"])
	tryOwnContainer(i, b, progress["own"])
	tryWordPress(i, b, progress["wordpress"])
	tryRedmine(i, b, progress["redmine"])
	killPostgres(i, b)
}

// askFor makes a site without waiting for it, and returns the address of its
// progress.
func askFor(i *installation, b *browser, template, name string, answer func()) string {
	b.t.Helper()
	b.open(i.portal() + "/sites/new/" + template)
	b.fill("name", name)
	answer()
	b.press("Review")
	b.see("Ready to make it", name)
	b.press("Make the site")
	b.see("You can leave this page")
	return b.url()
}

// whenMade waits for a site and returns its first sign-in.
func whenMade(b *browser, progress string) (user, password string) {
	b.t.Helper()
	b.open(progress)
	b.seeWithin(made, "You find it at")
	b.press("Show the sign-in")
	b.see("We do not show it again")
	secrets := strings.Fields(b.value(`[...document.querySelectorAll('.secret')].map(e => e.textContent).join(' ')`))
	if len(secrets) != 2 {
		b.t.Fatalf("the sign-in shows %d words, want a user and a password", len(secrets))
	}
	return secrets[0], secrets[1]
}

func ownAnswers(b *browser, image string) func() {
	return func() {
		b.fill("setting.image", image)
		b.fill("setting.port", "9000")
		b.fill("setting.health", "/health")
		b.fill("setting.folder", "/data")
		b.fill("setting.variables", "GREETING=Jambo")
		for _, kind := range []string{"postgres", "mariadb", "redis", "rabbitmq"} {
			b.tick(`[name="setting.` + kind + `"][type=checkbox]`)
		}
	}
}

// tryOwnContainer finds the container's services by its page, switches some off,
// and finds what it has kept.
func tryOwnContainer(i *installation, b *browser, progress string) {
	b.open(progress)
	b.seeWithin(made, "You find it at")
	site := i.site("clinic-app") + "/visit"
	b.open(site)
	b.see("Greeting Jambo", "Folder 1", "PostgreSQL 1", "MariaDB 1", "Redis 1", "RabbitMQ visit")
	b.open(i.portal() + "/sites/clinic-app/settings")
	b.fill("setting.variables", "PORT=1")
	b.press("Save and apply")
	b.see("One thing needs another look.", "given by the engine")
	b.open(i.portal() + "/sites/clinic-app/settings")
	b.tick(`[name="setting.redis"][type=checkbox]`)
	b.tick(`[name="setting.rabbitmq"][type=checkbox]`)
	b.press("Save and apply")
	b.seeWithin(made, "You find it at")
	b.open(site)
	b.see("Greeting Jambo", "Folder 2", "PostgreSQL 2", "MariaDB 2", "Redis not asked for", "RabbitMQ not asked for")
	mistypeImage(i, b)
}

// mistypeImage changes the container's image to one that is nowhere, and finds
// the site as it was.
func mistypeImage(i *installation, b *browser) {
	b.open(i.portal() + "/sites/clinic-app/settings")
	b.fill("setting.image", "registry.invalid/nothing:1")
	b.press("Save and apply")
	b.seeWithin(made, "could not be changed", "Its image could not be fetched")
	b.seeAt(i.portal()+"/sites/clinic-app", "Live", "so we went back to the settings before it. Its image could not be fetched.")
}

// tryMissingImage reads why a site could not start, and deletes it.
func tryMissingImage(i *installation, b *browser, progress string) {
	b.open(progress)
	b.seeWithin(made, "Its image could not be fetched")
	b.seeAt(i.portal()+"/sites/no-such-image", "Did not start", "Its image could not be fetched", "Try again")
	b.open(i.portal() + "/sites/no-such-image/delete")
	b.fill("confirm", "No Such Image")
	b.press("Delete the site")
	b.seeWithin(made, "No Such Image is deleted")
}

func tryDokuWiki(i *installation, b *browser, progress string) {
	user, password := whenMade(b, progress)
	b.open(i.site("ward-notes") + "/doku.php?id=start&do=login")
	b.fill("u", user)
	b.fill("p", password)
	b.click(`#dw__login button[type=submit]`)
	b.see("Log Out")
	b.open(i.site("ward-notes") + "/doku.php?id=start&do=edit")
	b.fill("wikitext", "Wash for forty seconds.")
	b.click(`#edbtn__save`)
	b.see("Wash for forty seconds.", "Ward Notes")
}

func tryWordPress(i *installation, b *browser, progress string) {
	user, password := whenMade(b, progress)
	b.open(i.site("health-news"))
	b.see("Health News")
	b.open(i.site("health-news") + "/wp-login.php")
	b.whenFocused("log") // its script goes there 200 ms late, and selects what was typed
	b.fill("log", user)
	b.fill("pwd", password)
	b.click("#wp-submit")
	b.see("Dashboard", "Health News")
}

func tryRedmine(i *installation, b *browser, progress string) {
	user, password := whenMade(b, progress)
	b.open(i.site("cold-chain") + "/login")
	b.see("Cold Chain")
	b.fill("username", user)
	b.fill("password", password)
	b.click("#login-submit")
	b.see("Logged in as", user)
}
