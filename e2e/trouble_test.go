//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTrouble makes sites whose shared PostgreSQL cannot start: the pages say
// what its container said, and Try again and Delete both work.
func TestTrouble(t *testing.T) {
	t.Parallel()
	i := install(t, troublePlace)
	b := openBrowser(t)
	setUp(i, b)
	cluster := filepath.Join(i.engine.volumes(), "service1-postgres", "data", "cluster")
	if err := os.MkdirAll(cluster, 0o777); err != nil {
		t.Fatal(err)
	}
	makeInVain(i, b, "Hopeless")
	b.press("Delete the site")
	b.fill("confirm", "hopeless")
	b.press("Delete the site")
	b.seeWithin(made, "Hopeless is deleted")

	makeInVain(i, b, "Late")
	b.seeAt(i.portal()+"/sites/late", "Did not start", "stopped by itself")
	b.seeAt(i.portal(), "Late", "stopped by itself")
	if err := os.Remove(cluster); err != nil {
		t.Fatal(err)
	}
	b.open(i.portal() + "/sites/late")
	b.press("Try again")
	b.seeWithin(made, "You find it at")
	if got := len(i.databases()); got != 1 {
		t.Errorf("there are %d databases, want the one of the site that was made", got)
	}
	startWithoutEngine(i, b)
}

// startWithoutEngine starts while Docker, or the Marathon that is given, does not
// answer, as after a reboot that brought things up in the wrong order. What runs
// is served, and all is well once it answers.
func startWithoutEngine(i *installation, b *browser) {
	before := i.engine.containers()
	i.interrupt()
	i.engine.shut()
	i.start()
	eventually(b.t, "the portal says what does not answer", soon, func() bool {
		b.open(i.portal())
		return strings.Contains(b.text(), i.engine.away())
	})
	eventually(b.t, "the site is served meanwhile", soon, func() bool {
		status, _ := i.get(i.site("late") + "/index.php?title=Special:Version")
		return status == 200
	})
	i.engine.unlock()
	eventually(b.t, "the site is live again", soon, func() bool {
		b.open(i.portal() + "/sites/late")
		return strings.Contains(b.text(), "Answering in") && !strings.Contains(b.text(), i.engine.away())
	})
	for app, ids := range i.engine.containers() {
		if strings.Join(before[app], " ") != strings.Join(ids, " ") {
			b.t.Errorf("%s was %v before and is %v now", app, before[app], ids)
		}
	}
}

// makeInVain makes a wiki and waits until it is given up with the words of
// PostgreSQL.
func makeInVain(i *installation, b *browser, name string) {
	b.t.Helper()
	b.open(i.portal() + "/sites/new/wiki")
	b.fill("name", name)
	b.press("Review")
	b.press("Make the site")
	b.seeWithin(made, name+" could not be made", "The shared PostgreSQL stopped by itself")
	b.click("details summary")
	b.see("is not a database cluster directory")
}
