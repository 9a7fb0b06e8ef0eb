package fetcher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
)

var errTooLarge = errors.New("it is larger than one task may fetch")

// budget is how many bytes and files there may still be.
type budget struct {
	left    int64
	entries int
	most    int             // of entries
	folders map[string]bool // that are there, and no links
}

func newBudget(bytes int64, files int) *budget {
	return &budget{bytes, files, files, map[string]bool{".": true}}
}

// another counts a file, a folder or a link.
func (b *budget) another() error {
	if b.entries--; b.entries < 0 {
		return fmt.Errorf("it has more than %d files", b.most)
	}
	return nil
}

// takes returns an error if so many bytes are too many. It does not count them.
func (b *budget) takes(bytes int64) error {
	if bytes > b.left {
		return errTooLarge
	}
	return nil
}

// folder makes a folder of the box with all that are around it. Links are no
// folders here: what is written through one is elsewhere than its name says.
func (b *budget) folder(box *os.Root, name string) error {
	if b.folders[name] {
		return nil
	}
	if err := b.folder(box, path.Dir(name)); err != nil {
		return err
	}
	info, err := box.Lstat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := errors.Join(b.another(), box.Mkdir(name, 0o755)); err != nil {
			return err
		}
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New("what should be a folder of it is none")
	}
	b.folders[name] = true
	return nil
}

// clear makes place for a file or a link, in a folder that is then there.
func (b *budget) clear(box *os.Root, name string) error {
	if err := errors.Join(b.another(), b.folder(box, path.Dir(name))); err != nil {
		return err
	}
	if b.folders[name] {
		b.folders = map[string]bool{".": true} // it is one no more, nor is what was in it
	}
	return box.RemoveAll(name)
}

type budgeted struct {
	ctx  context.Context
	in   io.Reader
	from *budget
}

// reader returns in, which fails when the budget is spent or ctx has ended.
func (b *budget) reader(ctx context.Context, in io.Reader) io.Reader { return &budgeted{ctx, in, b} }

func (b *budgeted) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.in.Read(p)
	if b.from.left -= int64(n); b.from.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
