package webtest

import (
	"archive/zip"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"seedbed"
	"seedbed/control"
)

// Files keeps uploaded files in memory. The zero value is empty and ready.
type Files struct {
	mu    sync.Mutex
	files map[string]string // content by name
}

var _ control.Files = (*Files)(nil)

// Put keeps a file. Names with a dot at the front are refused.
func (f *Files) Put(_ context.Context, _ seedbed.Volume, name string, r io.Reader) error {
	if strings.HasPrefix(name, ".") {
		return seedbed.Mistake("file", "“"+name+"” begins with a dot, so it was not taken.")
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read %q: %w", name, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.files == nil {
		f.files = map[string]string{}
	}
	f.files[name] = string(content)
	return nil
}

// Unpack keeps the files of a zip.
func (f *Files) Unpack(ctx context.Context, v seedbed.Volume, r io.ReaderAt, size int64, replace bool) (int, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return 0, &seedbed.Error{Code: seedbed.Invalid, Field: "file", Message: "This zip cannot be read.", Err: err}
	}
	if replace {
		f.mu.Lock()
		f.files = nil
		f.mu.Unlock()
	}
	for _, entry := range archive.File {
		content, err := entry.Open()
		if err != nil {
			return 0, err
		}
		if err := f.Put(ctx, v, entry.Name, content); err != nil {
			return 0, err
		}
	}
	return len(archive.File), nil
}

// Files lists what is kept.
func (f *Files) Files(context.Context, seedbed.Volume) ([]control.File, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var files []control.File
	for name, content := range f.files {
		files = append(files, control.File{Name: name, Size: int64(len(content))})
	}
	slices.SortFunc(files, func(a, b control.File) int { return cmp.Compare(a.Name, b.Name) })
	return files, false, nil
}

// Delete forgets a file.
func (f *Files) Delete(_ context.Context, _ seedbed.Volume, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.files[name]; !ok {
		return seedbed.Missing("There is no such file.")
	}
	delete(f.files, name)
	return nil
}

// Content returns what is kept under a name, or "".
func (f *Files) Content(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.files[name]
}
