package control

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"seedbed"
)

// Times of a Gauge.
const (
	freshFor  = 5 * time.Second        // what was read is not asked for again
	firstLook = 300 * time.Millisecond // a page waits, if nothing at all is known
	askWithin = 20 * time.Second       // one site
	keptFor   = time.Hour
)

// Gauge finds out in the background what sites use, one after the other and only
// those that somebody looks at, so that no page waits for a machine that is
// slow. NewGauge makes one; nothing is asked without Run.
type Gauge struct {
	engine Engine
	now    func() time.Time
	wake   chan struct{}
	told   seedbed.Signal

	mu     sync.Mutex
	wanted map[seedbed.WorkloadID]bool
	known  map[seedbed.WorkloadID]reading
}

// reading is what was found out of a site: the newest figures that there are,
// and why there are no newer ones.
type reading struct {
	use     Use
	asked   time.Time
	trouble error
}

// NewGauge returns a Gauge that asks an engine.
func NewGauge(engine Engine, now func() time.Time) *Gauge {
	return &Gauge{engine: engine, now: now, wake: make(chan struct{}, 1),
		wanted: map[seedbed.WorkloadID]bool{}, known: map[seedbed.WorkloadID]reading{}}
}

// Run asks for what is looked at until ctx ends.
func (g *Gauge) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.wake:
		}
		for _, id := range g.takeWanted() {
			g.note(id, g.ask(ctx, id))
		}
	}
}

// read returns what is known of a workload now, and has it asked for again if
// that is not fresh. It waits a moment if nothing is known.
func (g *Gauge) read(ctx context.Context, id seedbed.WorkloadID) reading {
	timer := time.NewTimer(firstLook)
	defer timer.Stop()
	for {
		told := g.told.Wait()
		r, ok := g.last(id)
		if ok {
			return r
		}
		select {
		case <-told:
		case <-timer.C:
			return reading{trouble: errNotYet()}
		case <-ctx.Done():
			return reading{trouble: errNotYet()}
		}
	}
}

// ErrAsking is in the error of what is being asked for and not known yet.
var ErrAsking = errors.New("it is being asked for")

func errNotYet() error {
	return &seedbed.Error{Code: seedbed.Unavailable, Message: "We are asking. Look again in a moment.", Err: ErrAsking}
}

// last returns the newest reading, and wants another one if that is old.
func (g *Gauge) last(id seedbed.WorkloadID) (r reading, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r, ok = g.known[id]; ok && g.now().Sub(r.asked) < freshFor {
		return r, true
	}
	g.wanted[id] = true
	select {
	case g.wake <- struct{}{}:
	default:
	}
	return r, ok
}

func (g *Gauge) takeWanted() (ids []seedbed.WorkloadID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id := range g.wanted {
		ids = append(ids, id)
	}
	clear(g.wanted)
	return ids
}

// ask asks the engine what a workload uses.
func (g *Gauge) ask(ctx context.Context, id seedbed.WorkloadID) reading {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	tasks, err := g.engine.Tasks(ctx, id)
	if err != nil && len(tasks) == 0 {
		return reading{asked: g.now(), trouble: err}
	}
	used, err := g.engine.Usage(ctx, tasks)
	if err != nil && len(used) == 0 {
		return reading{asked: g.now(), trouble: err}
	}
	use := together(used)
	use.At = g.now()
	return reading{use: use, asked: use.At}
}

// note keeps a reading; figures that it lacks stay as they were. Of sites that
// nobody looks at any more nothing is kept.
func (g *Gauge) note(id seedbed.WorkloadID, r reading) {
	g.mu.Lock()
	if r.trouble != nil {
		r.use = g.known[id].use
	}
	g.known[id] = r
	maps.DeleteFunc(g.known, func(_ seedbed.WorkloadID, r reading) bool { return g.now().Sub(r.asked) > keptFor })
	g.mu.Unlock()
	g.told.Tell()
}
