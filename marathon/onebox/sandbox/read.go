package sandbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
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

// Browse returns the files in the folder of a run, or in a folder of its box,
// and the folders there.
func (s *Store) Browse(path string) ([]File, error) {
	task, name, err := s.inside(path)
	if err != nil {
		return nil, err
	}
	list := []File{}
	if name == "" {
		if list, err = s.list(s.runs, task, path, false); err != nil {
			return nil, err
		}
	}
	if box, err := s.OpenBox(task); err == nil {
		defer box.Close()
		more, err := s.list(box, defaultedName(name), path, true)
		if err != nil && name != "" {
			return nil, err
		}
		list = append(list, withoutLogs(more, name)...)
	} else if name != "" {
		return nil, ErrNotFound
	}
	return list, nil
}

// list returns what is in a folder of root. path is how readers name it.
func (s *Store) list(root *os.Root, name, path string, folders bool) ([]File, error) {
	info, err := root.Stat(name)
	if err != nil || !info.IsDir() {
		return nil, ErrNotFound
	}
	folder, err := root.Open(name)
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
		if info, err := e.Info(); err == nil && (info.Mode().IsRegular() || folders && info.IsDir()) {
			list = append(list, describe(filepath.Join(path, e.Name()), info))
		}
	}
	return list, nil
}

func defaultedName(name string) string {
	if name == "" {
		return "."
	}
	return name
}

// withoutLogs drops what has the name of a log at the top of a box: readers see
// what the engine wrote there.
func withoutLogs(list []File, name string) []File {
	return slices.DeleteFunc(list, func(f File) bool { return name == "" && isLog(filepath.Base(f.Path)) })
}

func isLog(name string) bool {
	for _, log := range files {
		if name == log || name == log+".1" {
			return true
		}
	}
	return false
}

// Open opens a file of a run for reading: a log, or one in its box.
func (s *Store) Open(path string) (*os.File, File, error) {
	task, name, err := s.inside(path)
	if err != nil || name == "" {
		return nil, File{}, ErrNotFound
	}
	root := s.runs
	if isLog(name) {
		name = task + "/" + name
	} else if root, err = s.OpenBox(task); err == nil {
		defer root.Close()
	} else {
		return nil, File{}, ErrNotFound
	}
	// A pipe that nobody writes must not hold up its reader.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, File{}, ErrNotFound
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, File{}, errors.Join(ErrNotFound, f.Close())
	}
	return f, describe(path, info), nil
}

// inside takes apart how readers name a file: the run, and what is in it.
func (s *Store) inside(path string) (task, name string, err error) {
	rel, err := filepath.Rel(s.runs.Name(), path)
	if err != nil || !filepath.IsAbs(path) || !filepath.IsLocal(rel) {
		return "", "", ErrNotFound
	}
	task, name, _ = strings.Cut(rel, "/")
	if !taskGrammar.MatchString(task) {
		return "", "", ErrNotFound
	}
	return task, name, nil
}

func describe(path string, info fs.FileInfo) File {
	return File{Path: filepath.Clean(path), Size: info.Size(), Modified: info.ModTime(), Mode: info.Mode()}
}
