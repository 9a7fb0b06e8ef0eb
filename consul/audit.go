package consul

import (
	"context"
	"fmt"
	"time"

	"seedbed"
)

// audit is a look at everything: what the engine says, and what Consul really
// holds. It runs beside the loop, which goes on following events.
type audit struct {
	answer answer
	have   *state
	cause  string // of err: "engine" or "consul"
	err    error
}

// audit asks both sides. If the engine gives no sound answer Consul is not asked.
func (b *Bridge) audit(ctx context.Context) (a audit) {
	ctx, cancel := context.WithTimeout(ctx, auditTimeout)
	defer cancel()
	a.answer.at = time.Now()
	if a.answer, a.err = b.ask(ctx); a.err != nil {
		a.cause = "engine"
		return a
	}
	if a.have, a.err = b.registry.read(ctx); a.err != nil {
		a.cause = "consul"
	}
	return a
}

// ask asks the engine for all that runs, and puts the group before the ids.
func (b *Bridge) ask(ctx context.Context) (answer, error) {
	a := answer{whole: true, at: time.Now()}
	running, err := b.Source.Running(ctx)
	if err != nil {
		return a, fmt.Errorf("read what runs: %w", err)
	}
	a.apps = make(map[seedbed.WorkloadID][]seedbed.Instance, len(running))
	for id, instances := range running {
		a.apps[seedbed.WorkloadID(b.Group)+id] = instances
	}
	return a, nil
}

// conclude writes the difference that an audit has found.
func (b *Bridge) conclude(ctx context.Context, a audit) error {
	b.audited = time.Now()
	if ctx.Err() != nil {
		return nil
	}
	if a.err != nil {
		b.fail(a.cause, a.err)
		return nil
	}
	b.merge(&a)
	p := b.plan(a.have, a.answer.at)
	p.lost = b.recall(a.have)
	b.takeFacts()
	changes := p.make(a.answer)
	b.have, b.doubts, b.retry = a.have, p.doubts, 0
	b.report.audited(a.answer.at, p)
	if len(p.held) > 0 {
		b.Log.Error("removals are held back: too many at once", "instances", len(p.held), "of", a.have.count())
	}
	if err := b.write(ctx, changes, a.have); err != nil {
		b.fail("consul", err)
		return err
	}
	b.last = a.have
	b.ears.looked(a.answer.at)
	b.report.mended(a.have.count())
	b.forget(a)
	return b.takeOver(ctx)
}

// merge puts in place of what the audit saw of workloads that were written since
// it began what is known of them from that.
func (b *Bridge) merge(a *audit) {
	if b.have == nil {
		return
	}
	a.answer.except = b.touched
	for app := range b.touched {
		a.have.keepFrom(b.have, app, b.ID)
		delete(a.answer.apps, app)
	}
}

// recall returns what Consul held when it was seen whole, if it has lost that
// since: then the bridge's own entry is not there. What it held is put back as
// far as its end is not proved, or an engine that says too little just now would
// be believed, as there would be nothing to remove.
func (b *Bridge) recall(have *state) *state {
	if _, whole := have.mark(b.ID); whole {
		return nil
	}
	return b.last
}

// watch looks now and then at what Consul holds while another bridge acts.
func (b *Bridge) watch(ctx context.Context) error {
	b.report.well()
	if time.Since(b.watched) < b.Interval {
		return nil
	}
	s, err := b.registry.read(ctx)
	if err != nil {
		return err
	}
	if b.watched = time.Now(); b.recall(s) == nil {
		b.last = s
	}
	return nil
}

// fail takes in that everything could not be compared.
func (b *Bridge) fail(cause string, err error) {
	if cause == "engine" {
		b.know.doubt()
	}
	b.retry = min(max(2*b.retry, firstRetry), longestRetry)
	b.report.trouble(cause, err)
	b.Log.Warn("Consul is not up to date", "error", err)
}

// forget drops what is kept in mind of workloads that are nowhere any more.
func (b *Bridge) forget(a audit) {
	b.know.prune(a.have, time.Now())
	for app := range b.mind {
		if _, there := a.answer.apps[app]; !there && a.have.apps[app] == nil && !b.touched[app] {
			delete(b.mind, app)
		}
	}
}

// takeFacts takes in what events told as facts, so far.
func (b *Bridge) takeFacts() {
	for _, h := range b.ears.facts() {
		b.know.hear(h, seedbed.WorkloadID(b.Group), time.Now())
	}
}
