package marathon

import (
	"errors"
	"sync"
	"time"
)

// newLeader is how long a new leader of Marathon is given to read what is under
// way. Until then it may answer that nothing is, although containers run.
const newLeader = 5 * time.Second

// leadership keeps in mind who led Marathon in the last answer.
type leadership struct {
	mu      sync.Mutex
	name    string
	changed time.Time
}

// saw takes in who led Marathon in an answer. Who is behind a proxy that leaves
// the header out is not known.
func (l *leadership) saw(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if name == "" || name == l.name {
		return
	}
	if l.name != "" {
		l.changed = time.Now()
	}
	l.name = name
}

// steady returns an error for some time after another has taken the lead: lists
// that were read one after the other may then not belong together.
func (l *leadership) steady() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.changed.IsZero() && time.Since(l.changed) < newLeader {
		return unavailable("The engine that runs the sites has just changed its leader. Sites that run go on.", errors.New("Marathon is now led by "+l.name))
	}
	return nil
}
