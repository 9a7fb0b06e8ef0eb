package onebox

import (
	"slices"
	"sync"
	"time"
)

// attempts count the offers that were looked at for each app since its launch
// attempt began. They are not on record: as in Marathon, a start begins anew.
type attempts struct {
	mu    sync.Mutex
	byApp map[string]attempt
}

// attempt is the time in which instances of one configuration of an app wait.
type attempt struct {
	config     string // lastConfigChangeAt of the definition
	processed  int
	unused     int
	declined   [reasonCount]int // by the first reason
	lastUsed   time.Time
	lastUnused time.Time
	last       *offer // the last one that was not used; nil if there is none
}

func newAttempts() *attempts { return &attempts{byApp: map[string]attempt{}} }

// note counts an offer. It reports whether it is refused for other reasons than
// the one before.
func (s *attempts) note(a *app, o offer, now time.Time) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.byApp[a.ID]
	if next.config != a.VersionInfo.LastConfigChangeAt {
		next = attempt{config: a.VersionInfo.LastConfigChangeAt}
	}
	before := next.last
	s.byApp[a.ID] = next.with(o, now)
	return len(o.reasons) > 0 && (before == nil || !slices.Equal(before.reasons, o.reasons))
}

func (a attempt) with(o offer, now time.Time) attempt {
	a.processed++
	if len(o.reasons) == 0 {
		a.lastUsed = now
		return a
	}
	a.unused++
	a.declined[o.reasons[0]]++
	a.lastUnused, a.last = now, &o
	return a
}

// of returns the attempt of an app; the zero one if there is none.
func (s *attempts) of(id string) attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byApp[id]
}

// over forgets an app of which nothing waits any more.
func (s *attempts) over(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byApp, id)
}

// steps is Marathon's summary: for each reason, how many of the offers that had
// passed the reasons before it were declined for it.
func steps(processed int, declined [reasonCount]int) []declinedStep {
	out := make([]declinedStep, 0, reasonCount)
	for reason, n := range declined {
		out = append(out, declinedStep{reasonNames[reason], n, processed})
		processed -= n
	}
	return out
}

// lastOffers is the summary of the last offer of each machine, of which there
// is one; without any if all were used.
func (a attempt) lastOffers() []declinedStep {
	var declined [reasonCount]int
	if a.last == nil {
		return steps(0, declined)
	}
	declined[a.last.reasons[0]] = 1
	return steps(1, declined)
}
