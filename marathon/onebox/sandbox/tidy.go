package sandbox

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// maxRuns is how many ended runs are kept, whatever they take: an app that fails
// at once may have hundreds of thousands, and every reader lists them.
const maxRuns = 1000

// Tidy deletes what is kept of runs that have ended, as far as it is too old,
// takes too much space, or is one too many. living tells which runs have not ended. It is safe to
// repeat.
func (s *Store) Tidy(living map[string]bool) error {
	all, err := s.Notes()
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b Note) int { return b.last().Compare(a.last()) })
	var space int64
	ended := 0
	for _, n := range all {
		if living[n.Task] {
			continue
		}
		ended++
		space += s.space(n.Task) + s.boxed(n)
		if s.cfg.Now().Sub(n.last()) > s.cfg.Keep || space > s.cfg.Space || ended > maxRuns {
			err = errors.Join(err, s.remove(n.Task))
		}
	}
	return err
}

// Discard deletes all that is kept of a run that never began. It is safe to repeat.
func (s *Store) Discard(task string) error {
	if !taskGrammar.MatchString(task) {
		return fmt.Errorf("%q cannot name a sandbox", task)
	}
	return s.remove(task)
}

// last is when a run was last heard of.
func (n Note) last() time.Time {
	at := n.Began
	for _, m := range n.Files {
		if m.Last.After(at) {
			at = m.Last
		}
	}
	if n.Ended.After(at) {
		return n.Ended
	}
	return at
}

func (s *Store) space(task string) (sum int64) {
	for _, name := range files {
		sum += max(0, s.size(task+"/"+name)) + max(0, s.size(task+"/"+name+".1"))
	}
	return sum
}

// boxed is how much the box of an ended run takes. It is looked at once, for
// nobody writes there any more.
func (s *Store) boxed(n Note) int64 {
	if n.Box != 0 {
		return max(0, n.Box)
	}
	n.Box = s.boxSize(n.Task)
	if n.Box == 0 {
		n.Box = -1
	}
	s.noting.Lock()
	defer s.noting.Unlock()
	if kept, err := s.note(n.Task); err == nil {
		kept.Box = n.Box
		_ = s.write(kept) // it is looked at again, then
	}
	return max(0, n.Box)
}

// remove deletes the note last, so that what was cut off is done again.
func (s *Store) remove(task string) error {
	if err := s.runs.RemoveAll(task); err != nil {
		return fmt.Errorf("delete the log of %s: %w", task, err)
	}
	if err := s.boxes.RemoveAll(task); err != nil {
		return fmt.Errorf("delete the sandbox of %s: %w", task, err)
	}
	if err := s.notes.Remove(task + noteSuffix); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("delete the log of %s: %w", task, err)
	}
	return nil
}
