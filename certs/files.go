package certs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"seedbed"
)

// workers is the group that nginx's workers are in where nginx runs as root.
const workers = "www-data"

// Below Dir: pairs/<base>.pem, each a key with its certificate; hosts/<hash>.json,
// what is known of each host name; uploads/<hash>.json, what people gave;
// served/<base>.crt and .key, the same as pairs for nginx to read; own/ and
// acme/, the keys of the two kinds of authority. All but served is for our own
// user alone.
type files struct {
	dir    string
	served string
	group  int // that may read what is served; -1 where nginx runs as our user
}

// openFiles makes the folders.
func openFiles(dir string) (files, error) {
	f := files{dir: dir, served: filepath.Join(dir, "served"), group: -1}
	if os.Geteuid() == 0 {
		f.group = groupOf(workers)
		if f.group >= 0 && !reachable(filepath.Dir(dir)) {
			f.served = filepath.Join("/run", "seedbed-certs-"+hash(dir))
		}
	}
	mode := fs.FileMode(0o700)
	if f.group >= 0 {
		mode = 0o711 // workers go through it to what is served
	}
	if err := makeDir(dir, mode, -1); err != nil {
		return f, err
	}
	for _, name := range []string{"pairs", "hosts", "uploads", "own", "acme"} {
		if err := makeDir(filepath.Join(dir, name), 0o700, -1); err != nil {
			return f, err
		}
	}
	return f, makeDir(f.served, f.mode(0o700, 0o750), f.group)
}

// alone does something while no other process does so in this folder.
func (f files) alone(do func() error) error {
	lock, err := os.OpenFile(f.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock the folder of certificates: %w", err)
	}
	defer lock.Close() // which unlocks it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock the folder of certificates: %w", err)
	}
	return do()
}

// sweep removes what a kill left behind. Only the one Keeper that runs in a
// folder may do so.
func (f files) sweep() (err error) {
	for _, dir := range []string{f.served, f.path("pairs"), f.path("hosts"), f.path("own"), f.path("acme"), f.path("acme", "*")} {
		left, _ := filepath.Glob(filepath.Join(dir, nextFiles)) // the pattern is a right one
		for _, path := range left {
			err = errors.Join(err, removeFile(path))
		}
	}
	return err
}

const nextFiles = ".next-*"

func (f files) mode(alone, shared fs.FileMode) fs.FileMode {
	if f.group < 0 {
		return alone
	}
	return shared
}

func makeDir(dir string, mode fs.FileMode, group int) error {
	if err := os.MkdirAll(dir, mode); err != nil {
		return fmt.Errorf("make a folder for certificates: %w", err)
	}
	if err := errors.Join(os.Chmod(dir, mode), os.Chown(dir, -1, group)); err != nil {
		return fmt.Errorf("make a folder for certificates: %w", err)
	}
	return nil
}

// groupOf returns the number of a group, or -1.
func groupOf(name string) int {
	group, err := user.LookupGroup(name)
	if err != nil {
		return -1
	}
	id, err := strconv.Atoi(group.Gid)
	if err != nil {
		return -1
	}
	return id
}

// reachable reports whether every user can get into a folder.
func reachable(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err == nil && info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func (f files) path(names ...string) string {
	return filepath.Join(append([]string{f.dir}, names...)...)
}

func (f files) hostFile(host seedbed.HostName) string {
	return f.path("hosts", hash(string(host))+".json")
}

func (f files) uploadFile(host seedbed.HostName) string {
	return f.path("uploads", hash(string(host))+".json")
}

// keepPair writes a pair down and lays it where nginx reads it. It may be
// repeated.
func (f files) keepPair(base string, p pair) error {
	if err := replaceFile(f.path("pairs", base+".pem"), p.text(), 0o600, -1); err != nil {
		return fmt.Errorf("keep a certificate: %w", err)
	}
	return f.serve(base, p)
}

// serve lays a pair where nginx reads it.
func (f files) serve(base string, p pair) error {
	mode := f.mode(0o600, 0o640)
	err := errors.Join(
		replaceFile(filepath.Join(f.served, base+".key"), p.key, mode, f.group),
		replaceFile(filepath.Join(f.served, base+".crt"), p.chain, mode, f.group))
	if err != nil {
		return fmt.Errorf("lay a certificate where nginx reads it: %w", err)
	}
	return nil
}

func (f files) isServed(base string) bool {
	for _, end := range []string{".crt", ".key"} {
		if _, err := os.Stat(filepath.Join(f.served, base+end)); err != nil {
			return false
		}
	}
	return true
}

func (f files) readPair(base string) (pair, error) {
	text, err := os.ReadFile(f.path("pairs", base+".pem"))
	if err != nil {
		return pair{}, err
	}
	return readPair(text)
}

// forgetPair removes a pair from all places. One that is not there is no error.
func (f files) forgetPair(base string) error {
	return errors.Join(
		removeFile(filepath.Join(f.served, base+".crt")),
		removeFile(filepath.Join(f.served, base+".key")),
		removeFile(f.path("pairs", base+".pem")))
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove what is not needed any more: %w", err)
	}
	return nil
}

// replaceFile puts text in place of a file in one step, unless it is there. The
// text is on the disk before it counts.
func replaceFile(path string, text []byte, mode fs.FileMode, group int) (err error) {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return errors.Join(os.Chmod(path, mode), os.Chown(path, -1, group))
	}
	next, err := os.CreateTemp(filepath.Dir(path), nextFiles) // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(next.Name())
		}
	}()
	_, err = next.Write(text)
	if err = errors.Join(err, next.Chown(-1, group), next.Chmod(mode), next.Sync(), next.Close()); err != nil {
		return err
	}
	return os.Rename(next.Name(), path)
}
