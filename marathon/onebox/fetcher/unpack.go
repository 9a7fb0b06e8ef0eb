package fetcher

import (
	"archive/tar"
	"archive/zip"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/ulikunitz/xz"
)

// maxEntries is how many files an archive may have.
const maxEntries = 100_000

// packing is a way to pack files, by the ending of a name.
type packing struct {
	ending string
	open   func(io.Reader) (io.Reader, error)
}

// tars are archives of many files; the endings are those that Mesos knows.
func tars() []packing {
	plain := func(r io.Reader) (io.Reader, error) { return r, nil }
	return []packing{
		{".tar", plain}, {".tar.gz", gunzip}, {".tgz", gunzip}, {".tar.bz2", bunzip}, {".tbz2", bunzip},
		{".tar.xz", unxz}, {".txz", unxz},
	}
}

func gunzip(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
func bunzip(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }
func unxz(r io.Reader) (io.Reader, error) {
	return xz.ReaderConfig{DictCap: 64 << 20}.NewReader(r)
}

// unpack unpacks a file of the box into the box, if its name says that it is an
// archive. The archive stays, as with Mesos.
func unpack(ctx context.Context, box *os.Root, name string, left *budget) error {
	file, err := box.Open(name)
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer file.Close()
	if err := unpackFile(ctx, box, name, file, left); err != nil {
		return fmt.Errorf("unpack it: %w", err)
	}
	return nil
}

func unpackFile(ctx context.Context, box *os.Root, name string, file *os.File, left *budget) error {
	for _, p := range tars() {
		if strings.HasSuffix(name, p.ending) {
			in, err := p.open(file)
			if err != nil {
				return err
			}
			return untar(ctx, box, in, left)
		}
	}
	switch {
	case strings.HasSuffix(name, ".zip"):
		return unzip(ctx, box, file, left)
	case strings.HasSuffix(name, ".gz"):
		in, err := gzip.NewReader(file)
		if err != nil {
			return err
		}
		return write(box, strings.TrimSuffix(name, ".gz"), 0o644, left.reader(ctx, in))
	}
	return nil
}

func untar(ctx context.Context, box *os.Root, in io.Reader, left *budget) error {
	// What is between the files counts, too: it could be endless.
	r := tar.NewReader(left.reader(ctx, in))
	for range maxEntries {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := untarOne(ctx, box, head, r); err != nil {
			return fmt.Errorf("%q: %w", head.Name, err)
		}
	}
	return tooMany()
}

func untarOne(_ context.Context, box *os.Root, head *tar.Header, r io.Reader) error {
	name, err := inBox(head.Name)
	if err != nil {
		return err
	}
	switch head.Typeflag {
	case tar.TypeDir:
		return box.MkdirAll(name, 0o755)
	case tar.TypeReg:
		return write(box, name, readable(head.FileInfo().Mode()), r)
	case tar.TypeSymlink:
		return link(box, name, head.Linkname)
	case tar.TypeLink:
		to, err := inBox(head.Linkname)
		if err != nil {
			return err
		}
		if err := errors.Join(box.MkdirAll(path.Dir(name), 0o755), box.RemoveAll(name)); err != nil {
			return err
		}
		return box.Link(to, name)
	case tar.TypeXGlobalHeader:
		return nil
	}
	return errors.New("it is neither a file nor a folder nor a link")
}

func unzip(ctx context.Context, box *os.Root, file *os.File, left *budget) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	r, err := zip.NewReader(file, info.Size())
	if err != nil {
		return err
	}
	if len(r.File) > maxEntries {
		return tooMany()
	}
	for _, f := range r.File {
		if err := unzipOne(ctx, box, f, left); err != nil {
			return fmt.Errorf("%q: %w", f.Name, err)
		}
	}
	return nil
}

func unzipOne(ctx context.Context, box *os.Root, f *zip.File, left *budget) error {
	name, err := inBox(f.Name)
	if err != nil {
		return err
	}
	if f.Mode().IsDir() {
		return box.MkdirAll(name, 0o755)
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	content := left.reader(ctx, in)
	switch f.Mode().Type() {
	case 0:
		return write(box, name, readable(f.Mode()), content)
	case fs.ModeSymlink:
		const longest = 4096
		to, err := io.ReadAll(io.LimitReader(content, longest))
		if err != nil {
			return err
		}
		return link(box, name, string(to))
	}
	return errors.New("it is neither a file nor a folder nor a link")
}

// inBox returns a name of an archive as one in the box.
func inBox(name string) (string, error) {
	name = path.Clean(name)
	if !filepath.IsLocal(name) || strings.ContainsRune(name, 0) {
		return "", errors.New("it would be outside of the sandbox")
	}
	return name, nil
}

// link makes a link that does not lead out of the box.
func link(box *os.Root, name, to string) error {
	if path.IsAbs(to) || !filepath.IsLocal(path.Join(path.Dir(name), to)) {
		return errors.New("the link leads out of the sandbox")
	}
	if err := errors.Join(box.MkdirAll(path.Dir(name), 0o755), box.RemoveAll(name)); err != nil {
		return err
	}
	return box.Symlink(to, name)
}

// readable are the rights of a file from an archive: whoever the task is, it can
// read it; it never becomes somebody else by it.
func readable(mode fs.FileMode) fs.FileMode {
	mode = mode.Perm()&0o755 | 0o644
	if mode&0o111 != 0 {
		mode |= 0o111
	}
	return mode
}

func tooMany() error { return fmt.Errorf("it has more than %d files", maxEntries) }
