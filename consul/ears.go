package consul

import (
	"sync"
	"time"

	"seedbed"
)

// ears keep what the source hinted at until the loop has looked.
type ears struct {
	mu     sync.Mutex
	dirty  map[seedbed.WorkloadID]time.Time // since when
	hints  []seedbed.Hint                   // with facts that the loop has not taken in yet
	missed time.Time                        // hints may have been lost before this; zero if not
	all    time.Time                        // everything may have changed since; zero if not
}

// What is kept at most of a stream that says more than there can be. Beyond it
// all is looked at, and ends have to be proved otherwise.
const (
	maxDirty = 20_000
	maxFacts = 100_000
)

// hear takes in a hint. It never blocks for long.
func (b *Bridge) hear(h seedbed.Hint) {
	b.ears.hear(h, seedbed.WorkloadID(b.Group), time.Now())
	b.poke()
}

func (e *ears) hear(h seedbed.Hint, group seedbed.WorkloadID, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dirty == nil {
		e.dirty = map[seedbed.WorkloadID]time.Time{}
	}
	for _, id := range h.Workloads {
		if _, already := e.dirty[group+id]; !already && len(e.dirty) < maxDirty {
			e.dirty[group+id] = now
		}
	}
	if len(h.Ended)+len(h.Gone) > 0 && len(e.hints) < maxFacts {
		e.hints = append(e.hints, h)
	}
	if h.Missed {
		e.missed = now
	}
	if (h.All || len(e.dirty) >= maxDirty) && e.all.IsZero() {
		e.all = now
	}
}

// wants reports whether all is to be looked at: at once, because hints were
// missed, or soon.
func (e *ears) wants() (missed, asked bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.missed.IsZero(), !e.all.IsZero()
}

// want asks for a look at all.
func (e *ears) want(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.all.IsZero() {
		e.all = now
	}
}

// looked takes in that all was looked at, beginning at a time: what was hinted
// at before that is done with.
func (e *ears) looked(began time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for app, since := range e.dirty {
		if since.Before(began) {
			delete(e.dirty, app)
		}
	}
	if e.missed.Before(began) {
		e.missed = time.Time{}
	}
	if e.all.Before(began) {
		e.all = time.Time{}
	}
}

// take returns the workloads to look at, and since when; none while hints are
// missing, for then all is to be looked at first.
func (e *ears) take() (dirty map[seedbed.WorkloadID]time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.missed.IsZero() {
		return nil
	}
	dirty, e.dirty = e.dirty, map[seedbed.WorkloadID]time.Time{}
	return dirty
}

// facts returns the hints with facts that have come since it was called last.
func (e *ears) facts() []seedbed.Hint {
	e.mu.Lock()
	defer e.mu.Unlock()
	facts := e.hints
	e.hints = nil
	return facts
}

// again puts workloads back that could not be looked at.
func (e *ears) again(dirty map[seedbed.WorkloadID]time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for app, since := range dirty {
		if later, already := e.dirty[app]; !already || since.Before(later) {
			e.dirty[app] = since
		}
	}
}
