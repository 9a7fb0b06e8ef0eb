package storage_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seedbed"
	"seedbed/storage"
)

// entry is one entry of a zip made for a test.
type entry struct {
	name    string
	content string
	change  func(*zip.FileHeader)
}

func pack(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.change != nil {
			e.change(header)
		}
		out, err := w.CreateHeader(header)
		if err == nil && !strings.HasSuffix(e.name, "/") {
			_, err = io.WriteString(out, e.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mode(m fs.FileMode) func(*zip.FileHeader) {
	return func(h *zip.FileHeader) { h.SetMode(m) }
}

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

// attacks are zips of which nothing may be unpacked.
func attacks(t testing.TB) map[string][]byte {
	good := entry{name: "good.html", content: "good"}
	all := map[string][]byte{
		"empty file":         {},
		"not a zip":          []byte("<html>hello</html>"),
		"empty zip":          pack(t),
		"only folders":       pack(t, entry{name: "a/"}),
		"only rubbish":       pack(t, entry{name: "__MACOSX/x"}, entry{name: ".DS_Store"}),
		"a link":             pack(t, good, entry{"link", "/etc/passwd", mode(fs.ModeSymlink | 0o777)}),
		"a hidden link":      pack(t, good, entry{".link", "/etc/passwd", mode(fs.ModeSymlink | 0o777)}),
		"a folder link":      pack(t, good, entry{"link/", "", mode(fs.ModeSymlink | 0o777)}),
		"a device":           pack(t, good, entry{"null", "", mode(fs.ModeDevice | fs.ModeCharDevice | 0o666)}),
		"a pipe":             pack(t, good, entry{"pipe", "", mode(fs.ModeNamedPipe | 0o666)}),
		"a folder as a file": pack(t, good, entry{"folder", "", mode(fs.ModeDir | 0o755)}),
		"twice the same":     pack(t, good, good),
		"file and folder":    pack(t, good, entry{name: "good.html/x"}),
		"file and folder 2":  pack(t, entry{name: "a/b/c"}, entry{name: "a/b"}),
		"an unknown method":  rewrite(pack(t, good), func(b []byte) { setMethod(b, 99) }),
		"a password":         rewrite(pack(t, good), func(b []byte) { setFlag(b, 1) }),
		"a damaged file":     rewrite(pack(t, entry{"good.html", "good", func(h *zip.FileHeader) { h.Method = zip.Store }}), func(b []byte) { b[bytes.Index(b, []byte("good.htmlgood"))+len("good.html")]++ }),
	}
	for _, name := range hostileNames {
		// In a zip these are a folder, files to leave out, and a name in an old code page.
		if !slices.Contains([]string{"a/", ".htaccess", "a/.git/config", ".seedbed-merge-x/a", "\xff\xfe"}, name) {
			all[fmt.Sprintf("the name %.40q", name)] = pack(t, good, entry{name: name, content: "x"})
		}
	}
	whole := pack(t, good, entry{name: "b", content: strings.Repeat("b", 1000)})
	for _, at := range []int{1, len(whole) / 2, len(whole) - 1} {
		all[fmt.Sprint("cut at ", at)] = whole[:at]
	}
	return all
}

// floods are attacks that are large, or get so.
func floods(t testing.TB) map[string][]byte {
	return map[string][]byte{
		"many entries":      pack(t, many(20_000)...),
		"many folders":      pack(t, append(manyFolders(10_000), entry{name: "good.html"})...),
		"a lying bomb":      bomb(t, 3<<30, 10),
		"an honest bomb":    bomb(t, 600<<20, 600<<20),
		"overlapping bombs": overlapping(t),
		"endless contents":  pack(t, long(9_000)...),
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

func many(n int) []entry {
	all := make([]entry, n)
	for i := range all {
		all[i] = entry{name: fmt.Sprintf("%d", i), change: func(h *zip.FileHeader) { h.Method = zip.Store }}
	}
	return all
}

// long has entries that are few enough, with names that are not.
func long(n int) []entry {
	all := many(n)
	for i := range all {
		all[i].name += strings.Repeat("/long", 200)
	}
	return all
}

func manyFolders(n int) []entry {
	all := many(n)
	for i := range all {
		all[i].name += "/"
	}
	return all
}

// rewrite changes bytes of a zip.
func rewrite(archive []byte, change func([]byte)) []byte {
	change(archive)
	return archive
}

var (
	localHeader   = []byte("PK\x03\x04")
	centralHeader = []byte("PK\x01\x02")
)

func setMethod(b []byte, method uint16) {
	binary.LittleEndian.PutUint16(b[bytes.Index(b, localHeader)+8:], method)
	binary.LittleEndian.PutUint16(b[bytes.Index(b, centralHeader)+10:], method)
}

func setFlag(b []byte, flag byte) {
	b[bytes.Index(b, localHeader)+6] |= flag
	b[bytes.Index(b, centralHeader)+8] |= flag
}

// bomb is a zip of one file of zeros that states another size than it has.
func bomb(t testing.TB, size, stated uint64) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	data := deflated(t, int64(size))
	out, err := w.CreateRaw(&zip.FileHeader{Name: "bomb", Method: zip.Deflate, CompressedSize64: uint64(len(data)), UncompressedSize64: stated})
	if err == nil {
		_, err = out.Write(data)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func deflated(t testing.TB, size int64) []byte {
	t.Helper()
	// A piece that ends on a whole byte can be repeated: cheap, as for attackers.
	const piece = 1 << 20
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err == nil {
		_, err = w.Write(make([]byte, piece))
	}
	if err = errors.Join(err, w.Flush()); err != nil {
		t.Fatal(err)
	}
	all := bytes.Repeat(b.Bytes(), int(size/piece))
	// The end of a deflate stream: a final, empty, stored block.
	return append(all, 0x01, 0x00, 0x00, 0xff, 0xff)
}

// overlapping is a zip whose many entries all share the same packed bytes.
func overlapping(t testing.TB) []byte {
	t.Helper()
	data := deflated(t, 64<<20)
	var b, central bytes.Buffer
	local := append(append([]byte("PK\x03\x04"), make([]byte, 26)...), data...)
	b.Write(local)
	const entries = 100
	for i := range entries {
		name := fmt.Sprintf("%04d", i)
		h := make([]byte, 46)
		copy(h, centralHeader)
		binary.LittleEndian.PutUint16(h[10:], zip.Deflate)
		binary.LittleEndian.PutUint32(h[20:], uint32(len(data)))
		binary.LittleEndian.PutUint32(h[24:], 1)
		binary.LittleEndian.PutUint16(h[28:], uint16(len(name)))
		central.Write(h)
		central.WriteString(name)
	}
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	binary.LittleEndian.PutUint16(end[8:], entries)
	binary.LittleEndian.PutUint16(end[10:], entries)
	binary.LittleEndian.PutUint32(end[12:], uint32(central.Len()))
	binary.LittleEndian.PutUint32(end[16:], uint32(b.Len()))
	b.Write(central.Bytes())
	b.Write(end)
	return b.Bytes()
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
		if err == nil && got[1] != "s1-guide/files/"+name {
			t.Errorf("Put(%q) wrote %q", name, got[1])
		}
	})
}
