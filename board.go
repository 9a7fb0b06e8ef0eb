package seedbed

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Signal tells any number of waiters that something changed.
type Signal struct {
	mu sync.Mutex
	ch chan struct{}
}

// Wait returns a channel that is closed at the next Tell.
func (s *Signal) Wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

// Tell wakes all who wait. It never blocks.
func (s *Signal) Tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}

// Board holds what was observed last, for pages to show at once. It is empty
// after a start and filled by the Watcher; nothing is decided from it. Its zero
// value is ready for use, by any number of goroutines.
type Board struct {
	// Engine is told when something at the engine or the router may have
	// changed.
	Engine Signal

	changed  Signal
	mu       sync.RWMutex
	sites    map[int64]Status
	services map[int64]Status
	answers  map[int64]Answer
	parts    []PartStatus
}

// Wait returns a channel that is closed at the next change of anything that
// pages show. Who takes it before looking misses nothing.
func (b *Board) Wait() <-chan struct{} { return b.changed.Wait() }

// Tell says that something that pages show has changed.
func (b *Board) Tell() { b.changed.Tell() }

// SiteStatus returns what was observed of a site; AtRest if nothing was yet.
func (b *Board) SiteStatus(id int64) Status {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return orUnseen(b.sites[id])
}

// ServiceStatus is SiteStatus for a shared service.
func (b *Board) ServiceStatus(id int64) Status {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return orUnseen(b.services[id])
}

func orUnseen(s Status) Status {
	if s.State == "" {
		return Status{State: AtRest, Word: "Looking", Sentence: "We have not looked at it yet since Seedbed was started."}
	}
	return s
}

// Parts returns how each Part was when it was looked at last.
func (b *Board) Parts() []PartStatus {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.Clone(b.parts)
}

// answer notes what a site's address answered.
func (b *Board) answer(site int64, a Answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.answers == nil {
		b.answers = map[int64]Answer{}
	}
	b.answers[site] = a
}

func (b *Board) lastAnswer(site int64) Answer {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.answers[site]
}

// post replaces all that is shown, keeping Since where a State stayed.
func (b *Board) post(sites, services map[int64]Status, parts []PartStatus, now time.Time) {
	b.mu.Lock()
	changed := keepSince(sites, b.sites, now)
	changed = keepSince(services, b.services, now) || changed
	changed = !slices.Equal(parts, b.parts) || changed
	b.sites, b.services, b.parts = sites, services, parts
	maps.DeleteFunc(b.answers, func(id int64, _ Answer) bool { _, there := sites[id]; return !there })
	b.mu.Unlock()
	if changed {
		b.Tell()
	}
}

func keepSince(now, before map[int64]Status, at time.Time) (changed bool) {
	for id, s := range now {
		old, known := before[id]
		s.Observed, s.Since = at, at
		if known && old.State == s.State && old.Word == s.Word {
			s.Since = old.Since
		} else {
			changed = true
		}
		now[id] = s
	}
	return changed || len(now) != len(before)
}
