package storage

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/text/unicode/norm"

	"seedbed"
)

const (
	// MaxFile is the size of the biggest file that people can upload, in bytes.
	MaxFile = 512 << 20
	// MaxListed is how many files Files returns at most.
	MaxListed = 1000

	fileMode   = 0o644
	folderMode = 0o755
)

// File is one file of a volume.
type File struct {
	Name     string // with its folders, "css/site.css"
	Size     int64  // in bytes
	Modified time.Time
}

// Put writes one file, in place of one of the same name, all or nothing. name
// may have folders, with slashes between them; they are made. Letters with
// accents get the form in which links are typed (NFC). Trouble with the
// name or the size is an Invalid error beside the field "file"; a volume that
// is removed meanwhile is a NotFound error.
func (d *Directory) Put(ctx context.Context, v seedbed.Volume, name string, r io.Reader) error {
	name = norm.NFC.String(name)
	if err := checkName(name); err != nil {
		return err
	}
	root, err := d.openVolume(ctx, v)
	if err != nil {
		return err
	}
	defer root.Close()
	draft := workPrefix + "put-" + rand.Text()
	defer root.Remove(draft) // gone already if all went well
	if err := writeDraft(ctx, root, draft, r); err != nil {
		return d.orGone(ctx, v, fmt.Errorf("write %q: %w", name, outOfSpace(err)))
	}
	d.changing.Lock()
	defer d.changing.Unlock()
	if err := d.orGone(ctx, v, nil); err != nil {
		return err
	}
	return place(root, draft, name)
}

func writeDraft(ctx context.Context, root *os.Root, draft string, r io.Reader) error {
	file, err := root.OpenFile(draft, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
	if err != nil {
		return err
	}
	n, err := io.Copy(file, io.LimitReader(&contextReader{ctx, r}, MaxFile+1))
	if err == nil && n > MaxFile {
		err = refuse("This file is larger than %d MB.", MaxFile>>20)
	}
	if err == nil {
		err = errors.Join(file.Chmod(fileMode), file.Sync())
	}
	return errors.Join(err, file.Close())
}

// place gives a finished draft its name.
func place(root *os.Root, draft, name string) error {
	if info, err := root.Lstat(name); err == nil && info.IsDir() {
		return refuse("There is a folder called %s already. Give the file another name.", show(name))
	}
	if err := makeFolders(root, path.Dir(name)); err != nil {
		return err
	}
	if err := root.Rename(draft, name); err != nil {
		return fmt.Errorf("put %q in its place: %w", name, err)
	}
	return syncFolder(root, path.Dir(name))
}

// makeFolders makes a folder with those around it, readable for everybody.
func makeFolders(root *os.Root, folder string) error {
	if folder == "." {
		return nil
	}
	for i, c := range folder + "/" {
		if c != '/' {
			continue
		}
		if err := makeFolder(root, folder[:i]); err != nil {
			return err
		}
	}
	return nil
}

func makeFolder(root *os.Root, folder string) error {
	err := root.Mkdir(folder, folderMode)
	if err == nil {
		return root.Chmod(folder, folderMode) // Mkdir heeds the umask
	}
	if info, statErr := root.Lstat(folder); statErr == nil && info.IsDir() {
		return nil
	}
	if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTDIR) {
		return refuse("There is a file called %s already, so it cannot be a folder too. Delete that file first.", show(folder))
	}
	return fmt.Errorf("make folder %q: %w", folder, err)
}

// syncFolder makes names in a folder survive a power cut.
func syncFolder(root *os.Root, folder string) error {
	f, err := root.Open(folder)
	if err != nil {
		return fmt.Errorf("open folder %q: %w", folder, err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync folder %q: %w", folder, err)
	}
	return nil
}

// Files returns the first MaxListed files of a volume by name, and whether
// there are more. Files whose name begins with a dot, and what is in such
// folders, are not counted; links are never followed.
func (d *Directory) Files(ctx context.Context, v seedbed.Volume) (files []File, cut bool, err error) {
	root, err := d.openVolume(ctx, v)
	if err != nil {
		return nil, false, err
	}
	defer root.Close()
	err = walk(ctx, root, func(name string, info fs.FileInfo) {
		if !strings.HasPrefix(path.Base(name), ".") {
			files = append(files, File{Name: name, Size: info.Size(), Modified: info.ModTime()})
		}
	}, skipDots)
	if err != nil {
		return nil, false, fmt.Errorf("list files: %w", err)
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	if len(files) > MaxListed {
		return files[:MaxListed:MaxListed], true, nil
	}
	return files, false, nil
}

func skipDots(name string) bool { return strings.HasPrefix(path.Base(name), ".") }

func skipNothing(string) bool { return false }

// walk visits every regular file, unless it is in a folder that is skipped.
// Files that go away meanwhile are left out: a container may be at work.
func walk(ctx context.Context, root *os.Root, visit func(name string, info fs.FileInfo), skip func(folder string) bool) error {
	return fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
			return nil // gone meanwhile, or a name that no upload can have
		case err != nil:
			return err
		case e.IsDir() && name != "." && skip(name):
			return fs.SkipDir
		case !e.Type().IsRegular():
			return nil
		}
		info, err := e.Info()
		if err == nil {
			visit(name, info)
		}
		return ignoreMissing(err)
	})
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Delete removes one file, and the folders that are empty without it. One that
// is not there is a NotFound error.
func (d *Directory) Delete(ctx context.Context, v seedbed.Volume, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	root, err := d.openVolume(ctx, v)
	if err != nil {
		return err
	}
	defer root.Close()
	d.changing.Lock()
	defer d.changing.Unlock()
	info, err := root.Lstat(name)
	if err != nil || info.IsDir() {
		return seedbed.Missing("There is no file called " + show(name) + " any more.")
	}
	if err := root.Remove(name); err != nil {
		return fmt.Errorf("delete %q: %w", name, err)
	}
	for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
		if root.Remove(folder) != nil {
			break // it holds something
		}
	}
	return nil
}

// contextReader ends with ctx.
type contextReader struct {
	ctx context.Context
	io.Reader
}

// Read fails once ctx has ended.
func (r *contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// outOfSpace says in a sentence that the machine or the volume is full, if that
// is what err says.
func outOfSpace(err error) error {
	if errors.Is(err, syscall.EDQUOT) {
		return &seedbed.Error{Code: seedbed.Unavailable, Field: field, Message: "This site has used up the room that it has for files, so this was not kept and nothing was changed. Delete what is no longer needed, or ask the people who run the machine for more room.", Err: err}
	}
	if errors.Is(err, syscall.ENOSPC) {
		return &seedbed.Error{Code: seedbed.Unavailable, Field: field, Message: "There is no room left for this upload. Nothing was changed. Ask the people who run the machine to make room.", Err: err}
	}
	return err
}
