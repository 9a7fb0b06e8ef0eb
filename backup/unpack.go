package backup

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// unpack writes what pack wrote into an empty folder. Everything goes through
// the folder's os.Root, so no name and no link leads out of it; what is neither
// file, folder nor link, or more than was told, is refused.
func unpack(ctx context.Context, root *os.Root, r io.Reader, told packed) error {
	zip, err := gzip.NewReader(bufio.NewReaderSize(until{ctx, r}, 1<<20))
	if err != nil {
		return damaged("an archive in it cannot be read.", err)
	}
	defer zip.Close()
	u := unpacker{root: root, tar: tar.NewReader(zip), left: told.Bytes, files: told.Files}
	for {
		h, err := u.tar.Next()
		if errors.Is(err, io.EOF) {
			return u.finish()
		}
		if err != nil {
			return broken(ctx, err)
		}
		if err := u.entry(h); err != nil {
			return broken(ctx, err)
		}
	}
}

// broken tells a damaged archive from trouble of our own.
func broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, sign := range []error{tar.ErrHeader, gzip.ErrChecksum, gzip.ErrHeader, io.ErrUnexpectedEOF} {
		if errors.Is(err, sign) {
			return damaged("an archive in it cannot be read.", err)
		}
	}
	return err
}

type unpacker struct {
	root    *os.Root
	tar     *tar.Reader
	left    int64 // bytes that files may still have
	files   int64 // that may still come
	folders []*tar.Header
}

func (u *unpacker) entry(h *tar.Header) error {
	name := path.Clean(h.Name)
	if path.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") || strings.ContainsRune(name, 0) {
		return damaged(fmt.Sprintf("an archive in it has the name %q, which leads to another place.", h.Name), nil)
	}
	h.Name = name
	switch h.Typeflag {
	case tar.TypeDir:
		u.folders = append(u.folders, h)
		return ignoreThere(u.root.Mkdir(name, 0o700))
	case tar.TypeSymlink:
		return errors.Join(u.root.Symlink(h.Linkname, name), u.root.Lchown(name, h.Uid, h.Gid))
	case tar.TypeReg:
		return u.file(h)
	}
	return damaged(fmt.Sprintf("an archive in it has %q, which is neither file nor folder nor link.", h.Name), nil)
}

func (u *unpacker) file(h *tar.Header) error {
	u.left -= h.Size
	u.files--
	if u.left < 0 || u.files < 0 {
		return damaged("an archive in it holds more than it says.", nil)
	}
	f, err := u.root.OpenFile(h.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = writeSparse(f, u.tar, h.Size)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return u.dress(h, fs.ModePerm)
}

// finish gives folders their rights and times, the innermost first: before, we
// could not have written into them.
func (u *unpacker) finish() error {
	for i := len(u.folders) - 1; i >= 0; i-- {
		if err := u.dress(u.folders[i], fs.ModePerm|fs.ModeSetgid|fs.ModeSticky); err != nil {
			return err
		}
	}
	return nil
}

// dress gives a file or folder its owner, those of its rights that it may have,
// and its time. No file gets the right to run as somebody else.
func (u *unpacker) dress(h *tar.Header, may fs.FileMode) error {
	mode := h.FileInfo().Mode() & may
	return errors.Join(
		u.root.Lchown(h.Name, h.Uid, h.Gid),
		u.root.Chmod(h.Name, mode),
		u.root.Chtimes(h.Name, h.ModTime, h.ModTime))
}

func ignoreThere(err error) error {
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
