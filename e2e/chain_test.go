//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"
	"time"
)

const (
	// made is how long a first site may take: it starts the shared PostgreSQL
	// and installs MediaWiki, on a machine that may do other things too.
	made = 6 * time.Minute
	soon = time.Minute
)

// TestChain does what the README promises, in the order in which a new user
// does it.
func TestChain(t *testing.T) {
	t.Parallel()
	i := install(t, chainPlace)
	b := openBrowser(t)
	setUp(i, b)
	user, password := makeWiki(i, b)
	editWiki(i, b, user, password)
	killInTheMiddle(i, b)
	uploadAndChange(t, i, b)
	meetVisitors(t, i, b)
	refuseBadInput(i, b)
	engineStopped(i, b)
	deleteStatic(i, b)
	stopAndStart(t, i, b)
}

// setUp makes the administrator, leaves, and signs in.
func setUp(i *installation, b *browser) {
	b.open(i.portal())
	b.see("Nobody has an account yet")
	b.open(i.portal() + "/setup?code=WRONG")
	b.see("This link is not valid")
	link := i.setupLink()
	b.open(link)
	b.fill("user", "amina")
	b.fill("password", "correct horse battery")
	b.fill("again", "correct horse battery")
	b.press("Make the account")
	b.see("Your sites")
	b.open(link)
	if strings.Contains(b.text(), "Make the account") {
		b.t.Error("the setup link works a second time")
	}
	b.open(i.portal())
	b.press("Sign out")
	b.see("Sign in")
	b.fill("user", "amina")
	b.fill("password", "correct horse battery")
	b.do("press Sign in", pressIn("main", "Sign in"))
	b.see("Your sites", "New site")
}

// makeWiki makes a wiki, watches it being made, and returns its sign-in.
func makeWiki(i *installation, b *browser) (user, password string) {
	b.press("New site")
	b.press("Wiki")
	b.fill("name", "Nurse Handbook")
	b.press("Review")
	b.see("Ready to make it", "Nurse Handbook", "nurse-handbook.localhost")
	b.press("Make the site")
	b.see("You can leave this page")
	b.seeWithin(made, "You find it at")
	b.picture()
	b.press("Show the sign-in")
	b.see("We do not show it again")
	secrets := strings.Fields(b.value(`[...document.querySelectorAll('.secret')].map(e => e.textContent).join(' ')`))
	if len(secrets) != 2 {
		b.t.Fatalf("the sign-in shows %d words, want a user and a password", len(secrets))
	}
	b.seeAt(i.portal()+"/sites/nurse-handbook", "Live", "Answering in")
	if strings.Contains(b.text(), "Show the sign-in") || strings.Contains(b.text(), secrets[1]) {
		b.t.Error("the sign-in can be seen again")
	}
	b.seeAt(i.portal()+"/services", "PostgreSQL", "Running", "Nurse Handbook")
	return secrets[0], secrets[1]
}

// editWiki signs in to the wiki through nginx and writes a page.
func editWiki(i *installation, b *browser, user, password string) {
	wiki := i.site("nurse-handbook")
	b.open(wiki + "/index.php?title=Special:UserLogin")
	b.see("Nurse Handbook")
	b.fill("wpName", user)
	b.fill("wpPassword", password)
	b.click("#wpLoginAttempt")
	b.see(user)
	openEditor(i, b)
	b.fill("wpTextbox1", "Wash for forty seconds.")
	b.click("#wpSave")
	b.see("Wash for forty seconds.")
}

// openEditor opens the editor of a page, and waits for its toolbar: until that is
// there the text box is moved about. Where MediaWiki's scripts did not all come,
// the page is opened once more, and what was missing is told.
func openEditor(i *installation, b *browser) {
	b.t.Helper()
	eventually(b.t, "the editor has its toolbar", 2*time.Minute, func() bool {
		b.open(i.site("nurse-handbook") + "/index.php?title=Handwashing&action=edit")
		if b.shows(30*time.Second, "Special characters") {
			return true
		}
		b.t.Logf("the editor has no toolbar; these did not load: %s%s\nand modules are: %s", b.unloaded(), b.picture(), b.value(
			`JSON.stringify(mw.loader.getModuleNames().map(m => [m, mw.loader.getState(m)]).filter(m => !['ready', 'registered'].includes(m[1])))`))
		return false
	})
}

func findPage(i *installation, b *browser) {
	b.t.Helper()
	b.open(i.site("nurse-handbook") + "/index.php?title=Handwashing")
	b.see("Wash for forty seconds.")
}

// killInTheMiddle kills the portal while it makes a second wiki. Visitors of the
// first notice nothing, and the second is finished after the restart, with
// nothing made twice.
func killInTheMiddle(i *installation, b *browser) {
	t := b.t
	before := i.processes()
	b.open(i.portal() + "/sites/new/wiki")
	b.fill("name", "Midwives")
	b.press("Review")
	b.press("Make the site")
	b.see("You can leave this page")
	progress := b.url()
	i.kill()
	findPage(i, b)
	i.start()
	// And once more, now that its container has been started.
	eventually(t, "the second wiki has a container", made, func() bool { return len(i.engine.containers()["/sites/midwives"]) > 0 })
	i.kill()
	findPage(i, b)
	i.start()
	if after := i.processes(); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("nginx and Consul were %v before the portal was killed and are %v after", before, after)
	}
	b.open(progress)
	b.seeWithin(made, "You find it at")
	for app, ids := range i.engine.containers() {
		if len(ids) != 1 {
			t.Errorf("%s has %d containers, want 1", app, len(ids))
		}
	}
	if got := i.databases(); len(got) != 2 {
		t.Errorf("the databases are %v, want one for each wiki", got)
	}
	if volumes, err := os.ReadDir(i.engine.volumes()); err != nil || countVisible(volumes) != 3 {
		t.Errorf("the volumes are those of %v (%v), want two sites and one service", volumes, err)
	}
	findPage(i, b)
}

func countVisible(entries []os.DirEntry) (n int) {
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			n++
		}
	}
	return n
}

// uploadAndChange makes a static site, fills it and changes a setting.
func uploadAndChange(t *testing.T, i *installation, b *browser) {
	b.open(i.portal() + "/sites/new/static-site")
	b.fill("name", "Clinic Guide")
	b.press("Review")
	b.press("Make the site")
	b.seeWithin(made, "You find it at")
	b.open(i.site("clinic-guide"))
	b.see("Clinic Guide")

	files := i.portal() + "/sites/clinic-guide/files"
	b.open(files)
	b.upload("file", zipped(t, map[string]string{"guide/index.html": "<h1>Open at eight</h1>", "guide/css/site.css": "h1{}"}))
	b.press("Upload")
	b.see("index.html", "css/site.css")
	b.open(i.site("clinic-guide"))
	b.see("Open at eight")

	for _, hostile := range []string{
		zipped(t, map[string]string{"good.html": "good", "../../evil.html": "evil"}),
		bomb(t),
	} {
		b.open(files)
		b.upload("file", hostile)
		b.press("Upload")
		b.see("One thing needs another look.")
		b.open(files)
		if text := b.text(); strings.Contains(text, "good.html") || strings.Contains(text, "evil") || strings.Contains(text, "zeros") {
			t.Errorf("a part of a refused zip was kept:\n%s", text)
		}
	}

	b.open(i.portal() + "/sites/clinic-guide/settings")
	b.tick(`[name="setting.search"][type=checkbox]`)
	b.press("Save and apply")
	b.seeWithin(made, "You find it at")
	if status, robots := i.get(i.site("clinic-guide") + "/robots.txt"); status != 200 || !strings.Contains(robots, "Disallow: /") {
		t.Errorf("with search engines sent away, robots.txt answers %d %q", status, robots)
	}
}

// refuseBadInput gives names that cannot be, and finds what was typed still
// there.
func refuseBadInput(i *installation, b *browser) {
	for name, says := range map[string]string{
		"":                               "Give the site a name",
		"nurse handbook":                 "This name is taken.",
		strings.Repeat("long ", 20):      "is the most",
		"x; location / { alias /etc/; }": "but no",
	} {
		b.open(i.portal() + "/sites/new/static-site")
		b.fill("name", name)
		b.press("Review")
		b.see(says)
		if got := b.value(`document.querySelector('[name=name]').value`); got != name {
			b.t.Errorf("after a refusal the form holds %q, want %q", got, name)
		}
	}
	status, body := i.get("http://nobody.localhost" + strings.TrimPrefix(i.site("nobody"), "http://nobody.localhost"))
	if status != 404 || !strings.Contains(body, "<h1>") {
		b.t.Errorf("an address without a site answers %d %q", status, body)
	}
}

// engineStopped shuts the installation off from Docker, or from the Marathon that
// is given: pages load and say so.
func engineStopped(i *installation, b *browser) {
	i.engine.shut()
	b.open(i.portal())
	eventually(b.t, "the portal says what does not answer", soon, func() bool {
		b.open(i.portal())
		return strings.Contains(b.text(), i.engine.away())
	})
	b.picture()
	b.open(i.portal() + "/sites/clinic-guide")
	b.see("Clinic Guide")
	if status, _ := i.get(i.site("clinic-guide")); status != 200 {
		b.t.Errorf("while what runs it does not answer, a site whose container runs answers %d", status)
	}
	i.engine.unlock()
	eventually(b.t, "the site is live again", soon, func() bool {
		b.open(i.portal() + "/sites/clinic-guide")
		return strings.Contains(b.text(), "Answering in") && !strings.Contains(b.text(), i.engine.away())
	})
}

// deleteStatic deletes the static site by typing its name.
func deleteStatic(i *installation, b *browser) {
	b.open(i.portal() + "/sites/clinic-guide/delete")
	b.fill("confirm", "something else")
	b.press("Delete the site")
	b.see("so nothing was deleted")
	if status, _ := i.get(i.site("clinic-guide")); status != 200 {
		b.t.Errorf("after a refused deletion the site answers %d", status)
	}
	b.fill("confirm", "Clinic Guide")
	b.press("Delete the site")
	b.seeWithin(made, "Clinic Guide is deleted")
	if status, _ := i.get(i.site("clinic-guide")); status != 404 {
		b.t.Errorf("the deleted site answers %d, want 404", status)
	}
	if left := i.engine.containers()["/sites/clinic-guide"]; len(left) != 0 {
		b.t.Errorf("the deleted site has containers %v", left)
	}
	findPage(i, b)
}

// stopAndStart ends all with Ctrl-C, and finds the sites again.
func stopAndStart(t *testing.T, i *installation, b *browser) {
	before := i.engine.containers()
	i.interrupt()
	if status, body := i.get(i.site("nurse-handbook")); status != 0 {
		t.Errorf("after Ctrl-C nginx answers %d %q", status, body)
	}
	i.start()
	if i.setupLink() != "" {
		t.Error("a second start offers to make the first administrator again")
	}
	eventually(t, "the wiki answers again", soon, func() bool {
		status, _ := i.get(i.site("nurse-handbook") + "/index.php?title=Handwashing")
		return status == 200
	})
	findPage(i, b)
	after := i.engine.containers()
	for app, ids := range before {
		if strings.Join(after[app], " ") != strings.Join(ids, " ") {
			t.Errorf("%s was %v before the restart and is %v after", app, ids, after[app])
		}
	}
}
