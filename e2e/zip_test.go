//go:build e2e

package e2e

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// zipped makes a zip of files with the names as they are, and returns its path.
func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	return writeZip(t, func(w *zip.Writer) error {
		for name, content := range files {
			entry, err := w.Create(name)
			if err != nil {
				return err
			}
			if _, err := io.WriteString(entry, content); err != nil {
				return err
			}
		}
		return nil
	})
}

// bomb makes a small zip that is far too large when it is unpacked.
func bomb(t *testing.T) string {
	t.Helper()
	return writeZip(t, func(w *zip.Writer) error {
		entry, err := w.Create("zeros.bin")
		if err != nil {
			return err
		}
		_, err = io.CopyN(entry, zeros{}, 600<<20)
		return err
	})
}

func writeZip(t *testing.T, fill func(*zip.Writer) error) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "site.zip"))
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	if err := fill(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// zeros is a file that never ends.
type zeros struct{}

// Read gives zeros.
func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
