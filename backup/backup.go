// Package backup keeps copies of sites: their files and databases with all that
// belongs to them, in a folder each, and puts them back.
//
// A backup is the folder <site's key>/<ID> below one folder: manifest.json, one
// archive for each volume and one dump for each service. It is written under
// another name and renamed when all of it is on the disk, so that a half one is
// never listed. What is read back may come from elsewhere: nothing is believed
// that the manifest says before the checksums agree, and archives are unpacked
// through an os.Root, file by file (see DESIGN.md).
//
// The package starts and stops nothing, and does not know what a dump holds.
package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"time"

	"seedbed"
)

// Volumes is what is kept of, and put back into.
type Volumes interface {
	// OpenVolume opens a volume that is there, or gives a NotFound error.
	OpenVolume(ctx context.Context, v seedbed.Volume) (*os.Root, error)
	// Stage has fill write what is to take the place of a volume.
	Stage(ctx context.Context, v seedbed.Volume, mark string, fill func(*os.Root) error) error
	// Staged reports whether that is ready, or was, and whether it has taken
	// the place.
	Staged(ctx context.Context, v seedbed.Volume, mark string) (staged, swapped bool, err error)
	// Swap puts it into the place, and is safe to repeat.
	Swap(ctx context.Context, v seedbed.Volume, mark string) error
	// Note keeps a word about a replacement, and Noted tells whether it did.
	Note(ctx context.Context, owner, mark, word string) error
	Noted(ctx context.Context, owner, mark, word string) (bool, error)
	// Unstage deletes what replacements have left, but those of keep.
	Unstage(ctx context.Context, owner, keep string) error
}

// Secrets gives a site's generated secrets as the database has them, sealed.
type Secrets interface {
	SealedSecrets(ctx context.Context, site int64) (map[string][]byte, error)
}

// Config says where backups are kept, and of what. All fields are needed.
type Config struct {
	Dir     string // absolute; made where it is not there
	Volumes Volumes
	Secrets Secrets
	Version string // of Seedbed, for the record
	Now     func() time.Time
}

// Shelf is the folder of all backups. It may be used by many goroutines.
type Shelf struct{ Config }

// New returns a Shelf. Nothing is made until the first backup is.
func New(c Config) (*Shelf, error) {
	if !filepath.IsAbs(c.Dir) || c.Volumes == nil || c.Secrets == nil || c.Now == nil {
		return nil, errors.New("backup: Dir must be absolute, and Volumes, Secrets and Now must be set")
	}
	return &Shelf{c}, nil
}

// names are what keys of sites, volumes and kinds of services look like, and
// ids what those of backups do. None leads anywhere, and none is a draft's.
var (
	names = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]{0,98}[a-z0-9])?$`)
	ids   = regexp.MustCompile(`^[0-9]{8}-[0-9]{6}-d[0-9]{1,18}$`)
)

// draftPrefix is what folders begin with that are not whole, and gonePrefix
// what those do that are being deleted.
const (
	draftPrefix = ".new-"
	gonePrefix  = ".gone-"
)

// open opens the folder of a site's backups.
func (s *Shelf) open(key string) (*os.Root, error) {
	if !names.MatchString(key) {
		return nil, fmt.Errorf("%q is not the key of a site", key)
	}
	root, err := os.OpenRoot(filepath.Join(s.Dir, key))
	if err != nil {
		return nil, fmt.Errorf("open the folder of backups: %w", err)
	}
	return root, nil
}

// openBackup opens one backup, or gives a NotFound error.
func (s *Shelf) openBackup(key, id string) (*os.Root, error) {
	if !ids.MatchString(id) {
		return nil, noBackup(nil)
	}
	root, err := s.open(key)
	if err == nil {
		defer root.Close()
		var inside *os.Root
		if inside, err = root.OpenRoot(id); err == nil {
			return inside, nil
		}
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, noBackup(err)
	}
	return nil, fmt.Errorf("open backup %s: %w", id, err)
}

func noBackup(err error) error {
	return &seedbed.Error{Code: seedbed.NotFound, Message: "There is no such backup, or not any more.", Err: err}
}

// damaged is the refusal of a backup that cannot be put back.
func damaged(what string, err error) error {
	return &seedbed.Error{Code: seedbed.Invalid, Message: "This backup cannot be used: " + what + " The site was left as it is.", Err: err}
}

// Delete removes a backup. One that is not there is no error. It is not listed
// any more once it is begun.
func (s *Shelf) Delete(ctx context.Context, key, id string) error {
	if !ids.MatchString(id) {
		return noBackup(nil)
	}
	root, err := s.open(key)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Rename(id, gonePrefix+id); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("delete backup %s: %w", id, err)
	}
	if err := root.RemoveAll(gonePrefix + id); err != nil {
		return fmt.Errorf("delete backup %s: %w", id, err)
	}
	return ctx.Err()
}

// until is a reader that ends with ctx.
type until struct {
	ctx context.Context
	io.Reader
}

// Read fails once ctx has ended.
func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.Reader.Read(p)
}

func sync(root *os.Root, folder string) error {
	f, err := root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func partFile(kind, name string) string {
	if kind == volumePart {
		return path.Join("volumes", name+".tar.gz")
	}
	return path.Join("services", name+".dump")
}
