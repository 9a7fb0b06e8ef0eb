package nginxconf

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
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
	c, err := r.configured(t, listeners)
	if err == nil && running == c.generation && r.nginx.pid() != 0 {
		if err := r.show(c); err != nil {
			return false, err
		}
		r.serve(c)
		return false, nil
	}
	begun := time.Now()
	if c, err = r.settle(ctx, c, err, t, listeners); err != nil {
		return false, err
	}
	if err := r.apply(ctx, c); err != nil {
		return false, err
	}
	r.counts.applied(time.Since(begun))
	r.Log.Info("nginx serves other routes", "generation", c.generation, "sites", len(c.table.Sites), "services", len(c.table.Services))
	r.serve(c)
	return true, nil
}

// configured returns the configuration of a table: that which is served, if it
// was made of the same.
func (r *Router) configured(t table, listeners []listener) (configuration, error) {
	made := r.made
	certificates := r.settings(t).certificates
	if made.c.generation != "" && sameTable(made.c.table, t) && maps.Equal(made.certificates, certificates) && sameListeners(made.c.listeners, listeners) {
		return made.c, nil
	}
	c, err := generate(t, r.settings(t), listeners)
	if err != nil {
		return c, fmt.Errorf("generate the configuration: %w", err)
	}
	r.made = lastMade{c, certificates}
	return c, nil
}

// lastMade is the configuration that was generated last, and what it was made of
// besides its table.
type lastMade struct {
	c            configuration
	certificates map[seedbed.HostName]string
}

// sameTable reports whether two tables are equal. Mostly they are one: target gives
// the same again while nothing has changed.
func sameTable(a, b table) bool {
	return sameSlice(a.Sites, b.Sites) && sameSlice(a.Services, b.Services) && sameSlice(a.Expected, b.Expected)
}

func sameSlice[E any](a, b []E) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || reflect.DeepEqual(a, b))
}

func sameListeners(a, b []listener) bool {
	return slices.EqualFunc(a, b, func(a, b listener) bool {
		return a.at == b.at && a.service.Workload == b.service.Workload && slices.Equal(a.service.Instances, b.service.Instances)
	})
}

// target returns the table that should be served. Before Consul has been read
// it is the one that was served last; it is not known if there is none.
func (r *Router) target() (t table, known bool) {
	r.mu.Lock()
	seen, known, last, expected, changes := r.view, r.known, r.served, r.expected, r.changes
	r.mu.Unlock()
	if !known {
		return last.table, last.generation != ""
	}
	now := aim{changes: changes, last: last.generation}
	if r.aim.changes == now.changes && r.aim.last == now.last && len(r.losses)+len(r.barred) == 0 {
		return r.aim.table, true
	}
	t, refused := newTable(seen, last.table, r.ReadLabels)
	if t.Expected = expected; expected == nil {
		t.Expected = last.table.Expected
	}
	t = r.guarded(t, last.table, seen)
	r.tellRefusals(append(refused, r.barredSentences()...))
	now.table = t
	r.aim = now
	return t, true
}

// aim is the last target, and what it was made of.
type aim struct {
	changes int64  // of what Consul and the portal say
	last    string // generation of what was served
	table   table
}

// guarded returns the table that is safe to serve: with what it lost when that is
// too much at once, and without what nginx refuses.
func (r *Router) guarded(t, last table, seen view) table {
	r.losses.note(t, last, r.isRemoved(seen), r.now())
	r.losses.judge(t)
	held := 0
	if r.losses.anyHeld() {
		t, held = r.losses.hold(t, addressesIn(seen.entries))
	}
	if held > 0 && r.held == 0 {
		r.Log.Error("very many instances are gone at once; their sites are still led to where they were", "sites", held)
	}
	t = r.leaveOut(t, last)
	r.mu.Lock()
	r.held, r.out = held, len(r.barred)
	r.mu.Unlock()
	return t
}

// isRemoved tells of a site that is nowhere any more whether that is the portal's
// word: it published how it was served, publishes on, and has taken that back.
func (r *Router) isRemoved(seen view) func(seedbed.WorkloadID) bool {
	now := map[seedbed.WorkloadID]bool{}
	for _, h := range seen.hosts.hosts {
		now[h.Workload] = true
	}
	for id := range now {
		r.virtual[id] = true
	}
	return func(id seedbed.WorkloadID) bool { return seen.hosts.published && r.virtual[id] && !now[id] }
}

func (r *Router) barredSentences() (all []refusal) {
	for id, b := range r.barred {
		all = append(all, refusal{string(id), b.reason})
	}
	return all
}

// tellRefusals logs those that are new, and keeps them all for Routes.
func (r *Router) tellRefusals(refused []refusal) {
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

// apply is a transaction: either nginx proves that it serves c, which was tested,
// or it goes on with what it served. Once begun it is carried to its end, whatever becomes of
// ctx.
func (r *Router) apply(ctx context.Context, c configuration) error {
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
