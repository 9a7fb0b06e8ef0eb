package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"seedbed"
)

func openRoot(t testing.TB, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// strange fills a folder with all that a site may have.
func strange(t *testing.T, dir string) {
	t.Helper()
	in := func(name string) string { return filepath.Join(dir, name) }
	past := time.Date(2001, 2, 3, 4, 5, 6, 789000000, time.UTC)
	must(t,
		os.WriteFile(in("plain"), []byte("hello"), 0o640),
		os.Mkdir(in("leer"), 0o2750), os.Chmod(in("leer"), 0o750|fs.ModeSetgid),
		os.Mkdir(in("über"), 0o755), os.WriteFile(in("über/العربية.txt"), []byte("سلام"), 0o600),
		os.WriteFile(in("latin-\xfc"), []byte("old"), 0o644),
		os.Symlink("/etc/passwd", in("out")), os.Symlink("über/العربية.txt", in("in")), os.Symlink("nowhere", in("broken")),
		os.WriteFile(in("empty"), nil, 0o444),
		os.Mkdir(in("closed"), 0o700), os.WriteFile(in("closed/x"), []byte("x"), 0o600), os.Chmod(in("closed"), 0o500),
		syscall.Mkfifo(in("pipe"), 0o600),
		os.WriteFile(in(".seedbed-put-1"), []byte("half"), 0o600),
		os.Chtimes(in("plain"), past, past), os.Chtimes(in("leer"), past, past))
	if os.Geteuid() == 0 {
		must(t, os.Lchown(in("plain"), 33, 34), os.Lchown(in("out"), 33, 34), os.Lchown(in("closed"), 999, 999))
	}
	sparse, err := os.Create(in("sparse"))
	must(t, err)
	_, err = sparse.WriteAt([]byte("end"), 300<<20)
	must(t, err, sparse.Close())
}

// facts are what is to survive of each entry.
func facts(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		fact := info.Mode().String()
		if owner := info.Sys().(*syscall.Stat_t); owner != nil {
			fact += " " + string(rune('0'+owner.Uid%64)) + string(rune('0'+owner.Gid%64))
		}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(name)
			fact += " → " + target
		case info.Mode().IsRegular() && info.Size() < 1<<20:
			content, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			fact += " " + string(content)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			fact += " " + info.ModTime().UTC().Format(time.RFC3339)
		}
		rel, _ := filepath.Rel(dir, name)
		all[rel] = fact
		return nil
	}))
	return all
}

func TestArchive_BringsBackAllThatASiteMayHave(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	strange(t, from)
	var b bytes.Buffer
	told, err := pack(t.Context(), openRoot(t, from), &b)
	if err != nil || told.LeftOut != 1 || told.Changed != 0 || told.Files != 6 {
		t.Fatalf("told %+v, %v", told, err)
	}
	must(t, unpack(t.Context(), openRoot(t, to), &b, told))
	want, got := facts(t, from), facts(t, to)
	delete(want, "pipe")
	delete(want, ".seedbed-put-1")
	for name, fact := range want {
		if got[name] != fact {
			t.Errorf("%q was %q and is %q", name, fact, got[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("there are %d entries, want %d", len(got), len(want))
	}
	var stat syscall.Stat_t
	must(t, syscall.Stat(filepath.Join(to, "sparse"), &stat))
	if stat.Size != 300<<20+3 || stat.Blocks*512 > 1<<20 {
		t.Errorf("the file with a hole has %d bytes and takes %d", stat.Size, stat.Blocks*512)
	}
}

// archive makes one with entries that pack would not write.
func archive(t testing.TB, headers ...tar.Header) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for _, h := range headers {
		must(t, w.WriteHeader(&h))
		if h.Typeflag == tar.TypeReg {
			_, err := w.Write(make([]byte, h.Size))
			must(t, err)
		}
	}
	must(t, w.Close(), zip.Close())
	return &b
}

func TestUnpack_RefusesWhatLeadsOutOrIsNoFile(t *testing.T) {
	file := func(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644} }
	link := tar.Header{Name: "link", Typeflag: tar.TypeSymlink, Linkname: ".."}
	for name, headers := range map[string][]tar.Header{
		"up":            {file("../evil")},
		"up inside":     {file("a/../../evil")},
		"absolute":      {file("/evil")},
		"through link":  {link, file("link/evil")},
		"folder on top": {{Name: "..", Typeflag: tar.TypeDir, Mode: 0o755}},
		"hard link":     {{Name: "evil", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}},
		"device":        {{Name: "evil", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3, Mode: 0o666}},
		"pipe":          {{Name: "evil", Typeflag: tar.TypeFifo}},
		"twice":         {file("a"), file("a")},
		"bomb":          {{Name: "evil", Typeflag: tar.TypeReg, Size: 2 << 20, Mode: 0o644}},
		"many":          {file("a"), file("b"), file("c"), file("d")},
	} {
		around := t.TempDir()
		inside := filepath.Join(around, "volume")
		must(t, os.Mkdir(inside, 0o755))
		if err := unpack(t.Context(), openRoot(t, inside), archive(t, headers...), packed{Files: 3, Bytes: 1 << 20}); err == nil {
			t.Errorf("%s: it was unpacked", name)
		}
		if _, err := os.Lstat(filepath.Join(around, "evil")); err == nil {
			t.Errorf("%s: it wrote outside", name)
		}
	}
}

func TestUnpack_GivesNoFileTheRightToRunAsAnother(t *testing.T) {
	dir := t.TempDir()
	b := archive(t, tar.Header{Name: "x", Typeflag: tar.TypeReg, Mode: 0o6755})
	must(t, unpack(t.Context(), openRoot(t, dir), b, packed{Files: 1}))
	if info, err := os.Stat(filepath.Join(dir, "x")); err != nil || info.Mode() != 0o755 {
		t.Errorf("it has mode %v, %v", info.Mode(), err)
	}
}

func TestUnpack_RefusesWhatIsCutOff(t *testing.T) {
	whole := archive(t, tar.Header{Name: "x", Typeflag: tar.TypeReg, Mode: 0o644, Size: 100_000}).Bytes()
	for _, n := range []int{0, 1, 20, len(whole) / 2, len(whole) - 1} {
		err := unpack(t.Context(), openRoot(t, t.TempDir()), bytes.NewReader(whole[:n]), packed{Files: 1, Bytes: 1 << 20})
		if n < len(whole)-8 && seedbed.CodeOf(err) != seedbed.Invalid {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(archive(f, tar.Header{Name: "x", Typeflag: tar.TypeReg, Mode: 0o644, Size: 10}).Bytes())
	f.Add(archive(f, tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: ".."}, tar.Header{Name: "l/evil", Typeflag: tar.TypeReg}).Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		around := t.TempDir()
		inside := filepath.Join(around, "volume")
		must(t, os.Mkdir(inside, 0o755))
		_ = unpack(t.Context(), openRoot(t, inside), bytes.NewReader(text), packed{Files: 10, Bytes: 1 << 16})
		if entries, _ := os.ReadDir(around); len(entries) != 1 {
			t.Errorf("it wrote %v outside", entries)
		}
	})
}
