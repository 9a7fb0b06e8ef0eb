package fetcher

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ulikunitz/xz"
)

func newBox(t *testing.T) *os.Root {
	t.Helper()
	box, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	return box
}

// fetch fetches one item into a new box, and returns that.
func fetch(t *testing.T, cfg Config, item Item) (*os.Root, error) {
	t.Helper()
	f, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	box := newBox(t)
	return box, f.Fetch(t.Context(), box, []Item{item}, 0)
}

func served(t *testing.T, host string, handler http.HandlerFunc) string {
	t.Helper()
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: handler}}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

func content(t *testing.T, box *os.Root, name string) string {
	t.Helper()
	b, err := box.ReadFile(name)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// entry is one file of an archive.
type entry struct {
	name, text string
	kind       byte
	mode       int64
}

func tarOf(t *testing.T, list ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range list {
		head := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: e.mode}
		if e.kind == tar.TypeReg {
			head.Size = int64(len(e.text))
		} else {
			head.Linkname = e.text
		}
		if err := w.WriteHeader(head); err != nil {
			t.Fatal(err)
		}
		if e.kind == tar.TypeReg {
			if _, err := io.WriteString(w, e.text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packed(t *testing.T, open func(io.Writer) (io.WriteCloser, error), content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gz(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }

func zipOf(t *testing.T, list ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range list {
		head := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		head.SetMode(fs.FileMode(e.mode))
		if e.kind == tar.TypeSymlink {
			head.SetMode(fs.ModeSymlink | 0o777)
		}
		part, err := w.CreateHeader(head)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// files serves contents by their names, on the loopback address.
func files(t *testing.T, byName map[string][]byte) (string, Config) {
	url := served(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		text, there := byName[r.URL.Path[1:]]
		if !there {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(text)
	})
	return url, Config{Allow: []string{"127.0.0.1"}}
}

func TestFetch_UnpacksEveryKindOfArchive(t *testing.T) {
	plain := tarOf(t, entry{"./", "", tar.TypeDir, 0o755}, entry{"bin/run", "run", tar.TypeReg, 0o4700},
		entry{"bin/again", "run", tar.TypeSymlink, 0}, entry{"same", "bin/run", tar.TypeLink, 0})
	zipped := zipOf(t, entry{"bin/", "", 0, int64(fs.ModeDir | 0o755)}, entry{"bin/run", "run", 0, 0o700}, entry{"bin/again", "run", tar.TypeSymlink, 0}, entry{"same", "run", 0, 0o600})
	url, cfg := files(t, map[string][]byte{
		"a.tar": plain, "a.tar.gz": packed(t, gz, plain), "a.tgz": packed(t, gz, plain), "a.zip": zipped,
		"a.tar.xz": packed(t, func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) }, plain),
	})
	for _, name := range []string{"a.tar", "a.tar.gz", "a.tgz", "a.tar.xz", "a.zip"} {
		box, err := fetch(t, cfg, Item{URI: url + "/" + name, Extract: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, file := range []string{"bin/run", "bin/again", "same"} {
			if got := content(t, box, file); got != "run" {
				t.Errorf("%s: %s is %q", name, file, got)
			}
		}
		if info, err := box.Stat("bin/run"); err != nil || info.Mode() != 0o755 {
			t.Errorf("%s: its rights are %v (%v)", name, info.Mode(), err)
		}
		if _, err := box.Stat(name); err != nil {
			t.Errorf("%s: the archive itself: %v", name, err)
		}
	}
}

func TestFetch_NamesAndRights(t *testing.T) {
	url, cfg := files(t, map[string][]byte{"tool.gz": packed(t, gz, []byte("text")), "tool": []byte("tool")})
	box, err := fetch(t, cfg, Item{URI: url + "/tool.gz?token=x", Extract: true})
	if err != nil || content(t, box, "tool") != "text" {
		t.Errorf("a single file is not unpacked: %v", err)
	}
	box, err = fetch(t, cfg, Item{URI: url + "/tool.gz", Extract: true, Executable: true})
	if _, err2 := box.Stat("tool"); err != nil || err2 == nil {
		t.Errorf("what may be run is not to be unpacked: %v", err)
	}
	box, err = fetch(t, cfg, Item{URI: url + "/tool", Executable: true, DestPath: "deep/down/name"})
	if info, err2 := box.Stat("deep/down/name"); err != nil || err2 != nil || info.Mode() != 0o755 {
		t.Errorf("it is %v: %v %v", info, err, err2)
	}
	for _, to := range []string{"../x", "/x", "a/../../x", "."} {
		if _, err := fetch(t, cfg, Item{URI: url + "/tool", DestPath: to}); err == nil {
			t.Errorf("%q may be its name", to)
		}
	}
}

func TestFetch_ArchivesStayInTheSandbox(t *testing.T) {
	zeros := bytes.Repeat([]byte{0}, 1<<20)
	bad := map[string][]byte{
		"up.tar":       tarOf(t, entry{"../x", "x", tar.TypeReg, 0o644}),
		"absolute.tar": tarOf(t, entry{"/etc/x", "x", tar.TypeReg, 0o644}),
		"link.tar":     tarOf(t, entry{"l", "/etc", tar.TypeSymlink, 0}, entry{"l/x", "x", tar.TypeReg, 0o644}),
		"linkup.tar":   tarOf(t, entry{"a/l", "../../x", tar.TypeSymlink, 0}),
		"hard.tar":     tarOf(t, entry{"l", "../../etc/passwd", tar.TypeLink, 0}),
		"device.tar":   tarOf(t, entry{"null", "", tar.TypeChar, 0o666}),
		"pipe.tar":     tarOf(t, entry{"pipe", "", tar.TypeFifo, 0o666}),
		"up.zip":       zipOf(t, entry{"../x", "x", 0, 0o644}),
		"link.zip":     zipOf(t, entry{"l", "/etc/passwd", tar.TypeSymlink, 0}),
		"bomb.gz":      packed(t, gz, zeros),
		"bomb.tar.gz":  packed(t, gz, tarOf(t, entry{"zeros", string(zeros), tar.TypeReg, 0o644})),
		"bomb.zip":     zipOf(t, entry{"zeros", string(zeros), 0, 0o644}),
		"large":        zeros,
		"broken.zip":   []byte("this is no archive"),
		"broken.tgz":   []byte("this is no archive"),
		"broken.txz":   []byte("this is no archive"),
		"huge.txz":     packed(t, func(w io.Writer) (io.WriteCloser, error) { return xz.WriterConfig{DictCap: 128 << 20}.NewWriter(w) }, tarOf(t, entry{"x", "x", tar.TypeReg, 0o644})),
		"broken.tbz2":  []byte("this is no archive"),
	}
	url, cfg := files(t, bad)
	cfg.MaxBytes = 100 << 10
	for name := range bad {
		box, err := fetch(t, cfg, Item{URI: url + "/" + name, Extract: true})
		if err == nil {
			t.Errorf("%s is taken", name)
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(box.Name()), "x")); err == nil {
			t.Errorf("%s has written beside the sandbox", name)
		}
	}
}

func TestFetch_ReachesNoPrivateNetwork(t *testing.T) {
	inner := served(t, "127.0.0.2", func(http.ResponseWriter, *http.Request) { t.Error("the private host was asked") })
	outer := served(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{"/private": inner + "/x", "/file": "file:///etc/passwd", "/round": "/round"}[r.URL.Path]
		if to != "" {
			http.Redirect(w, r, to, http.StatusFound)
		}
	})
	_, port, _ := strings.Cut(strings.TrimPrefix(outer, "http://"), ":")
	for _, uri := range []string{inner + "/x", "http://localhost:" + port + "/x", "http://[::ffff:127.0.0.2]:" + port + "/x", "http://0.0.0.0:" + port + "/x", "http://2130706433:" + port + "/x"} {
		if _, err := fetch(t, Config{}, Item{URI: uri}); err == nil {
			t.Errorf("%s is asked", uri)
		}
	}
	trusted := Config{Allow: []string{"127.0.0.1/32"}}
	for path, want := range map[string]string{"/private": "private network", "/file": "\"file\" address", "/round": "from place to place"} {
		if _, err := fetch(t, trusted, Item{URI: outer + path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("sent to %s: %v", path, err)
		}
	}
	if _, err := fetch(t, Config{Allow: []string{"LocalHost"}}, Item{URI: "http://localhost:" + port + "/x"}); err != nil {
		t.Errorf("a name that is trusted: %v", err)
	}
}

func TestIsPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"1.1.1.1": true, "2606:4700::1111": true, "127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.100.100.200": false, "0.0.0.0": false, "255.255.255.255": false, "224.0.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fc00::1": false, "fd00:ec2::254": false, "64:ff9b::a00:1": false, "2002:a00:1::": false,
		"::127.0.0.1": false,
	} {
		if got := isPublic(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestFetch_FilesOfTheMachineOnlyBelowTheRoots(t *testing.T) {
	root, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	for _, path := range []string{filepath.Join(root, "sub/file"), outside} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Roots: []string{root}}
	for _, uri := range []string{root + "/sub/file", "file://" + root + "/sub/file"} {
		box, err := fetch(t, cfg, Item{URI: uri})
		if err != nil || content(t, box, "file") != "text" {
			t.Errorf("%s: %v", uri, err)
		}
	}
	for _, uri := range []string{outside, root + "/link", root + "/../" + filepath.Base(filepath.Dir(outside)) + "/secret", root + "/sub", root, "file", "file:x", root + "/none"} {
		if _, err := fetch(t, cfg, Item{URI: uri}); err == nil {
			t.Errorf("%s is fetched", uri)
		}
	}
	if _, err := fetch(t, Config{}, Item{URI: root + "/sub/file"}); err == nil {
		t.Error("without roots it is fetched")
	}
}

func TestFetch_TellsWhyAndNoSecret(t *testing.T) {
	hold := make(chan struct{})
	url := served(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-hold
		}
		http.NotFound(w, r)
	})
	t.Cleanup(func() { close(hold) })
	cfg := Config{Allow: []string{"127.0.0.1"}, Timeout: 200 * time.Millisecond}
	for path, want := range map[string]string{"/gone": "404 Not Found", "/slow": "longer than 200ms"} {
		_, err := fetch(t, cfg, Item{URI: strings.Replace(url, "http://", "http://me:geheim@", 1) + path + "?key=geheim"})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestNew_RefusesWhatIsNoHost(t *testing.T) {
	for _, one := range []string{"", "http://x", "a b", "10.0.0.0/99", "host:80"} {
		if _, err := New(Config{Allow: []string{one}}); err == nil {
			t.Errorf("%q is taken", one)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add("a.tar", []byte("x"))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		if !fs.ValidPath(name) || len(name) > 100 {
			return
		}
		box := newBox(t)
		if err := write(box, name, 0o644, bytes.NewReader(content)); err != nil {
			return
		}
		_ = unpack(t.Context(), box, name, newBudget(1<<20, 1000))
		entries, err := os.ReadDir(filepath.Dir(box.Name()))
		if err != nil || len(entries) != 1 {
			t.Error(fmt.Sprint("something is beside the sandbox: ", entries, err))
		}
	})
}
