package onebox

import (
	"context"
	"sync"
	"time"
)

// supplies are what new configurations of apps need before they can be launched:
// images, files to fetch, and volumes. Where a deployment has to stop old instances first, it
// waits until these can be had, or a slow or missing image would take the site off
// the air. That they could be had is on record.
type supplies struct {
	mu    sync.Mutex
	byApp map[string]*supply
}

// supply is what one configuration of an app needs.
type supply struct {
	app    *app
	task   string // under which it is being got; empty if it is not
	since  time.Time
	due    bool // no delay after failures is in the way
	cancel context.CancelFunc
}

func newSupplies() *supplies { return &supplies{byApp: map[string]*supply{}} }

// needsSupply reports whether instances need anything that may not be there.
func (a *app) needsSupply() bool {
	return a.image() != nil || len(a.Fetch) > 0 || len(a.volumes()) > 0
}

func (s *supply) isFor(a *app) bool {
	return s != nil && a != nil && s.app.VersionInfo.LastConfigChangeAt == a.VersionInfo.LastConfigChangeAt
}

// want notes whether a deployment waits for what a definition needs, and whether it
// may be asked for now. What nobody waits for any more is given up.
func (s *supplies) want(id string, a *app, wanted, due bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.byApp[id]
	if one != nil && (!wanted || !one.isFor(a)) {
		one.giveUp()
		delete(s.byApp, id)
	}
	if !wanted {
		return
	}
	if !one.isFor(a) {
		one = &supply{app: a, since: now}
		s.byApp[id] = one
	}
	one.due = due
}

func (s *supply) giveUp() {
	if s.cancel != nil {
		s.cancel()
	}
}

// due returns the definitions whose needs are to be got now.
func (s *supplies) due() (list []*app) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.byApp {
		if one.due && one.cancel == nil {
			list = append(list, one.app)
		}
	}
	return list
}

// begin notes that what a definition needs is being got under the name of a task.
// It returns false if nobody wants it any more.
func (s *supplies) begin(a *app, task string, cancel context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.byApp[a.ID]
	if !one.isFor(a) {
		return false
	}
	one.task, one.cancel = task, cancel
	return true
}

// end notes that nobody tries any more.
func (s *supplies) end(a *app) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.byApp[a.ID]; one.isFor(a) {
		one.task, one.cancel = "", nil
	}
}

// waiting reports since when a deployment of an app has been waiting, if it does.
func (s *supplies) waiting(a *app) (since time.Time, waits bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.byApp[a.ID]
	if !one.isFor(a) {
		return time.Time{}, false
	}
	return one.since, true
}

// tasks are the names under which something is being got now.
func (s *supplies) tasks() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.byApp {
		if one.task != "" {
			list = append(list, one.task)
		}
	}
	return list
}

// getSupplies begins to get what deployments wait for.
func (e *Engine) getSupplies(ctx context.Context) {
	for _, a := range e.supplies.due() {
		e.start(ctx, "supply "+a.ID+" "+a.VersionInfo.LastConfigChangeAt, supplyJob, func(ctx context.Context) { e.supply(ctx, a) })
	}
}

// supply gets what a definition needs, as a launch would. What it fetches is thrown
// away again: each task has files of its own.
func (e *Engine) supply(ctx context.Context, a *app) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	i := newInstance(newUUID(), a, e.now()).provision(a, nil, e.now())
	if !e.supplies.begin(a, i.TaskID(), cancel) {
		return
	}
	defer e.supplies.end(a)
	err := e.runtime.supply(ctx, i)
	if err != nil && (ctx.Err() != nil || isAway(err)) {
		e.log.Warn("cannot tell whether a new configuration can be launched", "app", a.ID, "err", err)
		return
	}
	e.supplied(i, err)
}

// supplied puts on record that what a definition needs is at hand, or why it cannot
// be had; then the next attempt waits a little. Nothing was stopped for it.
func (e *Engine) supplied(i *instance, trouble error) {
	err := e.records.change(e.hub, func(t *txn) error {
		if r := t.app(i.App); r == nil || r.App.VersionInfo.LastConfigChangeAt != i.Spec.VersionInfo.LastConfigChangeAt {
			return nil // it is another configuration's turn
		}
		t.remember(i.App, func(r appRecord) appRecord {
			if trouble == nil {
				r.Supplied = i.Spec.VersionInfo.LastConfigChangeAt
				return r
			}
			r.Backoff = r.Backoff.failed(r.App, e.now())
			r.Failure = e.failure(i, "TASK_FAILED", dockerWords(trouble))
			return r
		})
		return nil
	})
	if err != nil {
		e.log.Error("cannot record whether a new configuration can be launched", "app", i.App, "err", err)
		return
	}
	e.log.Info("looked whether a new configuration can be launched", "app", i.App, "trouble", trouble)
}
