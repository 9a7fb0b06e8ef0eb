package certs

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"seedbed"
)

const (
	atOnce    = 8                // host names that are worked at
	lookEvery = 30 * time.Second // for uploads that another process laid down
	tryFor    = 5 * time.Minute  // one try takes at most this long
)

// Run gets and renews certificates until ctx ends. Trouble with one host name,
// or with an authority, is kept for Report and never ends it. One process at a
// time may run in a folder; others may have a Keeper there that they do not run.
func (k *Keeper) Run(ctx context.Context) error {
	if err := k.files.sweep(); err != nil {
		k.Log.Warn("look after certificates", "error", err)
	}
	c := &crew{places: make(chan struct{}, atOnce)}
	defer c.work.Wait()
	for ctx.Err() == nil {
		next := k.round(ctx, c)
		timer := time.NewTimer(max(0, min(next.Sub(k.Now()), k.look)))
		select {
		case <-ctx.Done():
		case <-k.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	return ctx.Err()
}

// crew works at some things at once.
type crew struct {
	places chan struct{}
	work   sync.WaitGroup
}

// begin starts work if there is place for it; after is called when it has ended
// and its place is free again.
func (c *crew) begin(work, after func()) bool {
	select {
	case c.places <- struct{}{}:
	default:
		return false
	}
	c.work.Go(func() {
		work()
		<-c.places
		after()
	})
	return true
}

// round begins what is due and returns when it has to be looked at again.
func (k *Keeper) round(ctx context.Context, c *crew) time.Time {
	if err := errors.Join(k.keepFallback(), k.takeUploads(), k.tidy()); err != nil {
		k.Log.Warn("look after certificates", "error", err)
	}
	now := k.Now()
	next := now.Add(k.look)
	for _, t := range k.tasks() {
		switch {
		case t.due.After(now):
			next = earlier(next, t.due)
		case !k.begin(ctx, c, t):
			return next // whoever ends wakes us
		}
	}
	return next
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// task is a certificate that is to be got, now or later.
type task struct {
	name     seedbed.HostName
	source   Source
	due      time.Time
	failures int
}

// tasks returns what nobody is at work on, the least troubled first, so that
// host names which fail again and again hold up no others.
func (k *Keeper) tasks() (all []task) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name := range k.wanted {
		if t, any := k.task(name); any && !k.busy[name] {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b task) int {
		return cmp.Or(cmp.Compare(a.failures, b.failures), a.due.Compare(b.due), cmp.Compare(a.name, b.name))
	})
	return all
}

// task, called with mu held, is what there is to do for a host name, if
// anything.
func (k *Keeper) task(name seedbed.HostName) (task, bool) {
	t := task{name: name, source: k.source(name)}
	h := k.hosts[name]
	switch {
	case k.issuers[t.source] == nil || h != nil && h.Source == Uploaded && k.Now().Before(h.notAfter):
		return task{}, false
	case h == nil:
		return t, true
	}
	t.due, t.failures = h.Next, h.Failures
	if h.Source == t.source {
		t.due = later(h.Next, later(h.Again, h.renewal()))
	}
	return t, true
}

// renewal is when a certificate is to be renewed: with a third of its life left,
// or up to a tenth of that earlier, so that those made together do not all come
// at once.
func (h *host) renewal() time.Time {
	third := h.notAfter.Sub(h.notBefore) / 3
	return h.notAfter.Add(-third - spread(h.Base, third/10))
}

// begin starts work on a task, if there is place for it.
func (k *Keeper) begin(ctx context.Context, c *crew, t task) bool {
	k.mark(t.name, true)
	after := func() { k.mark(t.name, false); k.stir() }
	if c.begin(func() { k.try(ctx, t) }, after) {
		return true
	}
	k.mark(t.name, false)
	return false
}

func (k *Keeper) mark(name seedbed.HostName, busy bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if busy {
		k.busy[name] = true
	} else {
		delete(k.busy, name)
	}
}
