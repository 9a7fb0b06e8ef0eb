package certs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// How fast an authority is asked for new certificates. Let's Encrypt allows an
// account 300 in three hours: these are at most 230.
const (
	orderBurst = 50
	orderEvery = time.Minute
)

// quietAfter is how long an authority is left alone that did not answer.
var quietAfter = growing{time.Minute, time.Hour}

// pace keeps us from asking an authority too fast, also after restarts: what it
// knows is on the disk.
type pace struct {
	path  string
	every time.Duration // one wish in this time …
	burst int           // … and this many at once after a rest
	quiet growing
	now   func() time.Time

	mu     sync.Mutex
	loaded bool
	kept   paceRecord
}

type paceRecord struct {
	// Full is when a rest as long as the burst will have been made up for.
	Full time.Time `json:"full"`
	// Until is when an authority that did not answer is asked again.
	Until time.Time `json:"until,omitzero"`
	Falls int       `json:"falls,omitempty"` // how often it did not, in a row
}

// take takes a turn. If it is nobody's turn yet, it returns from when on.
func (p *pace) take() (later time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.load()
	full, first := p.next()
	if !first.IsZero() {
		return first, nil
	}
	p.kept.Full = full.Add(p.every)
	return time.Time{}, p.save() // who cannot keep count does not ask
}

// turn returns from when on somebody has a turn, or the zero time for now.
func (p *pace) turn() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.load()
	_, first := p.next()
	return first
}

// next, called with mu held, returns when all that was asked is made up for, and
// when the next may ask: the zero time for now.
func (p *pace) next() (full, first time.Time) {
	now := p.now()
	if full = now; p.kept.Full.After(now) {
		full = p.kept.Full
	}
	if first = full.Add(-time.Duration(p.burst-1) * p.every); first.After(now) {
		return full, first
	}
	return full, time.Time{}
}

// silence returns until when the authority is left alone, or the zero time.
func (p *pace) silence() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.load()
	if p.kept.Until.After(p.now()) {
		return p.kept.Until
	}
	return time.Time{}
}

// fell says that the authority did not answer, and perhaps when to ask again. It
// returns until when it is left alone. Who asked together fell together.
func (p *pace) fell(wait time.Duration) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.load()
	if p.kept.Until.After(p.now()) {
		return p.kept.Until
	}
	p.kept.Falls++
	p.kept.Until = p.now().Add(max(wait, p.quiet.after(p.kept.Falls)))
	_ = p.save() // the pause counts in this life in any case
	return p.kept.Until
}

// rose says that the authority answered.
func (p *pace) rose() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.load(); p.kept.Falls > 0 {
		p.kept.Falls, p.kept.Until = 0, time.Time{}
		_ = p.save()
	}
}

// load, called with mu held, reads what is kept. What cannot be read is as if we
// had never asked.
func (p *pace) load() {
	if p.loaded {
		return
	}
	p.loaded = true
	text, err := os.ReadFile(p.path)
	if err != nil {
		return
	}
	if err := json.Unmarshal(text, &p.kept); err != nil {
		p.kept = paceRecord{}
	}
	// A clock that was wrong must not silence us for years.
	p.kept.Full = earlier(p.kept.Full, p.now().Add(time.Duration(p.burst)*p.every))
	p.kept.Until = earlier(p.kept.Until, p.now().Add(maxRetryAfter))
}

func (p *pace) save() error {
	text, err := json.Marshal(p.kept)
	if err != nil {
		return err
	}
	if err := makeDir(filepath.Dir(p.path), 0o700, -1); err != nil {
		return err
	}
	if err := replaceFile(p.path, text, 0o600, -1); err != nil {
		return fmt.Errorf("keep how often the authority was asked: %w", err)
	}
	return nil
}
