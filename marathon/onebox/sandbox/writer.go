package sandbox

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	saveEvery = 2 * time.Second // while something is printed
	saveAfter = 256 << 10       // bytes
	// slack is how much earlier than its last line Docker is asked: lines of
	// the two streams may be a little out of order in its log.
	slack = 10 * time.Second
	// maxEntry is how long one entry of Docker's log can be; it cuts lines at
	// 16 KiB.
	maxEntry = 1 << 20
)

// files are the streams by the number that Docker gives them.
var files = map[byte]string{1: "stdout", 2: "stderr"}

// mark says how far one stream of the Docker log has been copied.
type mark struct {
	Last time.Time // the time of the last entry that was copied
	Same int       // how many entries of exactly that time were copied
	Size int64     // of the file, then
}

// Writer copies the Docker log of one run. It may be closed and begun anew at
// any time, also by another process after this one was killed.
type Writer struct {
	store  *Store
	note   Note
	open   map[string]*os.File
	again  map[string]int  // entries of the time Last that were met again
	passed map[string]bool // what comes now is new
	dirty  int             // bytes written since the note was
	saved  time.Time
}

// Begin returns a Writer for a run, which goes on where the last one ended.
func (s *Store) Begin(task, app string) (*Writer, error) {
	if !taskGrammar.MatchString(task) {
		return nil, fmt.Errorf("%q cannot name a log", task)
	}
	n, err := s.note(task)
	if err != nil || n.Files == nil {
		n = Note{Task: task, App: app, Began: s.cfg.Now(), Files: map[string]mark{}}
	}
	if err := s.runs.Mkdir(task, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("make the folder of a log: %w", err)
	}
	w := &Writer{store: s, note: n, open: map[string]*os.File{}}
	if err := s.touch(task); err != nil {
		return nil, errors.Join(err, w.closeFiles())
	}
	return w, errors.Join(w.inspect(), w.save())
}

// touch makes the files, for readers expect both to be there.
func (s *Store) touch(task string) error {
	for _, name := range files {
		f, err := s.runs.OpenFile(task+"/"+name, os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("make a log: %w", err)
		}
		if err := f.Close(); err != nil {
			return fmt.Errorf("make a log: %w", err)
		}
	}
	return nil
}

// inspect compares the note with the files. One that is shorter than noted was
// put aside in the moment before the kill; or else it lost its end with the
// machine's power, and then all is copied anew.
func (w *Writer) inspect() error {
	for name, m := range w.note.Files {
		path := w.note.Task + "/" + name
		switch {
		case w.store.size(path) >= m.Size:
		case w.store.size(path+".1") == m.Size:
			m.Size = 0
			w.note.Files[name] = m
		default:
			return w.forget()
		}
	}
	return nil
}

// forget makes the next copy begin with the first entry that Docker has.
func (w *Writer) forget() error {
	w.note.Files = map[string]mark{}
	for _, name := range files {
		if err := w.store.runs.Remove(w.note.Task + "/" + name + ".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("begin a log anew: %w", err)
		}
	}
	return nil
}

func (s *Store) size(path string) int64 {
	info, err := s.runs.Stat(path)
	if err != nil {
		return -1
	}
	return info.Size()
}

// Since is from when on Docker must be asked, as it takes times: seconds and
// nanoseconds. Empty means from the beginning.
func (w *Writer) Since() string {
	var last time.Time
	for _, m := range w.note.Files {
		if m.Last.After(last) {
			last = m.Last
		}
	}
	if last.IsZero() {
		return ""
	}
	last = last.Add(-slack)
	return fmt.Sprintf("%d.%09d", last.Unix(), last.Nanosecond())
}

// Copy takes Docker's log with times, as its API sends it, until the end of r.
// nil means that r ended where an entry ended.
func (w *Writer) Copy(r io.Reader) error {
	w.again, w.passed = map[string]int{}, map[string]bool{}
	in := bufio.NewReader(r)
	var err error
	for err == nil {
		err = w.copyEntry(in)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, w.save())
}

// copyEntry reads one entry: eight bytes with the stream and the length, then
// the time, a space and what was printed.
func (w *Writer) copyEntry(in *bufio.Reader) error {
	var head [8]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return err // io.EOF at the end, io.ErrUnexpectedEOF within
	}
	name, length := files[head[0]], binary.BigEndian.Uint32(head[4:])
	if name == "" || length > maxEntry {
		return fmt.Errorf("read Docker's log: no entry begins with % x", head)
	}
	entry := make([]byte, length)
	if _, err := io.ReadFull(in, entry); err != nil {
		return errors.Join(io.ErrUnexpectedEOF, err)
	}
	stamp, text, _ := bytes.Cut(entry, []byte(" "))
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return fmt.Errorf("read Docker's log: %w", err)
	}
	return w.take(name, at, text)
}

// take appends an entry to its file, unless it is there already.
func (w *Writer) take(name string, at time.Time, text []byte) error {
	if w.met(name, at) {
		return nil
	}
	f, err := w.file(name, int64(len(text)))
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return fmt.Errorf("write a log: %w", err)
	}
	w.note.Files[name] = w.note.Files[name].after(at, len(text))
	w.dirty += len(text)
	if w.dirty > saveAfter || w.store.cfg.Now().Sub(w.saved) > saveEvery {
		return w.save()
	}
	return nil
}

// met reports whether an entry was copied before. After the first one that was
// not, all are new, even if the machine's clock was set back.
func (w *Writer) met(name string, at time.Time) bool {
	m := w.note.Files[name]
	switch {
	case w.passed[name]:
		return false
	case at.Before(m.Last):
		return true
	case at.Equal(m.Last) && w.again[name] < m.Same:
		w.again[name]++
		return true
	}
	w.passed[name] = true
	return false
}

func (m mark) after(at time.Time, written int) mark {
	switch {
	case at.Equal(m.Last):
		m.Same++
	case at.After(m.Last):
		m.Last, m.Same = at, 1
	}
	m.Size += int64(written)
	return m
}

// file returns the file of a stream, cut to what is noted of it the first time,
// and a new one when it has become too large.
func (w *Writer) file(name string, more int64) (*os.File, error) {
	path := w.note.Task + "/" + name
	if w.open[name] == nil {
		f, err := w.store.runs.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return nil, fmt.Errorf("open a log: %w", err)
		}
		w.open[name] = f
		if err := f.Truncate(w.note.Files[name].Size); err != nil {
			return nil, fmt.Errorf("go on with a log: %w", err)
		}
	}
	if size := w.note.Files[name].Size; size == 0 || size+more <= w.store.cfg.MaxFile {
		return w.open[name], nil
	}
	return w.putAside(name, path)
}

// putAside begins a file anew. The note is right before and after; between the
// two, inspect finds out.
func (w *Writer) putAside(name, path string) (*os.File, error) {
	if err := w.save(); err != nil {
		return nil, err
	}
	if err := w.store.runs.Rename(path, path+".1"); err != nil {
		return nil, fmt.Errorf("put a log aside: %w", err)
	}
	if err := w.open[name].Close(); err != nil {
		return nil, fmt.Errorf("put a log aside: %w", err)
	}
	delete(w.open, name)
	m := w.note.Files[name]
	m.Size = 0
	w.note.Files[name] = m
	f, err := w.file(name, 0)
	if err != nil {
		return nil, err
	}
	return f, w.save()
}

// save writes the note. How the run ended is somebody else's part of it.
func (w *Writer) save() error {
	w.store.noting.Lock()
	defer w.store.noting.Unlock()
	if kept, err := w.store.note(w.note.Task); err == nil {
		w.note.State, w.note.Ended, w.note.Box = kept.State, kept.Ended, kept.Box
	}
	w.dirty, w.saved = 0, w.store.cfg.Now()
	return w.store.write(w.note)
}

// Close notes how far it came.
func (w *Writer) Close() error { return errors.Join(w.save(), w.closeFiles()) }

func (w *Writer) closeFiles() (err error) {
	for _, f := range w.open {
		err = errors.Join(err, f.Close())
	}
	clear(w.open)
	return err
}
