// Package program runs the client programs of database servers, such as pg_dump,
// on this machine: with an argument list and never a shell, with an environment
// that holds what it is given and nothing else, and with the last words of a
// program that failed in the error.
//
// It knows no server and no password; secrets go into Env, never into Args.
package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"seedbed"
)

const (
	// wordsMax is how many bytes of a program's complaints are kept.
	wordsMax = 2000
	// partingTime is how long a program that was stopped may hold its pipes.
	partingTime = 5 * time.Second
)

// Run is one run of a program.
type Run struct {
	Path    string   // absolute
	Package string   // of Debian that brings it, for the person who has to install it
	Args    []string // without the program's name; no secrets
	Env     []string // "NAME=value"; besides these there are PATH and a UTF-8 locale
	In      io.Reader
	Out     io.Writer
}

// Do runs the program to its end, or until ctx ends. A program that is not on
// the machine is an Unavailable error. What it had written to Out by then stays
// written.
func (r Run) Do(ctx context.Context) error {
	words := &tail{}
	cmd := exec.CommandContext(ctx, r.Path, r.Args...)
	cmd.Env = append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"}, r.Env...)
	cmd.Dir, cmd.WaitDelay = "/", partingTime
	in, out := &failing{reader: r.In}, &failing{writer: r.Out}
	cmd.Stderr = words
	if r.In != nil {
		cmd.Stdin = in
	}
	if r.Out != nil {
		cmd.Stdout = out
	}
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) || isMissing(err) {
		return &seedbed.Error{Code: seedbed.Unavailable, Err: err, Message: "The program " + filepath.Base(r.Path) +
			" is missing on this machine. Install Debian's package " + r.Package + " and try again."}
	}
	// What we could not read or write explains more than the program's broken
	// pipe does.
	if cause := errors.Join(in.err, out.err, ctx.Err()); err != nil && cause != nil {
		return fmt.Errorf("run %s: %w", filepath.Base(r.Path), cause)
	}
	if err != nil {
		return fmt.Errorf("run %s: %w: %s", filepath.Base(r.Path), err, words)
	}
	return nil
}

func isMissing(err error) bool {
	var started *exec.ExitError
	return err != nil && !errors.As(err, &started) && strings.Contains(err.Error(), "no such file or directory")
}

// failing remembers the error of a reader or writer.
type failing struct {
	reader io.Reader
	writer io.Writer
	err    error
}

// Read reads from the reader.
func (f *failing) Read(p []byte) (int, error) {
	n, err := f.reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// Write writes to the writer.
func (f *failing) Write(p []byte) (int, error) {
	n, err := f.writer.Write(p)
	if err != nil {
		f.err = err
	}
	return n, err
}

// tail keeps the last bytes that were written to it.
type tail struct{ text []byte }

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if extra := len(t.text) - wordsMax; extra > 0 {
		t.text = t.text[extra:]
	}
	return len(p), nil
}

// String returns what was kept, in one line.
func (t *tail) String() string {
	return strings.ToValidUTF8(strings.Join(strings.Fields(string(t.text)), " "), "")
}
