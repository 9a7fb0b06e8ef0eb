package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"

	"seedbed"
)

// What is to take the place of a volume lies in .restore/<owner>/<mark>, under
// the volume's name and a word for how far it has come:
//
//	new    being filled; worth nothing yet
//	ready  whole
//	old    what the volume held before; without a ready beside it, all is done
//
// Everything is a rename away from the next state, so a kill loses nothing.
const stagingFolder = ".restore"

const (
	newSuffix   = ".new"
	readySuffix = ".ready"
	oldSuffix   = ".old"
)

var markGrammar = regexp.MustCompile(`^[a-z0-9]{1,40}$`)

func stagingOf(v seedbed.Volume, mark string) (folder, name string, err error) {
	name, err = nameOf(v)
	if err == nil && !markGrammar.MatchString(mark) {
		err = fmt.Errorf("%q is not the mark of a deployment", mark)
	}
	folder = path.Join(stagingFolder, v.Owner, mark)
	return folder, name, err
}

// OpenVolume opens a volume that is there, or gives a NotFound error. Close it
// after use.
func (d *Directory) OpenVolume(ctx context.Context, v seedbed.Volume) (*os.Root, error) {
	return d.openVolume(ctx, v)
}

// Stage has fill write what is to take the place of a volume. It is there once
// Stage returns nil; until then, and after an error, it counts for nothing and
// may be repeated. mark tells one replacement from others.
func (d *Directory) Stage(ctx context.Context, v seedbed.Volume, mark string, fill func(*os.Root) error) error {
	folder, _, err := stagingOf(v, mark)
	if err != nil {
		return err
	}
	root, err := d.open(ctx)
	if err != nil {
		return err
	}
	fresh := path.Join(folder, v.Name+newSuffix)
	if err := errors.Join(root.RemoveAll(fresh), root.MkdirAll(folder, 0o700), root.Mkdir(fresh, volumeMode)); err != nil {
		return fmt.Errorf("make room beside volume %s: %w", v.Name, away(err))
	}
	if err := fillFolder(root, fresh, fill); err != nil {
		return fmt.Errorf("fill what is to replace volume %s: %w", v.Name, away(outOfSpace(err)))
	}
	return away(root.Rename(fresh, path.Join(folder, v.Name+readySuffix)))
}

func fillFolder(root *os.Root, folder string, fill func(*os.Root) error) error {
	inside, err := root.OpenRoot(folder)
	if err != nil {
		return err
	}
	return errors.Join(fill(inside), inside.Close())
}

// Staged reports whether what is to take the place of a volume is ready, or was,
// and whether it has taken it.
func (d *Directory) Staged(ctx context.Context, v seedbed.Volume, mark string) (staged, swapped bool, err error) {
	folder, name, err := stagingOf(v, mark)
	if err != nil {
		return false, false, err
	}
	root, err := d.open(ctx)
	if err != nil {
		return false, false, err
	}
	ready, err1 := isFolder(root, path.Join(folder, v.Name+readySuffix))
	old, err2 := isFolder(root, path.Join(folder, v.Name+oldSuffix))
	there, err3 := isFolder(root, name)
	return ready || old, old && !ready && there, away(errors.Join(err1, err2, err3))
}

// Swap puts what is ready into the place of the volume, and what the volume held
// beside it. It is safe to repeat.
func (d *Directory) Swap(ctx context.Context, v seedbed.Volume, mark string) error {
	folder, name, err := stagingOf(v, mark)
	if err != nil {
		return err
	}
	_, swapped, err := d.Staged(ctx, v, mark)
	if err != nil || swapped {
		return err
	}
	root, err := d.open(ctx)
	if err != nil {
		return err
	}
	d.changing.Lock()
	defer d.changing.Unlock()
	if err := putOldAside(root, name, path.Join(folder, v.Name+oldSuffix)); err != nil {
		return fmt.Errorf("put volume %s aside: %w", name, away(err))
	}
	if err := root.MkdirAll(v.Owner, aroundMode); err != nil {
		return fmt.Errorf("make room for volume %s: %w", name, away(err))
	}
	if err := root.Rename(path.Join(folder, v.Name+readySuffix), name); err != nil {
		return fmt.Errorf("put volume %s into place: %w", name, away(err))
	}
	return syncFolder(root, v.Owner)
}

// putOldAside leaves a folder old in any case: it tells that a swap was begun.
func putOldAside(root *os.Root, name, old string) error {
	if there, err := isFolder(root, old); there || err != nil {
		return err
	}
	err := root.Rename(name, old)
	if errors.Is(err, fs.ErrNotExist) {
		return root.Mkdir(old, 0o700)
	}
	return err
}

// Swap takes the limit off the old volume first; Ensure gives it to the new one.
func (g *Gluster) Swap(ctx context.Context, v seedbed.Volume, mark string) error {
	_, swapped, err := g.Staged(ctx, v, mark)
	if err != nil || swapped {
		return err
	}
	there, err := g.Exists(ctx, v)
	if err == nil && there {
		err = g.unlimit(ctx, v)
	}
	if err != nil {
		return err
	}
	return g.Directory.Swap(ctx, v, mark)
}

// Note keeps a word about a replacement, until Unstage.
func (d *Directory) Note(ctx context.Context, owner, mark, word string) error {
	folder, _, err := stagingOf(seedbed.Volume{Owner: owner, Name: word}, mark)
	if err != nil {
		return err
	}
	root, err := d.open(ctx)
	if err != nil {
		return err
	}
	if err := root.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make room for notes: %w", away(err))
	}
	if err := writeSynced(root, path.Join(folder, word), "done\n"); err != nil {
		return fmt.Errorf("note %q: %w", word, away(err))
	}
	return syncFolder(root, folder)
}

// Noted reports whether the word was kept.
func (d *Directory) Noted(ctx context.Context, owner, mark, word string) (bool, error) {
	folder, _, err := stagingOf(seedbed.Volume{Owner: owner, Name: word}, mark)
	if err != nil {
		return false, err
	}
	root, err := d.open(ctx)
	if err != nil {
		return false, err
	}
	_, err = root.Lstat(path.Join(folder, word))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, away(err)
}

// Unstage deletes all that replacements of an owner's volumes have left, but
// those of keep.
func (d *Directory) Unstage(ctx context.Context, owner, keep string) error {
	if _, err := nameOf(seedbed.Volume{Owner: owner, Name: "x"}); err != nil {
		return err
	}
	root, err := d.open(ctx)
	if err != nil {
		return err
	}
	folder := path.Join(stagingFolder, owner)
	entries, err := fs.ReadDir(root.FS(), folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.Name() != keep {
			err = errors.Join(err, root.RemoveAll(path.Join(folder, e.Name())))
		}
	}
	_ = root.Remove(folder) // refused while it holds something
	return away(err)
}
