// Package static holds the files that every page of the portal needs: one
// stylesheet, one small script and the picture of the seedling. Each has an
// address that changes with its content, so that browsers may keep it for ever.
//
// It knows no pages and no routes beyond its own.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"time"
)

//go:embed app.css app.js seedling.svg
var embedded embed.FS

// Prefix begins the address of every file: Prefix + hash + "/" + name.
const Prefix = "/static/"

// Assets are the files with their addresses. It may be used by many
// goroutines at once.
type Assets struct {
	urls  map[string]string // by name
	files map[string]file   // by URL
}

type file struct {
	name    string
	content []byte
}

// New reads the embedded files and computes their addresses, once.
func New() (*Assets, error) {
	a := &Assets{urls: map[string]string{}, files: map[string]file{}}
	entries, err := fs.ReadDir(embedded, ".")
	if err != nil {
		return nil, fmt.Errorf("list embedded files: %w", err)
	}
	for _, entry := range entries {
		content, err := embedded.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read embedded file %q: %w", entry.Name(), err)
		}
		a.add(file{entry.Name(), content})
	}
	return a, nil
}

func (a *Assets) add(f file) {
	sum := sha256.Sum256(f.content)
	url := path.Join(Prefix, hex.EncodeToString(sum[:6]), f.name)
	a.urls[f.name] = url
	a.files[url] = f
}

// URL returns the address of the file of that name, "app.css". It is empty if
// there is no such file.
func (a *Assets) URL(name string) string { return a.urls[name] }

// ServeHTTP answers GET /static/{hash}/{file}. Only the present hash of a file
// is known, anything else is a 404 without a body.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.content))
}
