package storage_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
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
		// In a zip these are a folder, files to leave out, and names of old programs.
		if !slices.Contains([]string{"a/", ".htaccess", "a/.git/config", ".seedbed-merge-x/a", `a\b`, "\xff\xfe"}, name) {
			all[fmt.Sprintf("the name %.40q", name)] = pack(t, good, entry{name: name, content: "x"})
		}
	}
	for _, name := range []string{`..\..\evil`, `css\..\..\evil`, `\evil`, `a\..\`, "\u0041\u030a\\..\\..\\evil"} {
		all[fmt.Sprintf("the name %q", name)] = pack(t, good, entry{name: name, content: "x"})
	}
	all["twice the same, once decomposed"] = pack(t, entry{name: "\u00e9.html"}, entry{name: "e\u0301.html"})
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
