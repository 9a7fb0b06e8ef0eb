package api_test

import (
	"io"
	"strings"
	"testing"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

// pages is a static site that is made.
func pages(w *world, a *caller) {
	w.Helper()
	w.finish(in[wire.Deployment](a.post("/sites", `{"template":"static-site","title":"Pages"}`).wants(202)).ID)
	a.do("PUT", "/sites/pages/files?file=kept", "x", "Content-Type", "text/plain").wants(200)
}

// takesNothing tries all that would be thrown away.
func takesNothing(w *world, a *caller, why string) {
	w.Helper()
	a.do("PUT", "/sites/pages/files?file=lost", "x", "Content-Type", "text/plain").wants(409).has(why)
	a.post("/sites/pages/files", zipOf(w, "lost"), "Content-Type", "application/zip").wants(409).has(why)
	a.do("DELETE", "/sites/pages/files?file=kept", "").wants(409).has(why)
	a.post("/sites/pages/move", `{"project":"other"}`).wants(409).has(why)
	a.get("/sites/pages/files").wants(200).has("kept").lacks("lost")
}

func TestFiles_AreNotTakenWhileTheSiteIsDeleted(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	pages(w, a)
	a.post("/projects", `{"title":"Other"}`).wants(201)
	removal := in[wire.Deployment](a.do("DELETE", "/sites/pages", "").wants(202))
	takesNothing(w, a, "is being deleted")
	a.post("/sites/pages/retry", "").wants(409).has("is being deleted")
	w.store.Update(removal.ID, func(d *seedbed.Deployment) { d.State, d.Ended = seedbed.Failed, w.clock.Now() })
	takesNothing(w, a, "is being deleted") // half of it may be gone
	a.post("/sites/pages/retry", "").wants(202)
	takesNothing(w, a, "is being deleted")
}

func TestFiles_AreNotTakenWhileABackupIsPutBack(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	pages(w, a)
	a.post("/projects", `{"title":"Other"}`).wants(201)
	w.backups["s1-pages"] = []seedbed.Backup{{ID: "b1", Title: "Pages"}}
	restoring := in[wire.Deployment](a.post("/sites/pages/backups/b1/restore", "").wants(202))
	takesNothing(w, a, "is being put back")
	w.finish(restoring.ID)
	a.do("PUT", "/sites/pages/files?file=more", "x", "Content-Type", "text/plain").wants(200)
}

// meanwhile does something when it is read.
type meanwhile func()

func (m meanwhile) Read([]byte) (int, error) {
	m()
	return 0, io.EOF
}

func TestFiles_AreNotSaidToBeThereIfTheyMayBeGone(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	pages(w, a)
	w.backups["s1-pages"] = []seedbed.Backup{{ID: "b1", Title: "Pages"}}
	put := func(do meanwhile) error {
		upload, err := w.control.Upload(t.Context(), control.Person(w.user, ""), "pages")
		if err != nil {
			t.Fatal(err)
		}
		return upload.Put(t.Context(), "lost", do)
	}
	restores := func() {
		w.finish(in[wire.Deployment](a.post("/sites/pages/backups/b1/restore", "").wants(202)).ID)
	}
	if err := put(restores); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("a backup was put back meanwhile: %v", err)
	}
	if err := put(func() {}); err != nil {
		t.Errorf("after it: %v", err)
	}
	if err := put(func() { a.do("DELETE", "/sites/pages", "").wants(202) }); seedbed.CodeOf(err) != seedbed.Conflict || !strings.Contains(err.Error(), "not kept") {
		t.Errorf("it was deleted meanwhile: %v", err)
	}
}
