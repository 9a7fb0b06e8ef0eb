package consul

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"seedbed"
)

// lateAfter is how many intervals old the last sound snapshot may be.
const lateAfter = 3

// report is the bridge's report while it is being written.
type report struct {
	mu    sync.Mutex
	now   seedbed.BridgeReport
	begun time.Time
}

// Report says how the bridge is doing. It asks nobody.
func (b *Bridge) Report() seedbed.BridgeReport {
	b.report.mu.Lock()
	defer b.report.mu.Unlock()
	r := b.report.now
	r.Role = cmp.Or(r.Role, seedbed.BridgeWaits)
	r.Errors, r.Lag.Counts = maps.Clone(r.Errors), slices.Clone(r.Lag.Counts)
	return r
}

func (r *report) change(how func(*seedbed.BridgeReport)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	how(&r.now)
}

func (r *report) role(role seedbed.BridgeRole) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now.Role, r.begun = role, time.Now()
	if role == seedbed.BridgeActs {
		r.now.Trouble = ""
	}
}

// trouble counts what went wrong.
func (r *report) trouble(cause string, err error) {
	if err == nil {
		return
	}
	r.change(func(now *seedbed.BridgeReport) {
		if now.Errors == nil {
			now.Errors = map[string]uint64{}
		}
		now.Errors[cause]++
		now.Trouble = err.Error()
	})
}

// well takes in that Consul answers a bridge that waits.
func (r *report) well() { r.change(func(now *seedbed.BridgeReport) { now.Trouble = "" }) }

// audited takes in what a look at everything has found.
func (r *report) audited(at time.Time, p *plan) {
	r.change(func(now *seedbed.BridgeReport) {
		now.SnapshotAt, now.ComparedAt, now.Trouble = at, time.Now(), ""
		now.Found, now.Clashes = p.found, p.clashes
		now.HeldCount, now.Held = len(p.held), slices.Clone(p.held[:min(len(p.held), seedbed.MaxHeld)])
	})
}

func (r *report) mended(instances int) {
	r.change(func(now *seedbed.BridgeReport) { now.Instances = instances })
}

func (r *report) lag(took time.Duration) {
	r.change(func(now *seedbed.BridgeReport) { now.Lag.Add(took) })
}

// Ready returns nil if the bridge acts and its last sound look at the engine is
// not too old, or if it waits for another one that acts.
func (b *Bridge) Ready() error {
	b.report.mu.Lock()
	defer b.report.mu.Unlock()
	r := b.report.now
	switch last := later(r.SnapshotAt, b.report.begun); {
	case r.Role != seedbed.BridgeActs && r.Trouble != "":
		return errors.New("the bridge does not act: " + r.Trouble)
	case r.Role != seedbed.BridgeActs:
		return nil
	case r.SnapshotAt.IsZero():
		return errors.New("the bridge has not compared Consul with the engine yet")
	case time.Since(last) > lateAfter*b.Interval:
		return fmt.Errorf("the engine has given no sound answer since %s: %s", r.SnapshotAt.Format(time.RFC3339), r.Trouble)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Alarm returns what somebody has to look at: that many removals are held back,
// or that the bridge is not Ready. It asks nobody.
func (b *Bridge) Alarm() error {
	r := b.Report()
	if r.HeldCount == 0 {
		return b.Ready()
	}
	return &seedbed.Error{Code: seedbed.Unavailable, Message: fmt.Sprintf(
		"The engine no longer lists %d of %d instances, which is more than usual. Visitors are led as before until it has said so %d times; "+
			"if it is right, nothing is to be done.", r.HeldCount, r.Instances, confirmed)}
}

// Difference returns what would be written if all that the engine says were
// believed at once, in words. It writes nothing, and needs no lock.
func (b *Bridge) Difference(ctx context.Context) ([]string, error) {
	a := b.audit(ctx)
	if a.err != nil {
		return nil, a.err
	}
	p := b.plan(a.have, a.answer.at)
	p.certain, p.know, p.mind = true, newEvidence(), map[seedbed.WorkloadID]remembered{}
	var lines []string
	for _, c := range p.make(a.answer) {
		if !c.counts {
			lines = append(lines, c.what)
		}
	}
	return lines, nil
}
