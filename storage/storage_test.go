package storage_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedbed"
	"seedbed/storage"
)

var files = seedbed.Volume{SiteID: 1, Owner: "s1-guide", Name: "files"}

// memory is what a process remembers of the folder for as long as it lives.
type memory struct{ mark string }

func (m *memory) VolumesMark(context.Context) (string, error) { return m.mark, nil }

func (m *memory) SetVolumesMark(_ context.Context, mark string) error {
	m.mark = mark
	return nil
}

func open(t *testing.T, dir string) *storage.Directory {
	t.Helper()
	d, err := storage.New(t.Context(), dir, &memory{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// volume makes a folder of volumes with one volume in it.
func volume(t *testing.T) (*storage.Directory, string) {
	t.Helper()
	d := open(t, filepath.Join(t.TempDir(), "volumes"))
	path, err := d.Ensure(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	return d, path
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// tree returns the names of all files and links below a folder.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	names := []string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			name, _ := filepath.Rel(dir, path)
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestNew_NeverTakesAFolderThatIsNotOurs(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "thesis.txt"), "ten years")
	_, err := storage.New(t.Context(), dir, &memory{})
	if seedbed.CodeOf(err) != seedbed.Conflict || !strings.Contains(seedbed.MessageOf(err), dir) {
		t.Errorf("got %v, want a Conflict that names the folder", err)
	}
	if got := tree(t, dir); len(got) != 1 {
		t.Errorf("the folder now holds %v", got)
	}
}

func TestNew_TakesAnEmptyFolderAndFindsItAgain(t *testing.T) {
	dir := t.TempDir()
	path, err := open(t, dir).Ensure(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(path, "index.html"), "hello")
	again, err := open(t, dir).Ensure(t.Context(), files)
	if err != nil || again != path {
		t.Errorf("the second time the volume is at %q, %v; want %q", again, err, path)
	}
	if got := read(t, filepath.Join(path, "index.html")); got != "hello" {
		t.Errorf("the file now says %q", got)
	}
}

func TestEnsure_MakesAFolderThatContainersCanRead(t *testing.T) {
	_, path := volume(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode() != fs.ModeDir|0o755 {
		t.Errorf("the volume has mode %v, %v", info.Mode(), err)
	}
	if !filepath.IsAbs(path) || !strings.HasSuffix(path, "/s1-guide/files") {
		t.Errorf("the volume is at %q", path)
	}
}

func TestEnsure_LeavesTheRightsThatAContainerGave(t *testing.T) {
	d, path := volume(t)
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Ensure(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the volume has mode %v, %v", info.Mode(), err)
	}
}

func TestVolumes_HaveNamesThatCannotLeadAway(t *testing.T) {
	d, _ := volume(t)
	for _, v := range []seedbed.Volume{
		{Owner: "..", Name: "files"}, {Owner: "s1-a", Name: ".."}, {Owner: "", Name: "files"}, {Owner: "s1-a", Name: ""},
		{Owner: "s1/a", Name: "files"}, {Owner: ".trash", Name: "files"}, {Owner: "s1-a", Name: "-rf"}, {Owner: "S1", Name: "files"},
		{Owner: "s1-a\n", Name: "files"}, {Owner: strings.Repeat("a", 101), Name: "files"},
	} {
		if _, err := d.Ensure(t.Context(), v); err == nil {
			t.Errorf("Ensure took %+v", v)
		}
		if err := d.Remove(t.Context(), v); err == nil {
			t.Errorf("Remove took %+v", v)
		}
		if _, err := d.Exists(t.Context(), v); err == nil {
			t.Errorf("Exists took %+v", v)
		}
	}
}

func TestRemove_DeletesTheVolumeAndNothingElse(t *testing.T) {
	d, path := volume(t)
	other := seedbed.Volume{Owner: files.Owner, Name: "data"}
	otherPath, err := d.Ensure(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	write(t, outside, "stays")
	write(t, filepath.Join(path, "a/b"), "goes")
	write(t, filepath.Join(otherPath, "c"), "stays")
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(path, "link")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Remove(t.Context(), files); err != nil {
			t.Fatal(err)
		}
	}
	if there, err := d.Exists(t.Context(), files); there || err != nil {
		t.Errorf("after Remove, Exists = %v, %v", there, err)
	}
	if read(t, outside) != "stays" || read(t, filepath.Join(otherPath, "c")) != "stays" {
		t.Error("something else was changed")
	}
}

func TestRemove_TidiesUpTheOwnerAfterItsLastVolume(t *testing.T) {
	d, path := volume(t)
	if err := d.Remove(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the owner's folder is still there: %v", err)
	}
}

func TestNew_DeletesWhatAnInterruptedRemovalLeft(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	left := filepath.Join(dir, ".trash", "s1-guide.files.X", "big")
	write(t, left, "x")
	open(t, dir)
	if _, err := os.Lstat(filepath.Dir(left)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

// What an interrupted Remove has left goes when the same volume is removed
// again, and never with another volume's name.
func TestRemove_GoesOnAfterAnInterruption(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	mine, others := filepath.Join(dir, ".trash/s1-guide.files.X/a"), filepath.Join(dir, ".trash/s1-guide.data.X/a")
	write(t, mine, "x")
	write(t, others, "x")
	if err := d.Remove(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(mine); err == nil {
		t.Error("the remains are still there")
	}
	if _, err := os.Lstat(others); err != nil {
		t.Errorf("another volume's remains: %v", err)
	}
}

// removing removes the volume as soon as the first byte of what is written into
// it is asked for.
type removing struct {
	*bytes.Reader
	t *testing.T
	d *storage.Directory
}

func (r removing) Read(p []byte) (int, error) {
	r.remove()
	return r.Reader.Read(p)
}

func (r removing) ReadAt(p []byte, at int64) (int, error) {
	if at == 0 { // no table of contents begins there
		r.remove()
	}
	return r.Reader.ReadAt(p, at)
}

func (r removing) remove() {
	if err := r.d.Remove(r.t.Context(), files); err != nil {
		r.t.Error(err)
	}
}

func TestUploads_SayThatTheSiteWasDeletedMeanwhile(t *testing.T) {
	wantGone := func(d *storage.Directory, path string, err error) {
		t.Helper()
		if !seedbed.IsNotFound(err) || !strings.Contains(seedbed.MessageOf(err), "was deleted meanwhile") {
			t.Errorf("got %v", err)
		}
		if got := tree(t, filepath.Dir(filepath.Dir(path))); len(got) != 1 {
			t.Errorf("there is now %q", got)
		}
	}
	d, path := volume(t)
	wantGone(d, path, d.Put(t.Context(), files, "css/a.css", removing{bytes.NewReader([]byte("x")), t, d}))
	plain := func(h *zip.FileHeader) { h.Method = zip.Store }
	d, path = volume(t)
	archive := pack(t, entry{"a.html", strings.Repeat("x", 70_000), plain}, entry{"b/c.html", "y", plain})
	_, err := d.Unpack(t.Context(), files, removing{bytes.NewReader(archive), t, d}, int64(len(archive)), storage.UnpackOptions{})
	wantGone(d, path, err)
}
