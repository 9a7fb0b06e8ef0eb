package nginxconf

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const proofPatience = 10 * time.Second

// converge makes nginx serve what it should, and returns whether it had to do
// anything. It changes nothing if nginx proves that it serves it already.
func (r *Router) converge(ctx context.Context) (applied bool, err error) {
	t, known := r.target()
	running, silent := r.nginx.generation(ctx)
	if !known && r.nginx.pid() != 0 {
		return false, silent // whatever it serves is better than nothing
	}
	listeners, blocked := r.openable(ctx, t)
	settings := r.nginx.settings()
	c, err := generate(t, settings, listeners)
	if err != nil {
		return false, fmt.Errorf("generate the configuration: %w", err)
	}
	if running == c.generation {
		r.serve(c)
		return false, blocked
	}
	if err := r.apply(ctx, c); err != nil {
		return false, err
	}
	r.Log.Info("nginx serves other routes", "generation", c.generation, "sites", len(t.Sites), "services", len(t.Services))
	r.serve(c)
	return true, blocked
}

// target returns the table that should be served. Before Consul has been read
// it is the one that was served last; it is not known if there is none.
func (r *Router) target() (t table, known bool) {
	r.mu.Lock()
	entries, known, last := r.entries, r.known, r.served
	r.mu.Unlock()
	if !known {
		return last.table, last.generation != ""
	}
	t, refused := newTable(entries, last.table)
	r.logRefusals(refused)
	return t, true
}

// logRefusals logs those that are new.
func (r *Router) logRefusals(refused []refusal) {
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
// with what it served, and the files are as they were.
func (r *Router) apply(ctx context.Context, c configuration) error {
	if err := r.stage(c); err != nil {
		return err
	}
	if err := r.nginx.test(ctx, r.generationFile(c.generation)); err != nil {
		return err
	}
	before := r.currentGeneration()
	if err := r.point(c.generation); err != nil {
		return err
	}
	if err := r.bringUp(ctx, c.generation); err != nil {
		return errors.Join(err, r.rollBack(ctx, before))
	}
	return r.forget(c.generation, before)
}

// bringUp makes nginx read its configuration and waits for the proof.
func (r *Router) bringUp(ctx context.Context, generation string) error {
	if err := r.nginx.load(ctx); err != nil {
		return err
	}
	return r.nginx.prove(ctx, generation, proofPatience)
}

// rollBack puts the configuration before in place again. It must not be
// stopped by what stopped apply.
func (r *Router) rollBack(ctx context.Context, before string) error {
	if before == "" {
		return nil
	}
	if err := r.point(before); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), proofPatience)
	defer cancel()
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
