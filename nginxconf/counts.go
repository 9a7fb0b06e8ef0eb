package nginxconf

import (
	"sync"
	"time"

	"seedbed"
)

// counts are what has happened since the start.
type counts struct {
	mu              sync.Mutex
	applies, failed uint64
	took            [len(applyBounds)]uint64
	sum             time.Duration
}

// applyBounds are the upper ends, in seconds, of the classes in which applies are
// counted.
var applyBounds = [...]float64{0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10}

// applied counts an apply that nginx has proved.
func (c *counts) applied(took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.applies++
	c.sum += took
	for n, bound := range applyBounds {
		if took.Seconds() <= bound {
			c.took[n]++
		}
	}
}

// failure counts a round that did not come to its end.
func (c *counts) failure() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed++
}

// Report says how the router does.
func (r *Router) Report() seedbed.RouterReport {
	r.mu.Lock()
	report := seedbed.RouterReport{
		SeenAt: r.seenAt, Sites: len(r.served.table.Sites), Services: len(r.served.table.Services),
		Refused: len(r.told), Held: r.held, LeftOut: r.out, OldGenerations: r.oldGenerations,
	}
	for _, s := range r.served.table.Sites {
		report.Instances += len(s.Instances)
	}
	r.mu.Unlock()
	r.visits.mu.Lock()
	report.Visits, report.UnreadableVisits = r.visits.visits, r.visits.unreadable
	r.visits.mu.Unlock()
	r.counts.mu.Lock()
	defer r.counts.mu.Unlock()
	report.Applies, report.FailedRounds, report.ApplySum = r.counts.applies, r.counts.failed, r.counts.sum
	for n, bound := range applyBounds {
		report.ApplyTook = append(report.ApplyTook, seedbed.TimeClass{AtMost: bound, Count: r.counts.took[n]})
	}
	return report
}
