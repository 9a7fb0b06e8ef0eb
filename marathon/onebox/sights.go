package onebox

import (
	"context"
	"sync"
	"time"
)

// sight is what Docker said of our containers at one moment.
type sight struct {
	err        error // Docker did not answer; the containers are those of the last answer
	containers map[string]container
}

// container is one of our containers as Docker lists it.
type container struct {
	ID      string
	TaskID  string
	App     string
	Running bool
	Ended   bool // it ran, or was to run, and will not any more
	IP      string
	Made    time.Time // to the second; zero if that is not known
}

// mayWrite reports whether the container may still write its volumes.
func (c container) mayWrite() bool { return !c.Ended }

// sights holds the newest sight.
type sights struct {
	mu    sync.Mutex
	last  sight
	first chan struct{} // closed when there is one
	once  sync.Once
}

func newSights() *sights { return &sights{first: make(chan struct{})} }

// set replaces the newest sight, and reports whether Docker's answering
// changed. A failed one keeps the containers of the one before.
func (s *sights) set(next sight) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if next.err != nil {
		next.containers = s.last.containers
	}
	changed = (next.err == nil) != (s.last.err == nil && s.last.containers != nil)
	s.last = next
	s.once.Do(func() { close(s.first) })
	return changed
}

// newest returns the newest sight. Before the first look it is one that saw
// nothing, as if Docker had not answered.
func (s *sights) newest() sight {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// blind reports whether nothing can be said of containers now.
func (s sight) blind() bool { return s.err != nil || s.containers == nil }

// sees reports whether the instance's container was there at the last look,
// and Docker answered it.
func (s sight) sees(i *instance) bool {
	_, ok := s.containers[i.TaskID()]
	return ok && !s.blind()
}

// keepLooking looks at Docker whenever something may have changed there, and
// every few seconds in any case, until ctx ends.
func (e *Engine) keepLooking(ctx context.Context) {
	timer := time.NewTicker(lookInterval)
	defer timer.Stop()
	for ctx.Err() == nil {
		e.look(ctx)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-e.lookNow:
		}
	}
}

// look asks Docker once. One failed answer alone is no reason to call all
// sites unreachable: a busy machine may be slow for a moment. So it asks twice.
func (e *Engine) look(ctx context.Context) {
	list, err := e.runtime.list(ctx)
	if err != nil && ctx.Err() == nil {
		list, err = e.runtime.list(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		e.learnRoom(ctx)
	}
	if changed := e.sights.set(sight{err: err, containers: list}); changed {
		e.logAnswering(err)
	}
	poke(e.wake)
}

func (e *Engine) logAnswering(err error) {
	if err != nil {
		e.log.Warn("Docker does not answer", "err", err)
		return
	}
	e.log.Info("Docker answers")
}

// settle is how long Docker may take to list a change that it has told of. It
// tells of a container's end first.
const settle = 300 * time.Millisecond

// watchDocker asks for a look whenever Docker tells of a change of one of our
// containers, until ctx ends. Without it the looks every few seconds suffice.
func (e *Engine) watchDocker(ctx context.Context) {
	for ctx.Err() == nil {
		e.runtime.watch(ctx, func() {
			poke(e.lookNow)
			time.AfterFunc(settle, func() { poke(e.lookNow) })
		})
		select {
		case <-ctx.Done():
		case <-time.After(lookInterval):
		}
	}
}
