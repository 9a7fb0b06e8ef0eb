package nginxconf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"time"
)

// Folders below the one that workers can reach, with what they read while they
// serve.
const (
	pagesFolder = "pages"
	keysFolder  = "keys"
)

// shownFor is how long a file stays that no configuration names any more: old
// workers may still need it.
const shownFor = 15 * time.Minute

// show puts the files of a configuration where workers read them. Those that are
// there are left as they are. It is safe to repeat.
func (r *Router) show(c configuration) error {
	if err := r.showAll(pagesFolder, c.pages, 0o755, 0o644); err != nil {
		return fmt.Errorf("write the pages for visitors: %w", err)
	}
	if err := r.showAll(keysFolder, c.keys, 0o750, 0o640); err != nil {
		return fmt.Errorf("write the names and passwords of visitors: %w", err)
	}
	return r.keepLogPrivate()
}

// keepLogPrivate makes the log of visits before nginx does, which would let all
// users of the machine read it.
func (r *Router) keepLogPrivate() error {
	log, err := os.OpenFile(r.nginx.visitsFile(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the log of visits: %w", err)
	}
	return log.Close()
}

func (r *Router) showAll(folder string, files []file, dirMode, fileMode os.FileMode) error {
	dir := filepath.Join(r.nginx.temp, folder)
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return err
	}
	if err := r.giveToWorkers(dir, dirMode); err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && info.Size() == int64(len(f.text)) {
			continue
		}
		if err := r.showOne(path, f.text, fileMode); err != nil {
			return err
		}
	}
	return nil
}

func (r *Router) showOne(path, text string, mode os.FileMode) error {
	next := path + ".next"
	if err := os.Remove(next); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		return err
	}
	if err := r.giveToWorkers(next, mode); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// giveToWorkers lets nginx's workers read a file or folder, by their group, and
// nobody else who is not meant to.
func (r *Router) giveToWorkers(path string, mode os.FileMode) error {
	if r.nginx.user != "" {
		worker, err := user.Lookup(r.nginx.user)
		if err != nil {
			return err
		}
		group, err := strconv.Atoi(worker.Gid)
		if err != nil {
			return err
		}
		if err := os.Lchown(path, os.Getuid(), group); err != nil {
			return err
		}
	}
	return os.Chmod(path, mode)
}

// forgetShown removes files that have not been part of a configuration for a
// while. before is the configuration that was served until now.
func (r *Router) forgetShown(now, before configuration) error {
	for folder, files := range map[string][2][]file{pagesFolder: {now.pages, before.pages}, keysFolder: {now.keys, before.keys}} {
		if err := forgetIn(filepath.Join(r.nginx.temp, folder), namesOf(files[0]), namesOf(files[1])); err != nil {
			return fmt.Errorf("remove old pages: %w", err)
		}
	}
	return nil
}

func namesOf(files []file) map[string]bool {
	names := make(map[string]bool, len(files))
	for _, f := range files {
		names[f.name] = true
	}
	return names
}

func forgetIn(dir string, now, before map[string]bool) error {
	found, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range found {
		path := filepath.Join(dir, f.Name())
		switch {
		case now[f.Name()]:
		case before[f.Name()]:
			err = os.Chtimes(path, time.Time{}, time.Now()) // its time begins now
		default:
			err = removeOld(path, f)
		}
		if err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

func removeOld(path string, f fs.DirEntry) error {
	info, err := f.Info()
	if err != nil || time.Since(info.ModTime()) < shownFor {
		return err
	}
	return os.Remove(path)
}
