package fetcher

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// holes is a tar of 1 kB with a file of 8 GiB that is nothing but a hole, in GNU's
// old form.
func holes(t *testing.T) []byte {
	t.Helper()
	b := tarOf(t, entry{"holes", "", tar.TypeReg, 0o644})
	copy(b[257:], "ustar  \x00")
	b[156] = tar.TypeGNUSparse
	copy(b[386:], fmt.Sprintf("%011o\x00%011o\x00", 8<<30-1, 0))
	copy(b[483:], fmt.Sprintf("%011o\x00", 8<<30-1))
	copy(b[148:], "        ")
	sum := 0
	for _, c := range b[:512] {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

// fewFiles is the bound here, or the tests would write a hundred thousand.
const fewFiles = 1000

func many(n int, name string) []entry {
	list := make([]entry, n)
	for i := range list {
		list[i] = entry{fmt.Sprintf(name, i), "", tar.TypeReg, 0o644}
	}
	return list
}

// what a box has, in bytes and entries.
func weigh(t *testing.T, box *os.Root) (size int64, entries int) {
	t.Helper()
	err := fs.WalkDir(box.FS(), ".", func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		entries++
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return size, entries
}

func TestFetch_HostileArchivesAreRefusedBeforeTheyFillTheDisk(t *testing.T) {
	deep := strings.Repeat("d/", 200)
	bad := map[string][]byte{
		"holes.tar":     holes(t),
		"holes.tar.gz":  packed(t, gz, holes(t)),
		"claims.tar":    tarOf(t, entry{"big", strings.Repeat("x", 2<<20), tar.TypeReg, 0o644})[:2048],
		"through.tar":   tarOf(t, entry{"a/b", "", tar.TypeDir, 0o755}, entry{"a/l", "b", tar.TypeSymlink, 0}, entry{"a/l/x", "x", tar.TypeReg, 0o644}),
		"dots.tar":      tarOf(t, entry{"s", ".", tar.TypeSymlink, 0}, entry{"s/s/l", "../../x", tar.TypeSymlink, 0}),
		"moved.tar":     tarOf(t, entry{"d/l", "../x", tar.TypeSymlink, 0}, entry{"l", "d/l", tar.TypeLink, 0}),
		"long.tar":      tarOf(t, entry{strings.Repeat("n", 5000), "x", tar.TypeReg, 0o644}),
		"many.tar.gz":   packed(t, gz, tarOf(t, many(fewFiles+1, "f%d")...)),
		"deep.tar":      tarOf(t, many(1, "%d/"+deep+"f")...),
		"many.zip":      zipOf(t, many(fewFiles+1, "f%d")...),
		"directory.zip": zipOf(t, many(9000, strings.Repeat("n", 4000)+"%d")...),
	}
	url, cfg := files(t, bad)
	cfg.MaxBytes, cfg.MaxFiles = 64<<20, fewFiles
	for name, archive := range bad {
		limit := cfg
		if strings.HasPrefix(name, "claims") {
			limit.MaxBytes = 1 << 20
		}
		began := time.Now()
		box, err := fetch(t, limit, Item{URI: url + "/" + name, Extract: true})
		if err == nil || len(err.Error()) > 1000 {
			t.Errorf("%s: %v", name, err)
		}
		if size, entries := weigh(t, box); size > int64(len(archive))+1<<20 || entries > fewFiles+2 {
			t.Errorf("%s: %d bytes and %d files were written", name, size, entries)
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(box.Name()), "x")); err == nil {
			t.Errorf("%s has written beside the sandbox", name)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// What one task fetches counts together, not each archive for itself.
func TestFetch_ManyArchivesHaveOneBudget(t *testing.T) {
	url, cfg := files(t, map[string][]byte{"half.tar.gz": packed(t, gz, tarOf(t, many(fewFiles/2, "f%d")...))})
	cfg.MaxFiles = fewFiles
	f, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	item := Item{URI: url + "/half.tar.gz", Extract: true}
	if err := f.Fetch(t.Context(), newBox(t), []Item{item, item}, 0); err == nil || !strings.Contains(err.Error(), "more than 1000 files") {
		t.Errorf("%v", err)
	}
}

func TestFetch_ServersThatLieOrNeverEnd(t *testing.T) {
	url := served(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/short":
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "only this")
		case "/huge":
			w.Header().Set("Content-Length", "1099511627776")
			_, _ = w.Write(make([]byte, 1<<10))
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		case "/slow":
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, "x"); err != nil {
					return
				}
				_ = http.NewResponseController(w).Flush()
				time.Sleep(10 * time.Millisecond)
			}
		case "/none.tar.gz", "/none.gz":
			w.Header().Set("Content-Type", "application/gzip")
			_, _ = io.WriteString(w, "<html>not found</html>")
		case "/encoded":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed(t, gz, bytes.Repeat([]byte{0}, 1<<20)))
		}
	})
	cfg := Config{Allow: []string{"127.0.0.1"}, MaxBytes: 1 << 20, Timeout: 2 * time.Second}
	for path, want := range map[string]string{
		"/short": "unexpected EOF", "/huge": "larger than one task may fetch", "/endless": "larger than one task may fetch", "/slow": "longer than 2s",
		"/none.tar.gz": "gzip: invalid header", "/none.gz": "gzip: invalid header",
	} {
		if _, err := fetch(t, cfg, Item{URI: url + path, Extract: true}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	box, err := fetch(t, cfg, Item{URI: url + "/encoded"})
	if size, _ := weigh(t, box); err != nil || size > 10<<10 {
		t.Errorf("what is encoded has become %d bytes (%v)", size, err)
	}
}
