package main

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/catalog"
	"seedbed/cmd/server/backup"
	"seedbed/db"
)

// kept is an installation with one site, whose password has to survive.
func kept(t *testing.T) (config, seedbed.SiteSpec) {
	t.Helper()
	c := config{Dir: t.TempDir(), Domain: "example.org", Port: 8400}
	key, err := db.LoadKey(c.path("secret.key"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	templates, err := catalog.New(catalog.Config{SiteURL: c.siteURL})
	if err != nil {
		t.Fatal(err)
	}
	store, err := c.openStore(t.Context(), key, templates)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	wiki, err := templates.Template("wiki")
	if err != nil {
		t.Fatal(err)
	}
	made, err := store.CreateSite(t.Context(), seedbed.NewSite{Name: "guide", Title: "Guide", Host: "guide.example.org", Template: wiki, By: seedbed.Author{Name: "mia"}})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := store.SiteSpec(t.Context(), made.SiteID)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.path("installation"), []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	return c, spec
}

func (c config) keep(t *testing.T, withKey bool) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "portal.tar.gz")
	order := backup.Order{Dir: c.Dir, WithKey: withKey, Now: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)}
	if err := backup.Make(t.Context(), order, to); err != nil { // while the database is open
		t.Fatal(err)
	}
	return to
}

func (c config) bindingOf(t *testing.T, site int64) seedbed.Secret {
	t.Helper()
	store, err := c.openExisting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	spec, err := store.SiteSpec(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	return spec.Bindings[0].Password
}

func TestBackup_BringsEverythingBackInAnotherFolder(t *testing.T) {
	c, spec := kept(t)
	file := c.keep(t, true)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v, %v", info.Mode(), err)
	}
	there := config{Dir: t.TempDir(), Port: 8400}
	if err := backup.Restore(t.Context(), file, there.Dir, there.fits(false)); err != nil {
		t.Fatal(err)
	}
	if got := there.bindingOf(t, spec.Site.ID); got.Reveal() != spec.Bindings[0].Password.Reveal() {
		t.Error("the password is another one")
	}
	if name, err := os.ReadFile(there.path("installation")); string(name) != "kept" {
		t.Errorf("the installation is %q, %v", name, err)
	}
	if last, ok, err := backup.FindLast(c.Dir); !ok || err != nil || last.To != file || last.At.Year() != 2026 {
		t.Errorf("the last backup is %+v, %v, %v", last, ok, err)
	}
}

func TestBackup_WithoutTheKeyNeedsIt(t *testing.T) {
	c, spec := kept(t)
	file := c.keep(t, false)
	text, err := os.ReadFile(c.path("secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	there := config{Dir: t.TempDir(), Port: 8400}
	restore := func() error { return backup.Restore(t.Context(), file, there.Dir, there.fits(false)) }
	if err := restore(); seedbed.CodeOf(err) != seedbed.Invalid {
		t.Errorf("without a key: %v", err)
	}
	put := func(key []byte) {
		if err := os.WriteFile(there.path("secret.key"), key, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(bytes.Repeat([]byte("x"), db.KeySize))
	if err := restore(); seedbed.CodeOf(err) != seedbed.Invalid {
		t.Errorf("with a key of something else: %v", err)
	}
	put(text)
	if err := restore(); err != nil {
		t.Fatal(err)
	}
	there.bindingOf(t, spec.Site.ID)
}

func TestRestore_ChangesNothingIfTheBackupIsDamaged(t *testing.T) {
	c, spec := kept(t)
	file := c.keep(t, true)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range [][]byte{nil, []byte("no archive"), whole[:len(whole)/2], flipped(t, whole), unsummed(whole)} {
		if err := os.WriteFile(file, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := backup.Restore(t.Context(), file, c.Dir, c.fits(false)); seedbed.CodeOf(err) != seedbed.Invalid {
			t.Errorf("%d bytes: %v", len(damaged), err)
		}
		c.bindingOf(t, spec.Site.ID)
	}
	left, _ := filepath.Glob(c.path("restore*"))
	if len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

// flipped changes a bit in the middle of what is packed, which is in the
// database. A bit of the packed file itself may be one that changes nothing.
func flipped(t *testing.T, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	archive, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	archive[len(archive)/2] ^= 1
	var again bytes.Buffer
	w := gzip.NewWriter(&again)
	_, err = w.Write(archive)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return again.Bytes()
}

// unsummed has another sum at its end than that of what is packed.
func unsummed(packed []byte) []byte {
	b := bytes.Clone(packed)
	b[len(b)-8] ^= 1 // RFC 1952, section 2.3.1
	return b
}

func TestRestore_KilledWhilePuttingFilesInPlaceIsFinishedLater(t *testing.T) {
	c, spec := kept(t)
	file := c.keep(t, true)
	want := spec.Bindings[0].Password.Reveal()
	there := config{Dir: t.TempDir(), Port: 8400}
	if err := backup.Restore(t.Context(), file, there.Dir, there.fits(false)); err != nil {
		t.Fatal(err)
	}
	// As after a kill: the old database is put aside, the new one is not there yet.
	ready := there.path("restore.ready")
	if err := errors.Join(os.Mkdir(ready, 0o700), os.Rename(there.path("seedbed.db"), filepath.Join(ready, "seedbed.db")),
		os.WriteFile(there.path("seedbed.db-wal"), []byte("of the old one"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := backup.Finish(there.Dir); err != nil {
			t.Fatal(err)
		}
		if got := there.bindingOf(t, spec.Site.ID); got.Reveal() != want {
			t.Error("the password is another one")
		}
	}
}

// anotherMachine is one that was installed anew: it has a key, records of an engine sealed with
// it, and a folder for volumes of its own.
func anotherMachine(t *testing.T) config {
	t.Helper()
	there := config{Dir: t.TempDir(), Port: 8400}
	there.VolumeDir = there.path("volumes")
	err := errors.Join(os.WriteFile(there.path("secret.key"), bytes.Repeat([]byte("x"), db.KeySize), 0o600),
		os.MkdirAll(there.path("onebox"), 0o700), os.WriteFile(there.path("onebox", "apps"), []byte("sealed"), 0o600),
		os.Mkdir(there.VolumeDir, 0o700), os.WriteFile(filepath.Join(there.VolumeDir, ".seedbed-volumes"), []byte("THERE\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return there
}

// marked is a backup of an installation that has marked its folder for volumes.
func marked(t *testing.T) (file string) {
	t.Helper()
	c, _ := kept(t)
	store, err := c.openExisting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(store.SetVolumesMark(t.Context(), "HERE"), store.Close()); err != nil {
		t.Fatal(err)
	}
	return c.keep(t, true)
}

func TestRestore_OnAnotherMachineIsToldThatTheFilesAreLost(t *testing.T) {
	file, there := marked(t), anotherMachine(t)
	if err := there.restore(t.Context(), restoreOptions{from: file}); seedbed.CodeOf(err) != seedbed.Conflict || !strings.Contains(err.Error(), "-new-volumes") {
		t.Fatalf("without being told: %v", err)
	}
	if _, err := os.Stat(there.path("onebox", "apps")); err != nil {
		t.Errorf("it was refused and changed something: %v", err)
	}
	if err := there.restore(t.Context(), restoreOptions{from: file, newVolumes: true}); err != nil {
		t.Fatal(err)
	}
	if mark := there.volumesMark(t); mark != "" {
		t.Errorf("the portal looks for the folder %q", mark)
	}
	if _, err := os.Stat(there.path("onebox")); err == nil {
		t.Error("the engine is left records that it cannot read with the key of the backup")
	}
}

func TestRestore_KeepsFilesOfOtherSites(t *testing.T) {
	file, there := marked(t), anotherMachine(t)
	if err := os.MkdirAll(filepath.Join(there.VolumeDir, "s2-shop", "files"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := there.restore(t.Context(), restoreOptions{from: file, newVolumes: true}); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("it gave %v", err)
	}
}

func TestRestore_FindsTheFilesWhereTheirDiskIs(t *testing.T) {
	file, there := marked(t), anotherMachine(t)
	if err := os.WriteFile(filepath.Join(there.VolumeDir, ".seedbed-volumes"), []byte("HERE\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := there.restore(t.Context(), restoreOptions{from: file, newVolumes: true}); err != nil {
		t.Fatal(err)
	}
	if mark := there.volumesMark(t); mark != "HERE" {
		t.Errorf("the portal looks for the folder %q", mark)
	}
}

func (c config) volumesMark(t *testing.T) string {
	t.Helper()
	store, err := c.openExisting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	mark, err := store.VolumesMark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return mark
}
