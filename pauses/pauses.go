// Package pauses makes guessing slow: after a few free tries under one key, each
// further one has to wait longer. It knows neither passwords nor requests; who
// guards a door counts with it.
package pauses

import (
	"sync"
	"time"
)

// Pauses counts tries by key. It remembers a bounded number of keys, each until
// it was quiet for a while. Its methods may be called by any number of
// goroutines.
type Pauses struct {
	free int // tries before the first pause

	mu    sync.Mutex
	tries map[string]tries
}

type tries struct {
	count int
	last  time.Time
	until time.Time // no further try before
}

const (
	firstPause  = 2 * time.Second
	longest     = 5 * time.Minute
	forgetAfter = 30 * time.Minute
	maxKeys     = 10_000
)

// New returns Pauses that begin after a number of free tries.
func New(free int) *Pauses { return &Pauses{free: free, tries: map[string]tries{}} }

// Try counts a try in advance, so that tries at the same time are counted too.
// If one has to wait, nothing is counted and the time to wait is returned.
func (p *Pauses) Try(key string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, known := p.tries[key]
	if known && now.Sub(t.last) > forgetAfter {
		t = tries{}
	}
	if wait := t.until.Sub(now); wait > 0 {
		return wait
	}
	if !known {
		p.makeRoom(now)
	}
	t.count++
	t.last, t.until = now, now.Add(pauseAfter(t.count-p.free))
	p.tries[key] = t
	return 0
}

// Wait returns how long a key has to wait, and counts nothing: for doors where
// only wrong tries count.
func (p *Pauses) Wait(key string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.tries[key].until.Sub(now), 0)
}

// Count returns how many tries are remembered under a key.
func (p *Pauses) Count(key string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tries[key].count
}

// Forgive takes all tries back, after one that was right.
func (p *Pauses) Forgive(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.tries, key)
}

// TakeBack takes one try back, where a right one proves nothing of the others.
func (p *Pauses) TakeBack(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.tries[key]; t.count > 0 {
		t.count--
		t.until = t.last.Add(pauseAfter(t.count - p.free))
		p.tries[key] = t
	}
}

// makeRoom drops what is old and, if that is not enough, the one that was
// quiet for longest.
func (p *Pauses) makeRoom(now time.Time) {
	if len(p.tries) < maxKeys {
		return
	}
	var oldest string
	for key, t := range p.tries {
		if now.Sub(t.last) > forgetAfter {
			delete(p.tries, key)
		}
		if oldest == "" || t.last.Before(p.tries[oldest].last) {
			oldest = key
		}
	}
	if len(p.tries) >= maxKeys {
		delete(p.tries, oldest)
	}
}

// pauseAfter doubles with each try above the free ones.
func pauseAfter(above int) time.Duration {
	if above < 1 {
		return 0
	}
	if above > 8 {
		return longest
	}
	return min(firstPause<<(above-1), longest)
}
