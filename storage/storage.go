// Package storage keeps the volumes of sites and services as plain directories
// of this machine, and takes the files that people upload into them.
//
// A volume is the folder <owner>/<name> below one folder that belongs to
// Seedbed alone. People and containers write into volumes, so everything in one
// is reached through an os.Root: no name and no link leads out of it. What is
// done in several steps can be interrupted by a kill at any moment; New
// completes or takes back what was begun. The package does not mount, does not
// limit how much a volume holds, and does not know what the files are for.
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

	"seedbed"
)

const (
	// marker proves that a folder was made, or taken while empty, by New.
	marker      = ".seedbed-volumes"
	markerText  = "Seedbed keeps the files of sites and services here, a folder each. Do not change anything by hand.\n"
	trashFolder = ".trash"
	freshFolder = ".fresh"

	// Containers run as various users; the folder around the volumes keeps
	// other users of the machine out, the volumes themselves must not.
	aroundMode = 0o711
	volumeMode = 0o755
)

// Directory is a folder of volumes. It implements reconcile.Volumes and may be
// used by many goroutines at once. One process at a time may have it.
type Directory struct {
	path string
	root *os.Root
	// changing is held while names in volumes change.
	changing sync.Mutex
}

// New opens the folder dir for volumes and makes it if it is not there. It
// never takes a folder in which there is something else. It finishes uploads
// and removals that were interrupted; where that fails, the next New tries
// again.
func New(dir string) (*Directory, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("folder of volumes: %w", err)
	}
	if err := os.MkdirAll(absolute, aroundMode); err != nil {
		return nil, fmt.Errorf("make the folder of volumes: %w", err)
	}
	root, err := os.OpenRoot(absolute)
	if err != nil {
		return nil, fmt.Errorf("open the folder of volumes: %w", err)
	}
	d := &Directory{path: absolute, root: root}
	if err := d.open(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return d, nil
}

// Close gives up the folder. Nothing in it changes.
func (d *Directory) Close() error { return d.root.Close() }

func (d *Directory) open() error {
	if err := d.claim(); err != nil {
		return err
	}
	for _, folder := range []string{trashFolder, freshFolder} {
		// What does not go now is in nobody's way and goes later.
		_ = removeInside(d.root, folder)
		if err := d.root.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("prepare the folder of volumes: %w", err)
		}
	}
	return d.recoverUploads()
}

// claim makes sure that the folder is ours.
func (d *Directory) claim() error {
	if _, err := d.root.Lstat(marker); err == nil {
		return nil
	}
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return fmt.Errorf("read the folder of volumes: %w", err)
	}
	if len(entries) > 0 {
		return &seedbed.Error{Code: seedbed.Conflict, Message: "The folder " + d.path + " already holds something that is not Seedbed's. Choose a folder that is empty or does not exist yet."}
	}
	if err := d.root.WriteFile(marker, []byte(markerText), 0o644); err != nil {
		return fmt.Errorf("mark the folder of volumes: %w", err)
	}
	return nil
}

// Ensure makes the volume if it is not there, and returns its absolute path. It
// is safe to repeat and never empties anything or changes its rights.
func (d *Directory) Ensure(ctx context.Context, v seedbed.Volume) (string, error) {
	name, err := nameOf(v)
	if err != nil {
		return "", err
	}
	there, err := d.Exists(ctx, v)
	if err != nil {
		return "", err
	}
	if !there {
		if err := d.make(v.Owner, name); err != nil {
			return "", fmt.Errorf("make volume %s: %w", name, err)
		}
	}
	return filepath.Join(d.path, filepath.FromSlash(name)), nil
}

// make gives the volume its rights before it gives it its name, so that there
// is never one with others.
func (d *Directory) make(owner, name string) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	if err := d.root.MkdirAll(owner, aroundMode); err != nil {
		return err
	}
	fresh := path.Join(freshFolder, rand.Text())
	if err := d.root.Mkdir(fresh, volumeMode); err != nil {
		return err
	}
	// Mkdir heeds the umask; chmod does not.
	if err := errors.Join(d.root.Chmod(owner, aroundMode), d.root.Chmod(fresh, volumeMode)); err != nil {
		return err
	}
	if _, err := d.root.Lstat(name); err == nil {
		return d.root.Remove(fresh) // somebody else was quicker
	}
	return d.root.Rename(fresh, name)
}

// Exists reports whether the volume is there.
func (d *Directory) Exists(ctx context.Context, v seedbed.Volume) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	name, err := nameOf(v)
	if err != nil {
		return false, err
	}
	info, err := d.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for volume %s: %w", name, err)
	case !info.IsDir():
		return false, fmt.Errorf("volume %s is not a folder", name)
	}
	return true, nil
}

// Remove deletes the volume with all that is in it. It loses its name at once,
// so that an interrupted removal leaves no half of it; the rest goes when
// Remove is called again, or by New. A volume that is not there is no error.
func (d *Directory) Remove(ctx context.Context, v seedbed.Volume) error {
	there, err := d.Exists(ctx, v)
	if err != nil {
		return err
	}
	name, _ := nameOf(v) // Exists has checked it
	remains := v.Owner + "." + v.Name + "."
	if there {
		if err := d.discard(name, remains); err != nil {
			return fmt.Errorf("remove volume %s: %w", name, err)
		}
	}
	if err := d.empty(remains); err != nil {
		return fmt.Errorf("delete what was in volume %s: %w", name, err)
	}
	_ = d.root.Remove(v.Owner) // refused while it has other volumes
	return nil
}

func (d *Directory) discard(name, remains string) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	err := d.root.Rename(name, path.Join(trashFolder, remains+rand.Text()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// empty deletes what is in the trash under names with the prefix.
func (d *Directory) empty(prefix string) error {
	entries, err := fs.ReadDir(d.root.FS(), trashFolder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			err = errors.Join(err, d.root.RemoveAll(path.Join(trashFolder, e.Name())))
		}
	}
	return err
}

// removeInside deletes everything in a folder, and keeps the folder.
func removeInside(root *os.Root, folder string) error {
	entries, err := fs.ReadDir(root.FS(), folder)
	for _, e := range entries {
		err = errors.Join(err, root.RemoveAll(path.Join(folder, e.Name())))
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
	there, err := d.Exists(ctx, v)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, seedbed.Missing("This site has no place for files yet. Wait until it is made, then try again.")
	}
	name, _ := nameOf(v) // Exists has checked it
	root, err := d.root.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("open volume %s: %w", name, err)
	}
	return root, nil
}

// orGone returns err while the volume is there, and else says that it was
// removed while somebody was writing into it.
func (d *Directory) orGone(ctx context.Context, v seedbed.Volume, err error) error {
	there, lookErr := d.Exists(ctx, v)
	switch {
	case lookErr != nil:
		return cmp.Or(err, lookErr)
	case !there:
		return &seedbed.Error{Code: seedbed.NotFound, Message: "This site was deleted meanwhile, so the file was not kept.", Err: err}
	}
	return err
}
