package web_test

import (
	"net/http"
	"testing"
	"time"

	"seedbed"
)

const oneBackup = "20250506-120000-d1"

func TestBackups_AreMadeByAClick(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	d := b.aSite("static-site", "Guide")
	b.post("/sites/guide/backups").wants(http.StatusConflict).has("Something else is under way")
	w.finish(d.ID)
	b.get("/sites/guide/backups").wants(http.StatusOK).has("No backups yet", "Make a backup now", "its files and its name and settings")
	b.post("/sites/guide/backups").to("/deployments/2")
	b.post("/sites/guide/backups").to("/deployments/2")
	b.get("/deployments/2").wants(http.StatusOK).has("Making a backup of ")
	if got, err := w.store.Deployment(t.Context(), 2); err != nil || got.Kind != seedbed.BackUp {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestBackups_ArePutBackOnlyWithTheSitesName(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	d := b.aSite("static-site", "Guide")
	w.finish(d.ID)
	w.backups["s1-guide"] = []seedbed.Backup{{ID: oneBackup, At: w.clock.Now().Add(-time.Hour), Title: "Old Guide", Size: 41_000_000}}
	b.get("/sites/guide/backups").has("41 MB", "Put back", "/sites/guide/backups/"+oneBackup+"/restore")
	b.get("/sites/guide/backups/" + oneBackup + "/restore").wants(http.StatusOK).has("It becomes again what it was on")
	b.post("/sites/guide/backups/"+oneBackup+"/restore", "confirm", "Other").wants(http.StatusUnprocessableEntity).has("nothing was put back")
	b.post("/sites/guide/backups/20250506-120000-d9/restore", "confirm", "Guide").wants(http.StatusNotFound)
	b.post("/sites/guide/backups/"+oneBackup+"/restore", "confirm", "guide").to("/deployments/2")
	got, err := w.store.Deployment(t.Context(), 2)
	if err != nil || got.Kind != seedbed.Restore || got.Backup != oneBackup {
		t.Errorf("got %+v, %v", got, err)
	}
	if spec, _ := w.store.SiteSpec(t.Context(), d.SiteID); spec.Site.Title != "Old Guide" {
		t.Errorf("the site is called %q", spec.Site.Title)
	}
	b.post("/sites/guide/backups/" + oneBackup + "/delete").wants(http.StatusConflict).has("in use")
}

func TestBackups_ArePutBackUnderThePresentNameIfTheOldOneIsTaken(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	d := b.aSite("static-site", "Guide")
	w.finish(d.ID)
	w.finish(b.aSite("static-site", "Old Guide").ID)
	w.backups["s1-guide"] = []seedbed.Backup{{ID: oneBackup, Title: "Old Guide"}}
	b.post("/sites/guide/backups/"+oneBackup+"/restore", "confirm", "guide").to("/deployments/3")
	if spec, _ := w.store.SiteSpec(t.Context(), d.SiteID); spec.Site.Title != "Guide" || spec.Revision.Title != "Guide" {
		t.Errorf("the site is called %q", spec.Site.Title)
	}
	b.get("/sites/guide").has("left Guide its name", "another site is called Old Guide now")
	b.post("/sites/guide/backups/"+oneBackup+"/restore", "confirm", "guide").wants(http.StatusUnprocessableEntity).has("Something else is under way")
}

func TestBackups_AreDeletedOneByOne(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	d := b.aSite("static-site", "Guide")
	w.finish(d.ID)
	w.backups["s1-guide"] = []seedbed.Backup{{ID: oneBackup, Title: "Guide"}}
	b.post("/sites/guide/backups/" + oneBackup + "/delete").to("/sites/guide/backups?did=delete-backup")
	b.get("/sites/guide/backups?did=delete-backup").has("The backup is deleted.", "No backups yet")
}
