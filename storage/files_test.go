package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"seedbed"
	"seedbed/storage"
)

// wantRefused fails unless err is a sentence beside the upload.
func wantRefused(t *testing.T, err error) {
	t.Helper()
	var e *seedbed.Error
	if !errors.As(err, &e) || e.Code != seedbed.Invalid || e.Field != "file" || !strings.HasSuffix(e.Message, ".") {
		t.Errorf("got %v, want a sentence beside the field “file”", err)
	}
}

func TestPut_WritesAFileThatVisitorsCanRead(t *testing.T) {
	d, path := volume(t)
	for name, content := range map[string]string{"index.html": "hello", "css/deep/site.css": "body {}", "Guide des sages-femmes été.pdf": "x", "دليل.html": "y", "手册/索引.html": "z"} {
		if err := d.Put(t.Context(), files, name, strings.NewReader(content)); err != nil {
			t.Errorf("Put(%q): %v", name, err)
			continue
		}
		if got := read(t, filepath.Join(path, name)); got != content {
			t.Errorf("%q holds %q", name, got)
		}
		if info, err := os.Stat(filepath.Join(path, name)); err != nil || info.Mode() != 0o644 {
			t.Errorf("%q has mode %v, %v", name, info.Mode(), err)
		}
	}
}

func TestPut_WritesAccentsAsLinksAreTyped(t *testing.T) {
	d, path := volume(t)
	for _, name := range []string{"e\u0301te\u0301.html", "\u00e9t\u00e9.html"} {
		if err := d.Put(t.Context(), files, name, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	if got := tree(t, path); !slices.Equal(got, []string{"\u00e9t\u00e9.html"}) {
		t.Errorf("the volume holds %q", got)
	}
}

func TestPut_ReplacesAndLeavesNothingBeside(t *testing.T) {
	d, path := volume(t)
	for _, content := range []string{"first, longer", "second"} {
		if err := d.Put(t.Context(), files, "index.html", strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, filepath.Join(path, "index.html")); got != "second" {
		t.Errorf("it holds %q", got)
	}
	if got := tree(t, path); len(got) != 1 {
		t.Errorf("the volume holds %v", got)
	}
}

var hostileNames = []string{
	"", ".", "..", "/", "/etc/passwd", "../outside", "a/../../outside", "a/..", "a//b", "a/", "./a", "a/./b", ".htaccess", "a/.git/config",
	`..\outside`, `a\b`, `C:\windows`, "c:file", "a\x00b", "a\nb", "a\x1b[31mb", "a\u202egpj.exe", "a\u200bb", "\xff\xfe", strings.Repeat("a", 201),
	strings.Repeat("ab/", 400) + "c", strings.Repeat("a/", 20) + "b", ".seedbed-merge-x/a",
}

func TestPut_RefusesNamesThatAreNotPlain(t *testing.T) {
	d, path := volume(t)
	for _, name := range hostileNames {
		wantRefused(t, d.Put(t.Context(), files, name, strings.NewReader("x")))
	}
	if got := tree(t, path); len(got) != 0 {
		t.Errorf("the volume holds %v", got)
	}
}

// A container may have put links into its volume; none leads out of it.
func TestPut_FollowsNoLinkOutOfTheVolume(t *testing.T) {
	d, path := volume(t)
	outside := t.TempDir()
	write(t, filepath.Join(outside, "secret"), "stays")
	for link, target := range map[string]string{"folder": outside, "file": filepath.Join(outside, "secret"), "sibling": "../../s2-other/files"} {
		if err := os.Symlink(target, filepath.Join(path, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Put(t.Context(), files, "folder/new", strings.NewReader("x")); err == nil {
		t.Error("wrote through a link to a folder")
	}
	if err := d.Put(t.Context(), files, "sibling/new", strings.NewReader("x")); err == nil {
		t.Error("wrote into another volume")
	}
	if err := d.Put(t.Context(), files, "file", strings.NewReader("x")); err != nil {
		t.Errorf("replacing a link with a file: %v", err)
	}
	if got := tree(t, outside); len(got) != 1 || read(t, filepath.Join(outside, "secret")) != "stays" {
		t.Errorf("outside there is now %v", got)
	}
}

func TestPut_LeavesTheOldFileWhenTheNewOneBreaksOff(t *testing.T) {
	d, path := volume(t)
	write(t, filepath.Join(path, "index.html"), "old")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("the line broke")))
	if err := d.Put(t.Context(), files, "index.html", broken); err == nil {
		t.Error("half a file was taken")
	}
	if err := d.Put(gone, files, "index.html", strings.NewReader("new")); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the request: %v", err)
	}
	if got := tree(t, path); !slices.Equal(got, []string{"index.html"}) || read(t, filepath.Join(path, "index.html")) != "old" {
		t.Errorf("the volume holds %v", got)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestPut_RefusesAFileWithoutEnd(t *testing.T) {
	d, path := volume(t)
	wantRefused(t, d.Put(t.Context(), files, "big", zeros{}))
	if got := tree(t, path); len(got) != 0 {
		t.Errorf("the volume holds %v", got)
	}
}

func TestPut_TellsFilesAndFoldersApart(t *testing.T) {
	d, path := volume(t)
	write(t, filepath.Join(path, "a/b"), "x")
	wantRefused(t, d.Put(t.Context(), files, "a", strings.NewReader("y")))
	wantRefused(t, d.Put(t.Context(), files, "a/b/c", strings.NewReader("y")))
	wantRefused(t, d.Put(t.Context(), files, "a/b/c/d", strings.NewReader("y")))
	if got := tree(t, path); !slices.Equal(got, []string{"a/b"}) {
		t.Errorf("the volume holds %v", got)
	}
}

func TestPut_SaysWhenThereIsNoVolume(t *testing.T) {
	d := open(t, t.TempDir())
	err := d.Put(t.Context(), files, "a", strings.NewReader("x"))
	if !seedbed.IsNotFound(err) {
		t.Errorf("got %v", err)
	}
}

func TestFiles_ListsWhatVisitorsCanGet(t *testing.T) {
	d, path := volume(t)
	for _, name := range []string{"b.html", "a/z", "a/b", ".hidden", ".git/config", ".seedbed-new-x/y"} {
		write(t, filepath.Join(path, name), "12345")
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(path, "link")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(path, "bad\xffname/x"), "1")
	got, cut, err := d.Files(t.Context(), files)
	if err != nil || cut {
		t.Fatalf("cut %v, %v", cut, err)
	}
	var names []string
	for _, f := range got {
		names = append(names, f.Name)
		if f.Size != 5 || f.Modified.IsZero() {
			t.Errorf("%+v", f)
		}
	}
	if want := []string{"a/b", "a/z", "b.html"}; !reflect.DeepEqual(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}

func TestFiles_TellsWhenThereAreMore(t *testing.T) {
	d, path := volume(t)
	for i := range storage.MaxListed {
		write(t, filepath.Join(path, fmt.Sprintf("f%04d", i)), "")
	}
	if got, cut, err := d.Files(t.Context(), files); len(got) != storage.MaxListed || cut || err != nil {
		t.Errorf("%d files: cut %v, %v", len(got), cut, err)
	}
	write(t, filepath.Join(path, "a"), "")
	got, cut, err := d.Files(t.Context(), files)
	if len(got) != storage.MaxListed || !cut || err != nil || got[0].Name != "a" {
		t.Errorf("%d files from %q: cut %v, %v", len(got), got[0].Name, cut, err)
	}
}

func TestUsage_CountsAllFiles(t *testing.T) {
	d, path := volume(t)
	write(t, filepath.Join(path, "a/b"), "12345")
	write(t, filepath.Join(path, ".hidden"), "123")
	if got, err := d.Usage(t.Context(), files); got.Used != 8 || got.AtLeast || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDelete_RemovesOneFileAndEmptyFolders(t *testing.T) {
	d, path := volume(t)
	write(t, filepath.Join(path, "a/b/c"), "x")
	write(t, filepath.Join(path, "a/d"), "x")
	if err := d.Delete(t.Context(), files, "a/b/c"); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, path); !slices.Equal(got, []string{"a/d"}) {
		t.Errorf("the volume holds %v", got)
	}
	if _, err := os.Lstat(filepath.Join(path, "a/b")); err == nil {
		t.Error("the empty folder is still there")
	}
	for _, name := range []string{"a/b/c", "a"} {
		if err := d.Delete(t.Context(), files, name); !seedbed.IsNotFound(err) {
			t.Errorf("Delete(%q) = %v, want NotFound", name, err)
		}
	}
	for _, name := range hostileNames {
		wantRefused(t, d.Delete(t.Context(), files, name))
	}
}
