//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"

	"seedbed/storage/glustertest"
)

// TestStorage makes sites on a real GlusterFS, backs one up, spoils it and puts
// it back, while bricks and the portal are killed.
func TestStorage(t *testing.T) {
	t.Parallel()
	cluster := glustertest.Start(t)
	mount := filepath.Join(folderForVolumes(t), "volumes")
	t.Cleanup(func() { // after the containers
		if err := syscall.Unmount(mount, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	i := install(t, storagePlace, "-volumes", "gluster:"+cluster.Server+"/"+cluster.Volume, "-volume-dir", mount, "-gluster", glusterProgram(t, cluster))
	b := openBrowser(t)
	setUp(i, b)
	user, password := makeWiki(i, b)
	editWiki(i, b, user, password)
	backUp(i, b)
	spoilWiki(i, b)
	loseBrick(i, b, cluster)
	putBack(i, b)
}

// glusterProgram is a program that does as gluster does, in the cluster's
// namespace.
func glusterProgram(t *testing.T, cluster *glustertest.Cluster) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "gluster")
	text := fmt.Sprintf("#!/bin/sh\nexec %s \"$@\"\n", strings.Join(cluster.Command, " "))
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func backUp(i *installation, b *browser) {
	b.seeAt(i.portal()+"/operations/storage", "All three bricks are well.", "Nurse Handbook", "10.7 GB")
	b.open(i.portal() + "/sites/nurse-handbook/backups")
	b.see("No backups yet")
	b.press("Make a backup now")
	b.seeWithin(made, "The backup of Nurse Handbook is made")
	b.open(i.portal() + "/sites/nurse-handbook/backups")
	b.see("Proved whole", "Put back")
	findPage(i, b)
}

// spoilWiki overwrites a page.
func spoilWiki(i *installation, b *browser) {
	openEditor(i, b)
	b.fill("wpTextbox1", "Do not wash.")
	b.click("#wpSave")
	b.see("Do not wash.")
}

// loseBrick kills a brick: the portal says so, and everything goes on.
func loseBrick(i *installation, b *browser, cluster *glustertest.Cluster) {
	cluster.KillBrick(0)
	eventually(b.t, "the portal says that a brick is away", soon, func() bool {
		b.open(i.portal() + "/operations/storage")
		return strings.Contains(b.text(), "One of three bricks does not answer.")
	})
	b.picture()
	b.open(i.site("nurse-handbook") + "/index.php?title=Handwashing")
	b.see("Do not wash.")
	cluster.StartBricks()
	eventually(b.t, "all is healed", soon, func() bool {
		b.open(i.portal() + "/operations/storage")
		return strings.Contains(b.text(), "All three bricks are well.")
	})
}

// putBack kills the portal in the middle of putting the wiki back.
func putBack(i *installation, b *browser) {
	b.open(i.portal() + "/sites/nurse-handbook/backups")
	b.do("press Put back", enter(chromedp.Search(`//a[starts-with(normalize-space(),"Put back")]`)))
	b.see("It becomes again what it was on")
	b.fill("confirm", "nurse-handbook")
	b.press("Put it back")
	b.see("You can leave this page")
	progress := b.url()
	eventually(b.t, "the wiki is stopped", soon, func() bool { return len(i.engine.containers()["/sites/nurse-handbook"]) == 0 })
	i.kill()
	i.start()
	b.open(progress)
	b.seeWithin(made, "Nurse Handbook is as it was")
	findPage(i, b)
	if ids := i.engine.containers()["/sites/nurse-handbook"]; len(ids) != 1 {
		b.t.Errorf("the wiki has containers %v, want one", ids)
	}
}
