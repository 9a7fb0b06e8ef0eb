package sandbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// MaxRead is how many bytes Read returns at most: sixteen pages, as a Mesos
// agent does (files.cpp).
const MaxRead = 16 * 4096

// ErrNotFound means that no run has such a file.
var ErrNotFound = errors.New("no such file")

// Read returns at most length bytes of a file from offset on, and the file's
// size. A negative length means as much as is returned at once, a negative
// offset nothing but the size.
func (s *Store) Read(path string, offset, length int64) (data []byte, size int64, err error) {
	f, info, err := s.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	size = info.Size
	if offset < 0 || offset >= size {
		return nil, size, nil
	}
	if length < 0 || length > MaxRead {
		length = MaxRead
	}
	data, err = io.ReadAll(io.NewSectionReader(f, offset, length))
	if err != nil {
		return nil, 0, fmt.Errorf("read a log: %w", err)
	}
	return data, size, nil
}

// File is one file of a run.
type File struct {
	Path     string // absolute
	Size     int64
	Modified time.Time
	Mode     fs.FileMode
}

// Browse returns the files in the folder of a run.
func (s *Store) Browse(path string) ([]File, error) {
	name, err := s.inside(path)
	if err != nil || strings.Contains(name, "/") {
		return nil, ErrNotFound
	}
	folder, err := s.runs.Open(name)
	if err != nil {
		return nil, ErrNotFound
	}
	defer folder.Close()
	entries, err := folder.ReadDir(-1)
	if err != nil {
		return nil, ErrNotFound
	}
	list := []File{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			list = append(list, s.describe(name+"/"+e.Name(), info))
		}
	}
	return list, nil
}

// Open opens a file of a run for reading.
func (s *Store) Open(path string) (*os.File, File, error) {
	name, err := s.inside(path)
	if err != nil {
		return nil, File{}, err
	}
	if task, file, ok := strings.Cut(name, "/"); !ok || strings.Contains(file, "/") || !taskGrammar.MatchString(task) {
		return nil, File{}, ErrNotFound
	}
	f, err := s.runs.Open(name)
	if err != nil {
		return nil, File{}, ErrNotFound
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, File{}, errors.Join(ErrNotFound, f.Close())
	}
	return f, s.describe(name, info), nil
}

// inside returns the part of a path below the folder of all runs.
func (s *Store) inside(path string) (string, error) {
	name, err := filepath.Rel(s.runs.Name(), path)
	if err != nil || !filepath.IsAbs(path) || !filepath.IsLocal(name) || name == "." {
		return "", ErrNotFound
	}
	return name, nil
}

func (s *Store) describe(name string, info fs.FileInfo) File {
	return File{Path: filepath.Join(s.runs.Name(), name), Size: info.Size(), Modified: info.ModTime(), Mode: info.Mode()}
}
