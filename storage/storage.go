// Package storage keeps the volumes of sites and services, as plain directories
// of this machine or on a GlusterFS volume that is mounted here, and takes the
// files that people upload into them.
//
// A volume is the folder <owner>/<name> below one folder that belongs to
// Seedbed alone. People and containers write into volumes, so everything in one
// is reached through an os.Root: no name and no link leads out of it. What is
// done in several steps can be interrupted by a kill at any moment; it is
// completed or taken back when the folder is opened again. Nothing is written
// unless a marker proves that the folder is the right one (see DESIGN.md). The
// package does not make GlusterFS volumes, and does not know what the files are
// for.
package storage

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"seedbed"
)

const (
	trashFolder = ".trash"
	freshFolder = ".fresh"

	// Containers run as various users; the folder around the volumes keeps
	// other users of the machine out, the volumes themselves must not.
	aroundMode = 0o711
	volumeMode = 0o755

	// patience is how long a folder may take to answer. A lost mount may
	// never answer, and nothing can interrupt who asks it.
	patience = 10 * time.Second
)

// Directory is a folder of volumes. It implements reconcile.Volumes and may be
// used by many goroutines at once. One process at a time may have it.
type Directory struct {
	path   string
	memory Memory
	// reach makes the folder reachable before it is opened; nil for one that
	// is simply there.
	reach func(ctx context.Context) error

	asking singleflight.Group
	mu     sync.Mutex
	root   *os.Root // as last opened; nil before
	// changing is held while names in volumes change.
	changing sync.Mutex
}

// New opens the folder dir for volumes and makes it if it is not there. It
// never takes a folder in which there is something else. It finishes uploads
// and removals that were interrupted; where that fails, the next time tries
// again. A folder that is away, because its disk is not mounted, is no error:
// everything that needs it is an Unavailable error until it is back.
func New(ctx context.Context, dir string, memory Memory) (*Directory, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("folder of volumes: %w", err)
	}
	d := &Directory{path: absolute, memory: memory}
	return d, d.start(ctx)
}

// start opens the folder if that is possible now.
func (d *Directory) start(ctx context.Context) error {
	if err := d.Check(ctx); seedbed.CodeOf(err) != seedbed.Unavailable {
		return err
	}
	return nil
}

// Close gives up the folder. Nothing in it changes.
func (d *Directory) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.root == nil {
		return nil
	}
	return d.root.Close()
}

// Path is the absolute path of the folder.
func (d *Directory) Path() string { return d.path }

// Ensure makes the volume if it is not there, and returns its absolute path. It
// is safe to repeat and never empties anything or changes its rights.
func (d *Directory) Ensure(ctx context.Context, v seedbed.Volume) (string, error) {
	name, err := nameOf(v)
	if err != nil {
		return "", err
	}
	root, err := d.open(ctx)
	if err != nil {
		return "", err
	}
	there, err := isFolder(root, name)
	if err == nil && !there {
		err = d.make(root, v.Owner, name)
	}
	if err != nil {
		return "", fmt.Errorf("make volume %s: %w", name, away(err))
	}
	return filepath.Join(d.path, filepath.FromSlash(name)), nil
}

// make gives the volume its rights before it gives it its name, so that there
// is never one with others.
func (d *Directory) make(root *os.Root, owner, name string) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	if err := root.MkdirAll(owner, aroundMode); err != nil {
		return err
	}
	fresh := path.Join(freshFolder, rand.Text())
	if err := root.Mkdir(fresh, volumeMode); err != nil {
		return err
	}
	// Mkdir heeds the umask; chmod does not.
	if err := errors.Join(root.Chmod(owner, aroundMode), root.Chmod(fresh, volumeMode)); err != nil {
		return err
	}
	if _, err := root.Lstat(name); err == nil {
		return root.Remove(fresh) // somebody else was quicker
	}
	return root.Rename(fresh, name)
}

// Exists reports whether the volume is there. It is an error if that cannot be
// known, as when the folder is away.
func (d *Directory) Exists(ctx context.Context, v seedbed.Volume) (bool, error) {
	name, err := nameOf(v)
	if err != nil {
		return false, err
	}
	root, err := d.open(ctx)
	if err != nil {
		return false, err
	}
	there, err := isFolder(root, name)
	if err != nil {
		return false, fmt.Errorf("look for volume %s: %w", name, away(err))
	}
	return there, nil
}

func isFolder(root *os.Root, name string) (bool, error) {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.IsDir():
		return false, errors.New("it is not a folder")
	}
	return true, nil
}

// Remove deletes the volume with all that is in it. It loses its name at once,
// so that an interrupted removal leaves no half of it; the rest goes when
// Remove is called again, or when the folder is opened again. A volume that is
// not there is no error.
func (d *Directory) Remove(ctx context.Context, v seedbed.Volume) error {
	name, err := nameOf(v)
	if err != nil {
		return err
	}
	root, err := d.open(ctx)
	if err != nil {
		return err
	}
	remains := v.Owner + "." + v.Name + "."
	if err := d.discard(root, name, remains); err != nil {
		return fmt.Errorf("remove volume %s: %w", name, away(err))
	}
	if err := empty(root, remains); err != nil {
		return fmt.Errorf("delete what was in volume %s: %w", name, away(err))
	}
	_ = root.Remove(v.Owner) // refused while it has other volumes
	return d.Unstage(ctx, v.Owner, "")
}

func (d *Directory) discard(root *os.Root, name, remains string) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	there, err := isFolder(root, name)
	if err != nil || !there {
		return err
	}
	return root.Rename(name, path.Join(trashFolder, remains+rand.Text()))
}

// empty deletes what is in the trash under names with the prefix.
func empty(root *os.Root, prefix string) error {
	entries, err := fs.ReadDir(root.FS(), trashFolder)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			err = errors.Join(err, root.RemoveAll(path.Join(trashFolder, e.Name())))
		}
	}
	return err
}

// plainName is what owners and names of volumes look like. It has no dot, so
// that none is a file of our own, and no slash.
var plainName = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$`)

// nameOf returns where a volume is, below the folder of volumes.
func nameOf(v seedbed.Volume) (string, error) {
	for _, part := range []string{v.Owner, v.Name} {
		if len(part) > 100 || !plainName.MatchString(part) {
			return "", fmt.Errorf("volume %q of %q: these are not names", v.Name, v.Owner)
		}
	}
	return v.Owner + "/" + v.Name, nil
}

// openVolume opens a volume that is there, or gives a NotFound error.
func (d *Directory) openVolume(ctx context.Context, v seedbed.Volume) (*os.Root, error) {
	name, err := nameOf(v)
	if err != nil {
		return nil, err
	}
	root, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	there, err := isFolder(root, name)
	if err == nil && !there {
		return nil, seedbed.Missing("This site has no place for files yet. Wait until it is made, then try again.")
	}
	var inside *os.Root
	if err == nil {
		inside, err = root.OpenRoot(name)
	}
	if err != nil {
		return nil, fmt.Errorf("open volume %s: %w", name, away(err))
	}
	return inside, nil
}

// orGone returns err while the volume is there, and else says that it was
// removed while somebody was writing into it.
func (d *Directory) orGone(ctx context.Context, v seedbed.Volume, err error) error {
	there, lookErr := d.Exists(ctx, v)
	switch {
	case lookErr != nil:
		return away(cmp.Or(err, lookErr))
	case !there:
		return &seedbed.Error{Code: seedbed.NotFound, Message: "This site was deleted meanwhile, so the file was not kept.", Err: err}
	}
	return away(err)
}
