// Package fetcher gets the files that a task asks for into its sandbox, as
// Mesos' fetcher does: from folders of the machine that are allowed, or by http
// and https from the internet; and unpacks archives.
//
// Neither an address nor an archive leads to where it must not: the machine's own
// and private networks are refused when a connection is made, whatever name led
// there, and everything is written through an os.Root.
//
// It keeps nothing: what is asked for again is fetched again.
package fetcher

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"
)

// Config says what may be fetched. The zero value allows what is on the internet.
type Config struct {
	// Roots are the absolute folders of the machine below which files may be
	// fetched. Empty means none.
	Roots []string
	// Allow are hosts that are trusted though they are in a private network: names,
	// addresses, and networks such as 10.0.0.0/24.
	Allow []string
	// MaxBytes is how many bytes one task may fetch, and how many what it fetched
	// may become when it is unpacked. Default: 4 GiB.
	MaxBytes int64
	// MaxFiles is how many files, folders and links one task may have from what it
	// fetches. Default: 100,000.
	MaxFiles int
	// Timeout is how long all that one task fetches may take. Default: 30 minutes.
	Timeout time.Duration
}

// Fetcher fetches. It may be used by several goroutines.
type Fetcher struct {
	cfg    Config
	client *http.Client
}

// Item is one thing to fetch.
type Item struct {
	URI        string
	Extract    bool   // if its name says that it is an archive
	Executable bool   // may be run; it is not unpacked then
	DestPath   string // in the sandbox; empty means the last part of the URI
}

// New returns a Fetcher.
func New(cfg Config) (*Fetcher, error) {
	cfg.MaxBytes = cmp.Or(cfg.MaxBytes, 4<<30)
	cfg.MaxFiles = cmp.Or(cfg.MaxFiles, 100_000)
	cfg.Timeout = cmp.Or(cfg.Timeout, 30*time.Minute)
	may, err := newAllowed(cfg.Allow)
	if err != nil {
		return nil, err
	}
	return &Fetcher{cfg: cfg, client: newClient(may)}, nil
}

// Fetch puts the items into box, one after the other. owner, unless it is 0, is
// the user and group that the files are then given to, where this process may do
// that. What an error leaves behind is to be thrown away. Errors are sentences
// for people and tell nothing of an address but its host and path.
func (f *Fetcher) Fetch(ctx context.Context, box *os.Root, items []Item, owner int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, f.cfg.Timeout, fmt.Errorf("it took longer than %v", f.cfg.Timeout))
	defer cancel()
	fetched, unpacked := newBudget(f.cfg.MaxBytes, f.cfg.MaxFiles), newBudget(f.cfg.MaxBytes, f.cfg.MaxFiles)
	for _, item := range items {
		if err := f.one(ctx, box, item, fetched, unpacked); err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return fmt.Errorf("fetching %s failed: %w", shown(item.URI), err)
		}
	}
	return give(box, owner)
}

func (f *Fetcher) one(ctx context.Context, box *os.Root, item Item, fetched, unpacked *budget) error {
	u, err := url.Parse(item.URI)
	if err != nil {
		return fmt.Errorf("the address has invalid syntax")
	}
	name := cmp.Or(item.DestPath, path.Base(u.Path))
	if !fs.ValidPath(name) || name == "." {
		return fmt.Errorf("%q is no name for a file", name)
	}
	in, err := f.open(ctx, u, fetched)
	if err != nil {
		return err
	}
	defer in.Close()
	mode := fs.FileMode(0o644)
	if item.Executable {
		mode = 0o755
	}
	if err := unpacked.another(); err != nil {
		return err
	}
	if err := write(box, name, mode, fetched.reader(ctx, in)); err != nil {
		return err
	}
	if !item.Extract || item.Executable {
		return nil
	}
	return unpack(ctx, box, name, unpacked)
}

func (f *Fetcher) open(ctx context.Context, u *url.URL, left *budget) (io.ReadCloser, error) {
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		return f.get(ctx, u, left)
	case "", "file":
		return f.local(u.Path)
	}
	return nil, fmt.Errorf("only files of the machine and http or https addresses can be fetched")
}

// write puts a file in place of whatever is there.
func write(box *os.Root, name string, mode fs.FileMode, in io.Reader) error {
	if err := box.MkdirAll(path.Dir(name), 0o755); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	if err := box.RemoveAll(name); err != nil {
		return fmt.Errorf("replace a file: %w", err)
	}
	out, err := box.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("write a file: %w", err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	if err := out.Chmod(mode); err != nil { // whatever the process's own mask is
		return fmt.Errorf("write a file: %w", err)
	}
	return out.Close()
}

// give makes owner the owner of everything in box. Where this process may not,
// the files stay readable to all in the sandbox.
func give(box *os.Root, owner int) error {
	if owner == 0 || os.Geteuid() != 0 {
		return nil
	}
	return fs.WalkDir(box.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("give the files to the task: %w", err)
		}
		if err := box.Lchown(name, owner, owner); err != nil {
			return fmt.Errorf("give the files to the task: %w", err)
		}
		return nil
	})
}

// shown is an address without what may be secret in it: passwords and queries.
func shown(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return "a file"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
