package reconcile_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/backup"
	"seedbed/reconcile"
	"seedbed/reconcile/reconciletest"
	"seedbed/storage"
)

// backups is the real shelf as the reconciler sees it.
type backups struct{ *backup.Shelf }

func (b backups) Restored(ctx context.Context, spec seedbed.SiteSpec) (reconcile.Restored, error) {
	p, err := b.Progress(ctx, spec)
	return reconcile.Restored(p), err
}

// halting is a shelf on which one step stops as if the process were killed.
type halting struct {
	reconcile.Backups
	at string
}

var errHalt = errors.New("killed")

func (h *halting) Swap(ctx context.Context, spec seedbed.SiteSpec) error {
	return h.around("swap", func() error { return h.Backups.Swap(ctx, spec) })
}

func (h *halting) Stage(ctx context.Context, spec seedbed.SiteSpec) error {
	return h.around("stage", func() error { return h.Backups.Stage(ctx, spec) })
}

// Keep is stopped in the middle of a dump.
func (h *halting) Keep(ctx context.Context, spec seedbed.SiteSpec, dump func(ctx context.Context, kind string, w io.Writer) error) error {
	if h.at != "in keep" {
		return h.Backups.Keep(ctx, spec, dump)
	}
	return h.Backups.Keep(ctx, spec, func(_ context.Context, _ string, w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, errHalt)
	})
}

func (h *halting) around(step string, do func() error) error {
	switch h.at {
	case "before " + step:
		return errHalt
	case "after " + step:
		return errors.Join(do(), errHalt)
	}
	return do()
}

// library is a stage whose volumes and backups are real.
type library struct {
	*stage
	dir   string
	files *storage.Directory
	halt  *halting
	shelf *backup.Shelf
	site  seedbed.Deployment
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{stage: newStage(t), dir: t.TempDir()}
	l.stop()
	var err error
	if l.files, err = storage.New(t.Context(), filepath.Join(l.dir, "volumes"), l.store); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.files.Close() })
	shelf, err := backup.New(backup.Config{Dir: filepath.Join(l.dir, "backups"), Volumes: l.files, Secrets: l.store, Version: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	l.shelf = shelf
	l.halt = &halting{Backups: backups{shelf}}
	l.volumes, l.backups = l.files, l.halt
	l.start()
	l.site = l.ends(l.create("Guide"), seedbed.Done)
	l.write("index.html", "first")
	l.world.Set(func(w *reconciletest.World) { w.Content[l.spec().Site.Key()] = "rows" })
	return l
}

func (l *library) spec() seedbed.SiteSpec {
	l.t.Helper()
	spec, err := l.store.SiteSpec(l.t.Context(), l.site.SiteID)
	if err != nil {
		l.t.Fatal(err)
	}
	return spec
}

func (l *library) path(name string) string {
	return filepath.Join(l.dir, "volumes", l.spec().Site.Key(), "files", name)
}

func (l *library) write(name, text string) {
	l.t.Helper()
	if err := os.WriteFile(l.path(name), []byte(text), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

func (l *library) read(name string) string {
	text, err := os.ReadFile(l.path(name))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (l *library) rows() (rows string) {
	key := l.spec().Site.Key()
	l.world.Set(func(w *reconciletest.World) { rows = w.Content[key] })
	return rows
}

func (l *library) askForBackup() seedbed.Deployment {
	l.t.Helper()
	d, err := l.store.BackUpSite(l.t.Context(), l.site.SiteID, amina)
	if err != nil {
		l.t.Fatal(err)
	}
	return d
}

func (l *library) backUp() seedbed.Deployment {
	l.t.Helper()
	return l.ends(l.askForBackup(), seedbed.Done)
}

// waits until a deployment says that it waits for something.
func (l *library) waits(d seedbed.Deployment) {
	l.t.Helper()
	l.eventually("it waits", func() bool {
		got, _ := l.store.Deployment(l.t.Context(), d.ID)
		return slices.ContainsFunc(got.Steps, func(s seedbed.Step) bool { return s.Detail != "" })
	})
}

func (l *library) list() []seedbed.Backup {
	l.t.Helper()
	list, err := l.shelf.List(l.t.Context(), l.spec().Site.Key())
	if err != nil {
		l.t.Fatal(err)
	}
	return list
}

func (l *library) destroy() {
	l.write("index.html", "spoiled")
	l.write("more.html", "rubbish")
	key := l.spec().Site.Key()
	l.world.Set(func(w *reconciletest.World) { w.Content[key] = "spoiled" })
}

func (l *library) restore(id string) seedbed.Deployment {
	l.t.Helper()
	d, err := l.store.RestoreSite(l.t.Context(), l.site.SiteID, seedbed.Restoration{Backup: id, Title: "Guide", Settings: map[string]string{"language": "sw"}}, amina)
	if err != nil {
		l.t.Fatal(err)
	}
	return d
}

func (l *library) wantFirst() {
	l.t.Helper()
	if l.read("index.html") != "first" || !strings.Contains(l.read("more.html"), "no such file") || l.rows() != "rows" {
		l.t.Errorf("index says %q, more %q, rows %q", l.read("index.html"), l.read("more.html"), l.rows())
	}
	l.eventually("what the site had before is deleted", func() bool { // after it is done
		left, err := filepath.Glob(filepath.Join(l.dir, "volumes", ".restore", "*"))
		return err == nil && len(left) == 0
	})
}

func TestReconciler_PutsBackWhatABackupHolds(t *testing.T) {
	l := newLibrary(t)
	applied := l.world.Applied[l.spec().Site.WorkloadID()]
	kept := l.backUp()
	if l.world.Applied[l.spec().Site.WorkloadID()] != applied || l.status(kept) != seedbed.Live {
		t.Error("a backup disturbs the site")
	}
	l.destroy()
	l.ends(l.restore(kept.BackupID()), seedbed.Done)
	l.wantFirst()
	if got := l.spec().Revision.Settings["language"]; got != "sw" {
		t.Errorf("the settings are not those of the backup: %q", got)
	}
}

func TestReconciler_ListsNoBackupThatIsNotWhole(t *testing.T) {
	l := newLibrary(t)
	l.halt.at = "in keep"
	d := l.askForBackup()
	l.waits(d)
	if list := l.list(); len(list) != 0 {
		t.Errorf("half of a backup is listed: %+v", list)
	}
	l.stop()
	l.halt.at = ""
	l.start()
	l.ends(d, seedbed.Done)
	if list := l.list(); len(list) != 1 || list[0].Proved.IsZero() || list[0].By != "amina" || list[0].Title != "Guide" || list[0].Size == 0 {
		t.Errorf("listed are %+v", list)
	}
	if entries, _ := os.ReadDir(filepath.Join(l.dir, "backups", l.spec().Site.Key())); len(entries) != 1 {
		t.Errorf("on the shelf there are %v", entries)
	}
}

func TestReconciler_GoesOnPuttingBackWhereItWasKilled(t *testing.T) {
	for _, at := range []string{"before stage", "after stage", "before swap", "after swap"} {
		t.Run(at, func(t *testing.T) {
			l := newLibrary(t)
			kept := l.backUp()
			l.destroy()
			l.halt.at = at
			d := l.restore(kept.BackupID())
			l.waits(d)
			l.stop()
			l.halt.at = ""
			l.start()
			l.ends(d, seedbed.Done)
			l.wantFirst()
		})
	}
}

func TestReconciler_RefusesADamagedBackupAndLeavesTheSite(t *testing.T) {
	l := newLibrary(t)
	kept := l.backUp()
	l.destroy()
	archive := filepath.Join(l.dir, "backups", l.spec().Site.Key(), kept.BackupID(), "volumes", "files.tar.gz")
	text, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(archive, text, 0o600); err != nil {
		t.Fatal(err)
	}
	d := l.ends(l.restore(kept.BackupID()), seedbed.Failed)
	if !strings.Contains(d.Cause, "not as it was written") || d.HasStopped() {
		t.Errorf("the cause is %q, stopped: %v", d.Cause, d.HasStopped())
	}
	if l.read("index.html") != "spoiled" || l.rows() != "spoiled" {
		t.Error("the site was touched")
	}
	l.eventually("the site answers", func() bool { return l.status(d) == seedbed.Attention })
}

func TestReconciler_ChangesNothingWhileABackupIsPutBack(t *testing.T) {
	l := newLibrary(t)
	kept := l.backUp()
	l.halt.at = "before swap"
	d := l.restore(kept.BackupID())
	for what, wish := range map[string]func() (seedbed.Deployment, error){
		"change": func() (seedbed.Deployment, error) {
			return l.store.ChangeSite(t.Context(), d.SiteID, "Other", nil, amina)
		},
		"retry":  func() (seedbed.Deployment, error) { return l.store.RetrySite(t.Context(), d.SiteID, amina) },
		"backup": func() (seedbed.Deployment, error) { return l.store.BackUpSite(t.Context(), d.SiteID, amina) },
	} {
		if _, err := wish(); seedbed.CodeOf(err) != seedbed.Conflict {
			t.Errorf("%s gives %v, want a conflict", what, err)
		}
	}
}
