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
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/therootcompany/xz"
)

// What a zip says of its files is read at once, so it is bounded.
const maxZipDirectory = 32 << 20

// What a name in an archive may have: bytes, as in Linux, and folders, for each of
// them costs time whenever it is walked through.
const (
	longestName = 4095
	deepest     = 100
)

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
func unxz(r io.Reader) (io.Reader, error)   { return xz.NewReader(r, maxDictionary) }

// maxDictionary is the most memory, in bytes, that an .xz archive may ask for: what
// the highest level of xz needs. Archives can name up to 4 GiB.
const maxDictionary = 64 << 20

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
		if err := left.clear(box, strings.TrimSuffix(name, ".gz")); err != nil {
			return err
		}
		return write(box, strings.TrimSuffix(name, ".gz"), 0o644, left.reader(ctx, in))
	}
	return nil
}

func untar(ctx context.Context, box *os.Root, in io.Reader, left *budget) error {
	// What is between the files is bounded, too, for it could be endless. It is not
	// what the files are: those with holes are larger than the archive.
	r := tar.NewReader(newBudget(2*left.left+1<<20, 0).reader(ctx, in))
	for {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := untarOne(ctx, box, head, r, left); err != nil {
			return about(head.Name, err)
		}
	}
}

// about says which file of an archive an error is about.
func about(name string, err error) error {
	const enough = 200
	return fmt.Errorf("%q: %w", name[:min(len(name), enough)], err)
}

func untarOne(ctx context.Context, box *os.Root, head *tar.Header, r io.Reader, left *budget) error {
	name, err := inBox(head.Name)
	if err != nil {
		return err
	}
	switch head.Typeflag {
	case tar.TypeDir:
		return left.folder(box, name)
	case tar.TypeReg, tar.TypeGNUSparse:
		if err := errors.Join(left.takes(head.Size), left.clear(box, name)); err != nil {
			return err
		}
		return write(box, name, readable(head.FileInfo().Mode()), left.reader(ctx, r))
	case tar.TypeSymlink:
		return link(box, name, head.Linkname, left)
	case tar.TypeLink:
		return hardLink(box, name, head.Linkname, left)
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
	directory := &bounded{file, maxZipDirectory}
	r, err := zip.NewReader(directory, info.Size())
	if err != nil {
		return err
	}
	directory.left = math.MaxInt64
	for _, f := range r.File {
		if err := unzipOne(ctx, box, f, left); err != nil {
			return about(f.Name, err)
		}
	}
	return nil
}

// bounded is a file of which only so much is read.
type bounded struct {
	file io.ReaderAt
	left int64
}

func (b *bounded) ReadAt(p []byte, at int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errors.New("it says too much of its files")
	}
	return b.file.ReadAt(p, at)
}

func unzipOne(ctx context.Context, box *os.Root, f *zip.File, left *budget) error {
	name, err := inBox(f.Name)
	if err != nil {
		return err
	}
	if f.Mode().IsDir() {
		return left.folder(box, name)
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	content := left.reader(ctx, in)
	switch f.Mode().Type() {
	case 0:
		if f.UncompressedSize64 > math.MaxInt64 {
			return left.takes(math.MaxInt64)
		}
		if err := errors.Join(left.takes(int64(f.UncompressedSize64)), left.clear(box, name)); err != nil {
			return err
		}
		return write(box, name, readable(f.Mode()), content)
	case fs.ModeSymlink:
		const longest = 4096
		to, err := io.ReadAll(io.LimitReader(content, longest))
		if err != nil {
			return err
		}
		return link(box, name, string(to), left)
	}
	return errors.New("it is neither a file nor a folder nor a link")
}

// inBox returns a name of an archive as one in the box.
func inBox(name string) (string, error) {
	if len(name) > longestName {
		return "", errors.New("its name is too long")
	}
	name = path.Clean(name)
	if strings.Count(name, "/") > deepest {
		return "", fmt.Errorf("it is more than %d folders deep", deepest)
	}
	if !filepath.IsLocal(name) || strings.ContainsRune(name, 0) {
		return "", errors.New("it would be outside of the sandbox")
	}
	return name, nil
}

// link makes a link that does not lead out of the box.
func link(box *os.Root, name, to string, left *budget) error {
	if path.IsAbs(to) || !filepath.IsLocal(path.Join(path.Dir(name), to)) {
		return errors.New("the link leads out of the sandbox")
	}
	if err := left.clear(box, name); err != nil {
		return err
	}
	return box.Symlink(to, name)
}

// hardLink gives a file of the box a second name. A link that had one elsewhere
// would lead elsewhere.
func hardLink(box *os.Root, name, to string, left *budget) error {
	to, err := inBox(to)
	if err != nil {
		return err
	}
	if info, err := box.Lstat(to); err != nil || !info.Mode().IsRegular() {
		return errors.New("what it is a second name of is no file of the archive")
	}
	if to == name {
		return nil
	}
	if err := errors.Join(left.folder(box, path.Dir(to)), left.clear(box, name)); err != nil {
		return err
	}
	return box.Link(to, name)
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
