package storage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"seedbed"
)

// Work in progress lies in the volume itself, under names that no upload can
// have, so that moving it into place can never lead into another volume. The
// word after the prefix says how far it has come:
//
//	new      being written; worth nothing yet
//	replace  whole; what was there is being put aside
//	merge    whole; being moved into place
//	old      put aside, to be deleted
//	put      a single file being written
const (
	workPrefix    = ".seedbed-"
	newPrefix     = workPrefix + "new-"
	replacePrefix = workPrefix + "replace-"
	mergePrefix   = workPrefix + "merge-"
	oldPrefix     = workPrefix + "old-"
)

// UnpackOptions says what becomes of the files that are there already.
type UnpackOptions struct {
	// Replace removes everything that is not in the zip. Otherwise only files
	// of the same names are replaced.
	Replace bool
}

// Unpack writes the files that a zip of the given size holds and returns their
// number. A zip with anything in it that is not a plain file or folder with a
// plain name, or with too much, is refused whole: then the volume is as it was,
// and the error is Invalid, beside the field "file". Once all is unpacked it
// will be there, even if the program is killed while it is moved into place;
// a power cut within the next seconds may lose it. A volume that is removed
// meanwhile is a NotFound error.
func (d *Directory) Unpack(ctx context.Context, v seedbed.Volume, r io.ReaderAt, size int64, o UnpackOptions) (int, error) {
	files, err := readContents(r, size)
	if err != nil {
		return 0, wholly(err)
	}
	root, err := d.openVolume(ctx, v)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	fresh := newPrefix + rand.Text()
	defer root.RemoveAll(fresh) // gone already if all went well
	if err := unpackInto(ctx, root, fresh, files); err != nil {
		return 0, d.orGone(ctx, v, fmt.Errorf("unpack: %w", wholly(outOfSpace(err))))
	}
	d.changing.Lock()
	defer d.changing.Unlock()
	if err := d.orGone(ctx, v, nil); err != nil {
		return 0, err
	}
	if err := commit(root, fresh, o); err != nil {
		return 0, fmt.Errorf("move what was unpacked into place: %w", err)
	}
	return len(files), nil
}

// wholly adds to the sentence about what is wrong with a zip that all of it is
// refused.
func wholly(err error) error {
	var e *seedbed.Error
	if !errors.As(err, &e) || e.Code != seedbed.Invalid {
		return err
	}
	told := *e
	told.Message, told.Err = e.Message+" Nothing of the zip was kept.", err
	return &told
}

// unpackInto writes all files into a new folder.
func unpackInto(ctx context.Context, root *os.Root, fresh string, files []packed) error {
	if err := makeFolder(root, fresh); err != nil {
		return err
	}
	inside, err := root.OpenRoot(fresh)
	if err != nil {
		return err
	}
	defer inside.Close()
	untilEnd := func(r io.Reader) io.Reader { return &contextReader{ctx, r} }
	left := int64(MaxUnpacked)
	for _, f := range files {
		if err := makeFolders(inside, path.Dir(f.name)); err != nil {
			return err
		}
		n, err := extract(inside, f, left, untilEnd)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// commit is the point from which an upload counts: renaming it is a single act.
func commit(root *os.Root, fresh string, o UnpackOptions) error {
	ready := mergePrefix + rand.Text()
	if o.Replace {
		ready = replacePrefix + rand.Text()
	}
	if err := root.Rename(fresh, ready); err != nil {
		return err
	}
	return finish(root, ready)
}

// finish does what is left to do with an upload that counts. It may be stopped
// anywhere and called again.
func finish(root *os.Root, ready string) error {
	old := oldPrefix + rand.Text()
	if err := root.Mkdir(old, 0o700); err != nil {
		return err
	}
	if suffix, replace := strings.CutPrefix(ready, replacePrefix); replace {
		if err := putAside(root, old); err != nil {
			return err
		}
		merging := mergePrefix + suffix
		if err := root.Rename(ready, merging); err != nil {
			return err
		}
		ready = merging
	}
	m := merger{root: root, old: old}
	if err := m.merge(ready, "."); err != nil {
		return err
	}
	return errors.Join(root.RemoveAll(ready), root.RemoveAll(old), syncFolder(root, "."))
}

// putAside moves all that is in a volume into the folder old.
func putAside(root *os.Root, old string) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), workPrefix) {
			continue
		}
		if err := root.Rename(e.Name(), path.Join(old, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// merger moves a tree over another one.
type merger struct {
	root  *os.Root
	old   string // takes folders that are in the way
	moved int
}

// merge moves all that is in the folder from to the folder to, which exists. It
// enters real folders only, never links to some.
func (m *merger) merge(from, to string) error {
	entries, err := fs.ReadDir(m.root.FS(), from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := m.move(path.Join(from, e.Name()), path.Join(to, e.Name()), e.IsDir()); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) move(from, to string, isFolder bool) error {
	there, err := m.root.Lstat(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case isFolder && there.IsDir():
		return m.merge(from, to)
	case isFolder || there.IsDir():
		m.moved++
		if err := m.root.Rename(to, path.Join(m.old, "in-the-way-"+strconv.Itoa(m.moved))); err != nil {
			return err
		}
	}
	return m.root.Rename(from, to)
}

// recoverUploads finishes the uploads that count and deletes the others, in all
// volumes. A volume in which this fails is left for the next time: it keeps no
// other site from working.
func recoverUploads(root *os.Root) error {
	volumes, err := fs.Glob(root.FS(), "*/*")
	if err != nil {
		return fmt.Errorf("list volumes: %w", err)
	}
	for _, name := range volumes {
		owner, volume := path.Split(name)
		if _, err := nameOf(seedbed.Volume{Owner: strings.TrimSuffix(owner, "/"), Name: volume}); err != nil {
			continue
		}
		if inside, err := root.OpenRoot(name); err == nil {
			_ = recoverVolume(inside)
			inside.Close()
		}
	}
	return nil
}

func recoverVolume(root *os.Root) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	for _, e := range entries {
		name := e.Name()
		switch {
		case !strings.HasPrefix(name, workPrefix):
		case e.IsDir() && (strings.HasPrefix(name, mergePrefix) || strings.HasPrefix(name, replacePrefix)):
			err = errors.Join(err, finish(root, name))
		default:
			err = errors.Join(err, root.RemoveAll(name))
		}
	}
	return err
}
