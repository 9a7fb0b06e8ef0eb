// Package sandbox keeps what containers print as files, in one folder a run of
// a container, as a Mesos agent does: stdout and stderr, and of each one older
// part, stdout.1 and stderr.1, that was put aside when it had grown too large.
//
// A Writer copies from Docker's log and can be killed at any moment: what was
// copied is neither lost nor copied twice. Who reads can name only what lies in
// the folder of a run.
//
// Beside it each run has a box: the folder that its container sees as its
// sandbox. Readers see both as one folder.
//
// It does not talk to Docker, starts nothing, and knows of a run no more than
// it is told.
package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"
)

// Config says where and how much is kept. Dir is needed.
type Config struct {
	Dir string // of the store alone; made if it is not there
	// MaxFile is how many bytes a file has before it is put aside. Default: 10
	// MiB.
	MaxFile int64
	// Keep is how long runs that have ended are kept. Default: seven days.
	Keep time.Duration
	// Space is how many bytes the runs that have ended may take together; the
	// oldest go first. Default: 1 GiB.
	Space int64
	Now   func() time.Time // default: time.Now
}

// Store is the folder of all runs. Its methods may be called from several
// goroutines; there may be one Writer a run.
type Store struct {
	cfg   Config
	runs  *os.Root // what readers see: <task>/stdout
	boxes *os.Root // what containers see, and readers beside stdout: <task>/...
	notes *os.Root // what is known of each run: <task>.json

	noting sync.Mutex // held while a note is read and written
}

// Note is what is known of a run besides what it printed.
type Note struct {
	Task  string
	App   string
	Began time.Time
	Ended time.Time `json:",omitzero"` // zero while it runs, or if nobody saw the end
	State string    // as Marathon calls it: "TASK_FAILED"; empty while it runs
	// Files says how far the Docker log has been copied, by the name of the file.
	Files map[string]mark
	// Box is how many bytes the box had when the run had ended; -1 if there were
	// none. 0 means that nobody has looked yet.
	Box int64 `json:",omitempty"`
}

// taskGrammar is what task ids look like; they name folders here.
var taskGrammar = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,250}$`)

// Open returns the store of a folder.
func Open(cfg Config) (*Store, error) {
	cfg.MaxFile = cmp.Or(cfg.MaxFile, 10<<20)
	cfg.Keep = cmp.Or(cfg.Keep, 7*24*time.Hour)
	cfg.Space = cmp.Or(cfg.Space, 1<<30)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	var err error
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil { // Docker and readers take no other
		return nil, fmt.Errorf("find the folder of logs: %w", err)
	}
	s := &Store{cfg: cfg}
	if s.runs, err = openFolder(filepath.Join(cfg.Dir, "runs")); err != nil {
		return nil, err
	}
	if s.notes, err = openFolder(filepath.Join(cfg.Dir, "notes")); err != nil {
		return nil, errors.Join(err, s.runs.Close())
	}
	if s.boxes, err = openFolder(filepath.Join(cfg.Dir, "boxes")); err != nil {
		return nil, errors.Join(err, s.runs.Close(), s.notes.Close())
	}
	return s, nil
}

func openFolder(path string) (*os.Root, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of logs: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open the folder of logs: %w", err)
	}
	return root, nil
}

// Close gives the folders free.
func (s *Store) Close() error { return errors.Join(s.runs.Close(), s.notes.Close(), s.boxes.Close()) }

// Directory is the absolute path by which readers name the folder of a run.
func (s *Store) Directory(task string) string { return filepath.Join(s.runs.Name(), task) }

// End notes how a run ended. A run that is not known is no error: it printed
// nothing that could be kept. It is safe to repeat; the first end counts.
func (s *Store) End(task, state string) error {
	s.noting.Lock()
	defer s.noting.Unlock()
	n, err := s.note(task)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil || n.State != "" {
		return err
	}
	n.State, n.Ended = state, s.cfg.Now()
	return s.write(n)
}

// Notes returns what is known of every run. Notes that cannot be read are left
// out: a log that is not listed harms nobody.
func (s *Store) Notes() ([]Note, error) {
	folder, err := s.notes.Open(".")
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w", err)
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w", err)
	}
	var all []Note
	for _, name := range names {
		if task, ok := trimNote(name); ok {
			if n, err := s.note(task); err == nil {
				all = append(all, n)
			}
		}
	}
	return all, nil
}

const noteSuffix = ".json"

func trimNote(name string) (task string, ok bool) {
	task = name[:max(0, len(name)-len(noteSuffix))]
	return task, task+noteSuffix == name && taskGrammar.MatchString(task)
}

func (s *Store) note(task string) (Note, error) {
	var n Note
	if !taskGrammar.MatchString(task) {
		return n, fmt.Errorf("read the note of a run: %w", os.ErrNotExist)
	}
	text, err := s.notes.ReadFile(task + noteSuffix)
	if err != nil {
		return n, fmt.Errorf("read the note of a run: %w", err)
	}
	if err := json.Unmarshal(text, &n); err != nil {
		return n, fmt.Errorf("read the note of %s: %w", task, err)
	}
	return n, nil
}

// write puts a note in place of the one before, whole or not at all.
func (s *Store) write(n Note) error {
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write the note of %s: %w", n.Task, err)
	}
	if err := s.notes.WriteFile(n.Task+".new", text, 0o600); err != nil {
		return fmt.Errorf("write the note of %s: %w", n.Task, err)
	}
	if err := s.notes.Rename(n.Task+".new", n.Task+noteSuffix); err != nil {
		return fmt.Errorf("write the note of %s: %w", n.Task, err)
	}
	return nil
}
