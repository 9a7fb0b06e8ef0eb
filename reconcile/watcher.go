package reconcile

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"seedbed"
)

// How often the Watcher looks, and asks addresses.
const (
	lookEvery      = 5 * time.Second
	askWellEvery   = 30 * time.Second
	askBrokenEvery = 4 * time.Second
	askersAtOnce   = 4
)

// Watcher looks at everything at short intervals, and whenever the engine or
// the router say that something may have changed, and writes what it saw on the
// Board. It also hands a workload to the engine again if the engine has surely
// lost it; it never removes anything.
type Watcher struct {
	*Reconciler
	Parts []Part
	// Publish tells every router how all sites are to be served; what is not named
	// is no site any more. It writes what is different only, so it is called often.
	// It is nil where no router is to be told.
	Publish func(ctx context.Context, hosts []seedbed.VirtualHost) error

	lost map[seedbed.WorkloadID]bool // not at the engine at the last look
}

// Run watches until ctx ends.
func (w *Watcher) Run(ctx context.Context) {
	var watches sync.WaitGroup
	watches.Go(func() { w.Engine.Watch(ctx, w.Board.Engine.Tell) })
	watches.Go(func() { w.Router.Watch(ctx, w.Board.Engine.Tell) })
	defer watches.Wait()
	for ctx.Err() == nil {
		wake := w.Board.Engine.Wait()
		if err := w.round(ctx); err != nil && ctx.Err() == nil {
			w.Log.Warn("look at all sites", "error", err)
		}
		w.sleep(ctx, wake, lookEvery)
		w.sleep(ctx, nil, 100*time.Millisecond) // gather what comes together
	}
}

// round looks at everything once.
func (w *Watcher) round(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	specs, err := w.Store.SiteSpecs(ctx)
	if err != nil {
		return err
	}
	services, err := w.Store.Services(ctx)
	if err != nil {
		return err
	}
	w.publish(ctx, specs)
	view := w.view(ctx)
	var troubles map[int64]error
	if !view.blind {
		troubles = w.keepServices(ctx, services, view.engine)
		w.restore(ctx, specs, view.engine)
	}
	view.services = w.judgeServices(ctx, services, view, troubles)
	parts := w.checkParts(ctx)
	sights := w.sights(specs, view)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// An address that hangs must not hold back what was seen already.
	w.Board.post(view.at, specs, w.unasked(sights), view.services, parts)
	w.ask(ctx, specs, sights)
	w.finishLate(ctx, specs, sights)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.Board.post(view.at, specs, sights, view.services, parts)
	return nil
}

// view is one look at the engine and the router, and at the services by their
// ids.
type view struct {
	at       time.Time
	engine   map[seedbed.WorkloadID]seedbed.Observed
	blind    bool
	routes   seedbed.Routes
	routed   bool // routes are what nginx serves; false if it was not to be asked
	services map[int64]seedbed.Status
}

func (w *Watcher) view(ctx context.Context) view {
	at := w.Now()
	engine, err := w.Engine.Observe(ctx)
	routes, routesErr := w.Router.Routes(ctx)
	if routesErr != nil {
		routes = seedbed.Routes{}
	} else {
		w.Board.lead(routes)
	}
	return view{at: at, engine: engine, blind: err != nil, routes: routes, routed: routesErr == nil}
}

func (v view) workload(id seedbed.WorkloadID) *seedbed.Observed {
	if o, ok := v.engine[id]; ok {
		return &o
	}
	return nil
}

// of is what the view shows of one workload.
func (v view) of(id seedbed.WorkloadID) Sight {
	return Sight{At: v.at, Workload: v.workload(id), Blind: v.blind}
}

// lack returns the first service that a site needs and that was seen not to be
// well. One that could not be seen is none.
func (w *Watcher) lack(spec seedbed.SiteSpec, v view) Lack {
	for _, b := range w.needed(spec).Bindings {
		o := v.workload(b.Service.WorkloadID())
		if v.blind || o != nil && o.Unseen {
			continue
		}
		if s, known := v.services[b.Service.ID]; known && s.State != seedbed.Live {
			return Lack{b.Service.Kind, s}
		}
	}
	return Lack{}
}

// sights puts together what was seen of each site, by its id, with the last
// answer of its address. An answer from the time in which it lacked a service
// says nothing of the time after it.
func (w *Watcher) sights(specs []seedbed.SiteSpec, v view) map[int64]Sight {
	byID := make(map[int64]Sight, len(specs))
	for _, spec := range specs {
		s, before := v.of(spec.Site.WorkloadID()), w.Board.sight(spec.Site.ID)
		if s.Lacks = w.lack(spec, v); s.Lacks.is() || !before.Lacks.is() {
			s.Answer = before.Answer
		}
		s.Routed = v.routes.Hosts[spec.Own()].Instances > 0
		s.Unrouted = v.routed && !s.Routed
		s.Refused = v.routes.Refused[spec.Site.WorkloadID()]
		s.Effect, s.Version = effect(spec, s, v.routes), spec.Visitors.Version
		byID[spec.Site.ID] = s
	}
	return byID
}

// unasked returns the sights for before the addresses are asked: what has no
// answer yet stays as it was seen last.
func (w *Watcher) unasked(sights map[int64]Sight) map[int64]Sight {
	early := make(map[int64]Sight, len(sights))
	for id, s := range sights {
		if s.Answer.At.IsZero() {
			s = w.Board.sight(id)
		}
		early[id] = s
	}
	return early
}

// ask asks the addresses whose last answer is too old, a few at a time, and puts
// the answers into the sights.
func (w *Watcher) ask(ctx context.Context, specs []seedbed.SiteSpec, sights map[int64]Sight) {
	answers := make([]*seedbed.Answer, len(specs))
	var asking errgroup.Group
	asking.SetLimit(askersAtOnce)
	for i, spec := range specs {
		if isDue(spec, sights[spec.Site.ID]) {
			asking.Go(func() error {
				answer := w.Router.Ask(ctx, asked(spec, sights[spec.Site.ID].Refused))
				answers[i] = &answer
				return nil
			})
		}
	}
	_ = asking.Wait() // none of them fails
	for i, answer := range answers {
		if answer != nil {
			s := sights[specs[i].Site.ID]
			s.Answer = *answer
			sights[specs[i].Site.ID] = s
		}
	}
}

// isDue reports whether a site's address is to be asked.
func isDue(spec seedbed.SiteSpec, s Sight) bool {
	if spec.Deployment.State == seedbed.Working || spec.Deployment.IsPause() || len(spec.Addresses) == 0 {
		return false // its worker asks, or nobody
	}
	well := s.Answer.OK() && wellInAnyForm(s.Workload) && s.Routed && !s.Lacks.is()
	age := s.At.Sub(s.Answer.At)
	return age > askWellEvery || !well && age > askBrokenEvery
}

func (w *Watcher) judgeServices(ctx context.Context, services []seedbed.Service, v view, troubles map[int64]error) map[int64]seedbed.Status {
	statuses := make(map[int64]seedbed.Status, len(services))
	for _, s := range services {
		sight := v.of(s.WorkloadID())
		sight.Routed = v.routes.Ports[s.Port].Instances > 0
		trouble := troubles[s.ID]
		if trouble == nil {
			trouble = w.checkService(ctx, s, sight)
		}
		status := w.settle(s, JudgeService(s, sight, trouble), v.at)
		status.Observed = v.at
		statuses[s.ID] = status
	}
	return statuses
}

// settle goes on calling a service "Starting" that has not answered since it was
// started, for as long as its template says that this may take.
func (w *Watcher) settle(s seedbed.Service, now seedbed.Status, at time.Time) seedbed.Status {
	before := w.Board.ServiceStatus(s.ID)
	if now.Word != notAnswering || before.State != seedbed.AtWork || at.Sub(before.Since) > w.patienceWith(s.Kind) {
		return now
	}
	return seedbed.Status{State: seedbed.AtWork, Word: before.Word, Sentence: "It runs. We are waiting until it answers."}
}

func (w *Watcher) checkService(ctx context.Context, s seedbed.Service, sight Sight) error {
	if !sight.Routed {
		return nil // it is judged by that alone
	}
	endpoint, err := w.endpoint(ctx, s)
	if err != nil {
		return err
	}
	kind := w.Kinds[s.Kind]
	if kind == nil {
		return fmt.Errorf("nobody knows how to administer a service of the kind %q", s.Kind)
	}
	return kind.Check(ctx, endpoint)
}

func (w *Watcher) checkParts(ctx context.Context) []seedbed.PartStatus {
	statuses := make([]seedbed.PartStatus, len(w.Parts))
	var wg sync.WaitGroup
	for i, p := range w.Parts {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			statuses[i] = p.status(ctx)
		})
	}
	wg.Wait()
	return statuses
}

// finishLate ends the deployments well that had been given up and came to be
// after all: the engine goes on trying when we do not.
func (w *Watcher) finishLate(ctx context.Context, specs []seedbed.SiteSpec, sights map[int64]Sight) {
	for _, spec := range specs {
		d, s := spec.Deployment, sights[spec.Site.ID]
		if d.State != seedbed.Failed || d.Kind == seedbed.Remove || s.Workload == nil || !s.Workload.Well(d.Mark()) || !s.Routed || !s.Answer.OK() && !spec.Visitors.HidesSite() {
			continue
		}
		w.Log.Info("deployment came to be after it was given up", "site", d.SiteID, "deployment", d.ID)
		if err := w.Store.FinishLate(ctx, d.Completed(w.Now())); err != nil {
			w.Log.Warn("finish a deployment late", "deployment", d.ID, "error", err)
			continue
		}
		w.Board.Tell()
	}
}

// keepServices hands over every wanted service that the engine does not have as
// it is wanted, whether or not a site uses it, and returns what went wrong, by
// the service's id. Deployments that need one do the same; both give the same.
func (w *Watcher) keepServices(ctx context.Context, services []seedbed.Service, engine map[seedbed.WorkloadID]seedbed.Observed) map[int64]error {
	troubles := map[int64]error{}
	for _, s := range services {
		if err := w.startService(ctx, s, engine); err != nil && ctx.Err() == nil {
			w.Log.Warn("start a service", "service", s.Kind, "error", err)
			troubles[s.ID] = err
		}
	}
	return troubles
}

// restore hands over again what the engine did not have at two looks in a row,
// although it should: an engine that lost its memory is given it back.
func (w *Watcher) restore(ctx context.Context, specs []seedbed.SiteSpec, engine map[seedbed.WorkloadID]seedbed.Observed) {
	lost := map[seedbed.WorkloadID]bool{}
	again := func(id seedbed.WorkloadID, apply func() error) {
		if _, there := engine[id]; there {
			return
		}
		lost[id] = true
		if !w.lost[id] {
			return
		}
		w.Log.Warn("hand over again what the engine lost", "workload", id)
		if err := apply(); err != nil {
			w.Log.Warn("hand over again", "workload", id, "error", err)
		}
	}
	for _, spec := range specs {
		if spec.Deployment.WasHandedOver() {
			again(spec.Site.WorkloadID(), func() error { return w.applySite(ctx, spec) })
		}
	}
	w.lost = lost
}
