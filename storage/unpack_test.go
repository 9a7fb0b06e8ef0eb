package storage_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"seedbed"
	"seedbed/storage"
)

func unpack(t testing.TB, d *storage.Directory, archive []byte, replace bool) (int, error) {
	t.Helper()
	return d.Unpack(t.Context(), files, bytes.NewReader(archive), int64(len(archive)), storage.UnpackOptions{Replace: replace})
}

func TestUnpack_Merges(t *testing.T) {
	d, path := volume(t)
	write(t, filepath.Join(path, "index.html"), "old")
	write(t, filepath.Join(path, "img/old.png"), "kept")
	write(t, filepath.Join(path, "was-folder/x"), "gone")
	write(t, filepath.Join(path, "was-file"), "gone")
	n, err := unpack(t, d, pack(t, entry{name: "index.html", content: "new"}, entry{name: "img/"}, entry{name: "img/new.png", content: "new"},
		entry{name: "css/a/b.css", content: "new"}, entry{name: "was-folder", content: "new"}, entry{name: "was-file/y", content: "new"}), false)
	if err != nil || n != 5 {
		t.Fatalf("Unpack = %d, %v", n, err)
	}
	want := []string{"css/a/b.css", "img/new.png", "img/old.png", "index.html", "was-file/y", "was-folder"}
	if got := tree(t, path); !slices.Equal(got, want) {
		t.Errorf("the volume holds %q, want %q", got, want)
	}
	if read(t, filepath.Join(path, "index.html")) != "new" || read(t, filepath.Join(path, "img/old.png")) != "kept" {
		t.Error("the wrong files were replaced")
	}
	for name, want := range map[string]fs.FileMode{"css/a": fs.ModeDir | 0o755, "css/a/b.css": 0o644} {
		if info, err := os.Stat(filepath.Join(path, name)); err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
}

func TestUnpack_ReplacesEverythingWhenAsked(t *testing.T) {
	d, path := volume(t)
	for _, name := range []string{"index.html", "old/a", ".hidden"} {
		write(t, filepath.Join(path, name), "old")
	}
	if _, err := unpack(t, d, pack(t, entry{name: "a.html", content: "new"}), true); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, path); !slices.Equal(got, []string{"a.html"}) {
		t.Errorf("the volume holds %q", got)
	}
}

func TestUnpack_TakesAwayTheFolderAroundASite(t *testing.T) {
	for want, entries := range map[string][]entry{
		"css/a.css index.html":  {{name: "site/"}, {name: "site/index.html"}, {name: "site/css/a.css"}, {name: "__MACOSX/site/._index.html"}, {name: "site/.DS_Store"}, {name: "site/Thumbs.db"}},
		"site/a.html":           {{name: "site/a.html"}},
		"b.html site/index.htm": {{name: "site/index.htm"}, {name: "b.html"}},
		"index.html":            {{name: "index.html"}},
	} {
		d, path := volume(t)
		if _, err := unpack(t, d, pack(t, entries...), false); err != nil {
			t.Error(err)
		}
		if got := strings.Join(tree(t, path), " "); got != want {
			t.Errorf("the volume holds %q, want %q", got, want)
		}
	}
}

func TestUnpack_ReadsOldNames(t *testing.T) {
	d, path := volume(t)
	old := func(h *zip.FileHeader) { h.NonUTF8 = true }
	if _, err := unpack(t, d, pack(t, entry{"\x82t\x82.html", "x", old}, entry{"été.html", "y", nil}), false); seedbed.CodeOf(err) != seedbed.Invalid {
		t.Fatalf("the same name in two codes gave %v", err)
	}
	if _, err := unpack(t, d, pack(t, entry{"le\x87on/\x82t\x82.html", "x", old}, entry{"手册.html", "y", nil}), false); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, path); !slices.Equal(got, []string{"leçon/été.html", "手册.html"}) {
		t.Errorf("the volume holds %q", got)
	}
}

func TestUnpack_TakesBackslashesForSlashes(t *testing.T) {
	d, path := volume(t)
	if _, err := unpack(t, d, pack(t, entry{name: `css\`}, entry{name: `css\deep\site.css`, content: "x"}, entry{name: "e\u0301te\u0301.html", content: "y"}), false); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, path); !slices.Equal(got, []string{"css/deep/site.css", "\u00e9t\u00e9.html"}) {
		t.Errorf("the volume holds %q", got)
	}
}

func TestUnpack_RefusesHostileZipsWhole(t *testing.T) {
	all := attacks(t)
	maps.Copy(all, floods(t))
	for name, archive := range all {
		t.Run(name, func(t *testing.T) {
			d, path := volume(t)
			write(t, filepath.Join(path, "index.html"), "old")
			for _, replace := range []bool{false, true} {
				n, err := unpack(t, d, archive, replace)
				wantRefused(t, err)
				if !strings.HasSuffix(seedbed.MessageOf(err), " Nothing of the zip was kept.") {
					t.Errorf("says only %q", seedbed.MessageOf(err))
				}
				if n != 0 {
					t.Errorf("%d files were unpacked", n)
				}
			}
			if got := tree(t, filepath.Dir(filepath.Dir(path))); !slices.Equal(got, []string{".seedbed-volumes", "s1-guide/files/index.html"}) {
				t.Errorf("there is now %q", got)
			}
		})
	}
}

// A zip in a zip is a file like any other: it is not opened.
func TestUnpack_LeavesZipsInsideAlone(t *testing.T) {
	d, path := volume(t)
	inner := pack(t, entry{name: "../../escape", content: "x"})
	if _, err := unpack(t, d, pack(t, entry{name: "inner.zip", content: string(inner)}), false); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(path, "inner.zip")); got != string(inner) {
		t.Error("the inner zip was changed")
	}
}

func TestUnpack_EndsWithItsRequest(t *testing.T) {
	d, path := volume(t)
	ctx, cancel := context.WithCancel(t.Context())
	archive := pack(t, entry{name: "a", content: "x"})
	_, err := d.Unpack(ctx, files, &cancelling{bytes.NewReader(archive), cancel}, int64(len(archive)), storage.UnpackOptions{})
	if !errors.Is(err, context.Canceled) || seedbed.CodeOf(err) == seedbed.Invalid {
		t.Errorf("got %v", err)
	}
	if got := tree(t, path); len(got) != 0 {
		t.Errorf("the volume holds %v", got)
	}
}

// cancelling ends the request as soon as anything is read.
type cancelling struct {
	io.ReaderAt
	cancel func()
}

func (c *cancelling) ReadAt(p []byte, at int64) (int, error) {
	c.cancel()
	return c.ReaderAt.ReadAt(p, at)
}

// A container may turn a folder into a link while files are moved into it.
func TestUnpack_FollowsNoLinkOfTheVolume(t *testing.T) {
	d, path := volume(t)
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(path, "css")); err != nil {
		t.Fatal(err)
	}
	if _, err := unpack(t, d, pack(t, entry{name: "css/a.css", content: "x"}, entry{name: "b"}), false); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, outside); len(got) != 0 {
		t.Errorf("outside there is now %v", got)
	}
	if got := tree(t, path); !slices.Equal(got, []string{"b", "css/a.css"}) {
		t.Errorf("the volume holds %v", got)
	}
}

// What a kill leaves behind is finished if it counts, and else forgotten.
func TestNew_FinishesUploadsThatCount(t *testing.T) {
	for want, left := range map[string][]string{
		"old.html":              {"old.html", ".seedbed-new-X/new.html", ".seedbed-put-X", ".seedbed-old-X/older.html"},
		"a/b new.html old.html": {"old.html", ".seedbed-merge-X/new.html", ".seedbed-merge-X/a/b"},
		"new.html":              {"old.html", ".seedbed-replace-X/new.html", ".seedbed-old-X/older.html"},
		"new.html newer.html":   {"new.html", ".seedbed-merge-X/newer.html", ".seedbed-old-X/old.html"},
	} {
		dir := t.TempDir()
		path, err := open(t, dir).Ensure(t.Context(), files)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range left {
			write(t, filepath.Join(path, name), "x")
		}
		open(t, dir)
		if got := strings.Join(tree(t, path), " "); got != want {
			t.Errorf("from %q came %q, want %q", left, got, want)
		}
	}
}

// FuzzUnpack holds that whatever a zip is, nothing leaves the volume, and a
// zip that is refused changes nothing.
func FuzzUnpack(f *testing.F) {
	for _, archive := range attacks(f) {
		f.Add(archive)
	}
	f.Add(pack(f, entry{name: "a/index.html", content: "x"}, entry{name: "a/b", content: "y"}))
	f.Fuzz(func(t *testing.T, archive []byte) {
		d, path := volume(t)
		write(t, filepath.Join(path, "old"), "old")
		n, err := unpack(t, d, archive, false)
		got := tree(t, filepath.Dir(filepath.Dir(path)))
		if err != nil && (n != 0 || len(got) != 2) {
			t.Errorf("refused with %v, and yet there is %q", err, got)
		}
		for _, name := range got {
			if name != ".seedbed-volumes" && !strings.HasPrefix(name, "s1-guide/files/") {
				t.Errorf("%q is outside of the volume", name)
			}
		}
	})
}

// FuzzPut holds that a name is refused or leads to one file inside.
func FuzzPut(f *testing.F) {
	for _, name := range append(hostileNames, "a", "a/b.html", "دليل.html") {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		d, path := volume(t)
		err := d.Put(t.Context(), files, name, strings.NewReader("x"))
		got := tree(t, filepath.Dir(filepath.Dir(path)))
		if want := map[bool]int{true: 2, false: 1}[err == nil]; len(got) != want {
			t.Errorf("Put(%q) = %v left %q", name, err, got)
		}
		if err == nil && got[1] != "s1-guide/files/"+norm.NFC.String(name) {
			t.Errorf("Put(%q) wrote %q", name, got[1])
		}
	})
}
