package storage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedbed"
	"seedbed/storage"
)

// reopen opens a folder as another process of the same installation would.
func reopen(t *testing.T, dir string, m storage.Memory) *storage.Directory {
	t.Helper()
	d, err := storage.New(t.Context(), dir, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func wantAway(t *testing.T, err error) {
	t.Helper()
	if seedbed.CodeOf(err) != seedbed.Unavailable {
		t.Errorf("got %v, want Unavailable", err)
	}
}

func TestDirectory_WritesNothingIntoAnEmptyMountPoint(t *testing.T) {
	dir, m := filepath.Join(t.TempDir(), "volumes"), &memory{}
	if _, err := reopen(t, dir, m).Ensure(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	// The disk is not mounted: what is below its mount point appears.
	if err := errors.Join(os.Rename(dir, dir+".disk"), os.Mkdir(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	d := reopen(t, dir, m)
	_, err := d.Ensure(t.Context(), files)
	wantAway(t, err)
	_, err = d.Exists(t.Context(), files)
	wantAway(t, err)
	wantAway(t, d.Remove(t.Context(), files))
	wantAway(t, d.Put(t.Context(), files, "index.html", strings.NewReader("x")))
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("the mount point now holds %v, %v", entries, err)
	}
	if err := errors.Join(os.Remove(dir), os.Rename(dir+".disk", dir)); err != nil {
		t.Fatal(err)
	}
	if there, err := d.Exists(t.Context(), files); !there || err != nil {
		t.Errorf("once the disk is back, the volume is there: %v, %v", there, err)
	}
}

func TestDirectory_MakesNoFolderInPlaceOfOneThatIsAway(t *testing.T) {
	dir, m := filepath.Join(t.TempDir(), "disk", "volumes"), &memory{}
	reopen(t, dir, m)
	if err := os.Rename(filepath.Dir(dir), filepath.Dir(dir)+".away"); err != nil {
		t.Fatal(err)
	}
	wantAway(t, reopen(t, dir, m).Check(t.Context()))
	if _, err := os.Stat(filepath.Dir(dir)); !os.IsNotExist(err) {
		t.Errorf("the folder was made anew: %v", err)
	}
}

func TestDirectory_NoticesWhenItIsReplacedWhileOpen(t *testing.T) {
	dir, m := filepath.Join(t.TempDir(), "volumes"), &memory{}
	d := reopen(t, dir, m)
	if err := errors.Join(os.Rename(dir, dir+".gone"), os.Mkdir(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	_, err := d.Ensure(t.Context(), files)
	wantAway(t, err)
}

func TestDirectory_RefusesTheFilesOfAnotherInstallation(t *testing.T) {
	dir, m := filepath.Join(t.TempDir(), "volumes"), &memory{mark: "OURS"}
	reopen(t, dir, &memory{})
	wantAway(t, reopen(t, dir, m).Check(t.Context()))
	if m.mark != "OURS" {
		t.Errorf("the mark is now %q", m.mark)
	}
}

func TestDirectory_TakesAFolderFromBeforeThereWereMarks(t *testing.T) {
	dir, m := t.TempDir(), &memory{}
	write(t, filepath.Join(dir, ".seedbed-volumes"), "Seedbed keeps the files of sites and services here, a folder each. Do not change anything by hand.\n")
	write(t, filepath.Join(dir, "s1-guide", "files", "index.html"), "hello")
	if there, err := reopen(t, dir, m).Exists(t.Context(), files); !there || err != nil || m.mark == "" {
		t.Errorf("the volume is there: %v, %v; the mark is %q", there, err, m.mark)
	}
	if err := reopen(t, dir, m).Check(t.Context()); err != nil {
		t.Errorf("the next time: %v", err)
	}
}
