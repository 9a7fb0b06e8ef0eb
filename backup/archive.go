package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"
)

// workPrefix is what uploads that are under way begin with, in the top folder
// of a volume. They are not the site's yet.
const workPrefix = ".seedbed-"

// pack writes all that is in a folder as a compressed tar: files, folders and
// links with their owners, rights and times. Sockets, pipes and devices are left
// out. Files may be written to meanwhile; how many were is told.
func pack(ctx context.Context, root *os.Root, w io.Writer) (packed, error) {
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return packed{}, err
	}
	p := packer{ctx: ctx, root: root, tar: tar.NewWriter(zip)}
	if err := p.folder("."); err != nil {
		return packed{}, err
	}
	return p.told, errors.Join(p.tar.Close(), zip.Close())
}

type packer struct {
	ctx  context.Context
	root *os.Root
	tar  *tar.Writer
	told packed
}

// folder packs a folder and what is in it, by name. One that goes away
// meanwhile is left out.
func (p *packer) folder(name string) error {
	info, err := p.root.Lstat(name)
	if err == nil {
		err = p.header(name, info, "")
	}
	if err != nil {
		return ignoreGone(err)
	}
	f, err := p.root.Open(name)
	if err != nil {
		return ignoreGone(err)
	}
	names, err := f.Readdirnames(-1)
	if err := errors.Join(err, f.Close()); err != nil {
		return ignoreGone(err)
	}
	slices.Sort(names)
	for _, n := range names {
		if name == "." && strings.HasPrefix(n, workPrefix) {
			continue
		}
		if err := p.entry(path.Join(name, n)); err != nil {
			return err
		}
	}
	return nil
}

func (p *packer) entry(name string) error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	info, err := p.root.Lstat(name)
	if err != nil {
		return ignoreGone(err)
	}
	switch info.Mode().Type() {
	case fs.ModeDir:
		return p.folder(name)
	case fs.ModeSymlink:
		target, err := p.root.Readlink(name)
		if err != nil {
			return ignoreGone(err)
		}
		return p.header(name, info, target)
	case 0:
		return p.file(name)
	}
	p.told.LeftOut++
	return nil
}

func (p *packer) header(name string, info fs.FileInfo, target string) error {
	h, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return err
	}
	h.Name, h.Uname, h.Gname, h.Format = name, "", "", tar.FormatPAX
	h.AccessTime, h.ChangeTime = time.Time{}, time.Time{}
	err = p.tar.WriteHeader(h)
	if errors.Is(err, tar.ErrHeader) || err != nil && strings.Contains(err.Error(), "cannot encode header") {
		h.Format = tar.FormatGNU // takes names that are no UTF-8, and whole seconds only
		err = p.tar.WriteHeader(h)
	}
	return err
}

func (p *packer) file(name string) error {
	f, err := p.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return ignoreGone(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		p.told.LeftOut++
		return nil
	}
	if err := p.header(name, info, ""); err != nil {
		return err
	}
	p.told.Files++
	p.told.Bytes += info.Size()
	return p.content(f, info)
}

// content copies as much as the header says; one that shrinks is filled up.
func (p *packer) content(f *os.File, info fs.FileInfo) error {
	n, err := io.Copy(p.tar, io.LimitReader(until{p.ctx, f}, info.Size()))
	if err != nil {
		return err
	}
	after, err := f.Stat()
	if err != nil {
		return err
	}
	if n < info.Size() || after.Size() != info.Size() || !after.ModTime().Equal(info.ModTime()) {
		p.told.Changed++
	}
	_, err = io.CopyN(p.tar, zeros{}, info.Size()-n)
	return err
}

type zeros struct{}

// Read gives as many zeros as there is room for.
func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

const block = 64 << 10

// writeSparse copies a file's content and leaves holes where it is zero.
func writeSparse(f *os.File, r io.Reader, size int64) error {
	buffer := make([]byte, block)
	empty := make([]byte, block)
	for left := size; left > 0; {
		n, err := io.ReadFull(r, buffer[:min(left, block)])
		if err != nil {
			return err
		}
		left -= int64(n)
		if bytes.Equal(buffer[:n], empty[:n]) {
			_, err = f.Seek(int64(n), io.SeekCurrent)
		} else {
			_, err = f.Write(buffer[:n])
		}
		if err != nil {
			return err
		}
	}
	return f.Truncate(size)
}
