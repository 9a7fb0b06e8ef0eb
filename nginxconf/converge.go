package nginxconf

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seedbed"
)

// Times of an apply.
const (
	proofPatience = 10 * time.Second
	applyPatience = 40 * time.Second
)

// converge makes nginx serve what it should, and returns whether it had to do
// anything. It changes nothing if nginx proves that it serves it already.
func (r *Router) converge(ctx context.Context) (applied bool, err error) {
	if r.External && r.nginx.pid() == 0 {
		return false, errNobodyStarts
	}
	t, known := r.target()
	running, silent := r.nginx.generation(ctx)
	if !known && r.nginx.pid() != 0 {
		return false, silent // whatever it serves is better than nothing
	}
	var listeners []listener
	listeners, r.blocked = r.openable(ctx, t)
	c, err := generate(t, r.settings(t), listeners)
	if err != nil {
		return false, fmt.Errorf("generate the configuration: %w", err)
	}
	if running == c.generation && r.nginx.pid() != 0 {
		if err := r.show(c); err != nil {
			return false, err
		}
		r.serve(c)
		return false, nil
	}
	if err := r.apply(ctx, c); err != nil {
		return false, err
	}
	r.Log.Info("nginx serves other routes", "generation", c.generation, "sites", len(t.Sites), "services", len(t.Services))
	r.serve(c)
	return true, nil
}

// target returns the table that should be served. Before Consul has been read
// it is the one that was served last; it is not known if there is none.
func (r *Router) target() (t table, known bool) {
	r.mu.Lock()
	seen, known, last, expected := r.view, r.known, r.served, r.expected
	r.mu.Unlock()
	if !known {
		return last.table, last.generation != ""
	}
	t, refused := newTable(seen, last.table, r.ReadLabels)
	r.logRefusals(refused)
	if t.Expected = expected; expected == nil {
		t.Expected = last.table.Expected
	}
	return t, true
}

// logRefusals logs those that are new, and keeps them all for Routes.
func (r *Router) logRefusals(refused []refusal) {
	told := map[seedbed.WorkloadID][]string{}
	for _, one := range refused {
		if id := seedbed.WorkloadID(one.workload); id != "" {
			told[id] = append(told[id], one.reason)
		}
	}
	r.mu.Lock()
	r.told = told
	r.mu.Unlock()
	now := make(map[refusal]bool, len(refused))
	for _, one := range refused {
		now[one] = true
		if !r.refused[one] {
			r.Log.Warn("not routed", "workload", one.workload, "reason", one.reason)
		}
	}
	r.refused = now
}

// apply is a transaction: either nginx proves that it serves c, or it goes on
// with what it served. Once begun it is carried to its end, whatever becomes of
// ctx.
func (r *Router) apply(ctx context.Context, c configuration) error {
	if err := r.stage(c); err != nil {
		return err
	}
	if err := r.nginx.test(ctx, r.generationFile(c.generation)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyPatience)
	defer cancel()
	r.announce(c)
	if err := r.bringUp(ctx, c.generation); err != nil {
		return errors.Join(err, r.rollBack(ctx))
	}
	if err := r.link(goodLink, c.generation); err != nil {
		return err
	}
	if err := r.forgetShown(c, r.lastServed()); err != nil {
		return err
	}
	return r.forget(c.generation)
}

func (r *Router) lastServed() configuration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.served
}

// announce makes what nginx is about to serve known to Routes.
func (r *Router) announce(c configuration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = c
}

// bringUp makes nginx read a configuration and waits for the proof.
func (r *Router) bringUp(ctx context.Context, generation string) error {
	if err := r.link(currentLink, generation); err != nil {
		return err
	}
	before := r.nginx.workers()
	if err := r.nginx.load(ctx); err != nil {
		return err
	}
	return r.nginx.prove(ctx, generation, before, proofPatience)
}

// rollBack puts the last good configuration in place again.
func (r *Router) rollBack(ctx context.Context) error {
	good := r.linked(goodLink)
	if good == "" {
		return nil
	}
	if err := r.link(currentLink, good); err != nil {
		return err
	}
	if err := r.nginx.load(ctx); err != nil {
		return fmt.Errorf("go back to the last good configuration: %w", err)
	}
	return nil
}

// serve records what nginx has proved to serve, and tells who watches.
func (r *Router) serve(c configuration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := r.served.generation != c.generation
	r.served = c
	if !changed {
		return
	}
	for news := range r.listeners {
		select {
		case news <- struct{}{}:
		default:
		}
	}
}
