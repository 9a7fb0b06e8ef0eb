// Package spool keeps what arrives on the disk where it has to be whole before
// it can be read, such as a zip, whose table of contents is at its end. It does
// not know what it keeps, and limits nothing.
package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Broken is trouble with what was to be kept, and not with keeping it.
type Broken struct{ Err error }

// Error is the cause's.
func (b *Broken) Error() string { return b.Err.Error() }

// Unwrap returns the cause.
func (b *Broken) Unwrap() error { return b.Err }

// Keep reads r to its end and returns a file with all of it, and its size in
// bytes. The file is in folder, the system's own for temporary files if that is
// empty, and has no name any more, so that nothing of it is left whatever
// happens. The caller closes it. An error of r is a Broken one.
func Keep(folder string, r io.Reader) (*os.File, int64, error) {
	file, err := nameless(folder)
	if err != nil {
		return nil, 0, err
	}
	in := &source{Reader: r}
	size, err := io.Copy(file, in)
	if err == nil {
		return file, size, nil
	}
	if in.err != nil {
		err = &Broken{in.err}
	} else {
		err = fmt.Errorf("keep what arrives: %w", err)
	}
	return nil, 0, errors.Join(err, file.Close())
}

func nameless(folder string) (*os.File, error) {
	file, err := os.CreateTemp(folder, "spool-*")
	if err != nil {
		return nil, fmt.Errorf("make a file for what arrives: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("take its name from a file: %w", err), file.Close())
	}
	return file, nil
}

// source remembers what was wrong with reading.
type source struct {
	io.Reader
	err error
}

// Read reads.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
