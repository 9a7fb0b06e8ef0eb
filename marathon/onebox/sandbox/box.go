package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Box makes the folder that the container of a run sees as its sandbox, and
// returns its absolute path. It is not the folder of the logs, for whoever is in
// the container does in it what he likes, and links of his must lead nowhere.
// Everyone may write there, because which user a container has is not known; the
// folder above lets in nobody but the engine. It is safe to repeat.
func (s *Store) Box(task, app string) (string, error) {
	if err := s.begin(task, app); err != nil {
		return "", err
	}
	if err := s.boxes.Mkdir(task, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("make the sandbox: %w", err)
	}
	if err := s.boxes.Chmod(task, 0o777); err != nil {
		return "", fmt.Errorf("open the sandbox to its container: %w", err)
	}
	return filepath.Join(s.boxes.Name(), task), nil
}

// EmptyBox makes a run's box anew, with nothing in it, for what was begun and
// cut off, and returns it.
func (s *Store) EmptyBox(task, app string) (*os.Root, error) {
	if err := s.Empty(task); err != nil {
		return nil, err
	}
	if _, err := s.Box(task, app); err != nil {
		return nil, err
	}
	return s.OpenBox(task)
}

// Empty deletes what is in a run's box, to give the disk back, and the box. It is
// safe to repeat.
func (s *Store) Empty(task string) error {
	if !taskGrammar.MatchString(task) {
		return fmt.Errorf("%q cannot name a sandbox", task)
	}
	if err := s.boxes.RemoveAll(task); err != nil {
		return fmt.Errorf("empty the sandbox: %w", err)
	}
	return nil
}

// OpenBox opens a run's box. No path and no link leads out of what it returns.
func (s *Store) OpenBox(task string) (*os.Root, error) {
	if !taskGrammar.MatchString(task) {
		return nil, ErrNotFound
	}
	box, err := s.boxes.OpenRoot(task)
	if err != nil {
		return nil, fmt.Errorf("open the sandbox: %w", err)
	}
	return box, nil
}

// begin notes a run and makes the folder of its logs, if that has not been done.
func (s *Store) begin(task, app string) error {
	if !taskGrammar.MatchString(task) {
		return fmt.Errorf("%q cannot name a sandbox", task)
	}
	if err := s.runs.Mkdir(task, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make the folder of a log: %w", err)
	}
	if err := s.touch(task); err != nil {
		return err
	}
	s.noting.Lock()
	defer s.noting.Unlock()
	if n, err := s.note(task); err == nil && n.Files != nil {
		return nil
	}
	return s.write(Note{Task: task, App: app, Began: s.cfg.Now(), Files: map[string]mark{}})
}

// boxSize is how many bytes the files in a box have; what cannot be read counts
// nothing.
func (s *Store) boxSize(task string) (sum int64) {
	box, err := s.boxes.OpenRoot(task)
	if err != nil {
		return 0
	}
	defer box.Close()
	_ = fs.WalkDir(box.FS(), ".", func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // see above
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			sum += info.Size()
		}
		return nil
	})
	return sum
}
