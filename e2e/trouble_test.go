//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTrouble makes sites whose shared PostgreSQL cannot start: the pages say
// what its container said, and Try again and Delete both work.
func TestTrouble(t *testing.T) {
	t.Parallel()
	i := install(t, 1)
	b := openBrowser(t)
	setUp(i, b)
	cluster := filepath.Join(i.dir, "var", "volumes", "service1-postgres", "data", "cluster")
	if err := os.MkdirAll(cluster, 0o777); err != nil {
		t.Fatal(err)
	}
	makeInVain(i, b, "Hopeless")
	b.press("Delete the site")
	b.fill("confirm", "hopeless")
	b.press("Delete the site")
	b.seeWithin(made, "Hopeless is deleted")

	makeInVain(i, b, "Late")
	b.open(i.portal() + "/sites/late")
	b.see("Did not start", "stopped by itself")
	b.open(i.portal())
	b.see("Late", "stopped by itself")
	if err := os.Remove(cluster); err != nil {
		t.Fatal(err)
	}
	b.open(i.portal() + "/sites/late")
	b.press("Try again")
	b.seeWithin(made, "You find it at")
	if got := len(i.databases()); got != 1 {
		t.Errorf("there are %d databases, want the one of the site that was made", got)
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
