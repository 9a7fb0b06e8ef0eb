package onebox

import (
	"context"
	"slices"
	"time"
)

// conduct takes turns until ctx ends: whenever something has changed, when a
// launch is due, and every few seconds in any case.
func (e *Engine) conduct(ctx context.Context) {
	for ctx.Err() == nil {
		next := e.turn(ctx)
		timer := time.NewTimer(min(max(next.Sub(e.now()), 10*time.Millisecond), lookInterval))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-e.wake:
		}
		timer.Stop()
	}
	e.probes.stopAll()
	e.readiness.keepOnly(nil)
}

// turn compares, for every app, what should be with what is on record and with
// what Docker said last, and begins whatever follows. It returns when it wants
// to be called again at the latest.
func (e *Engine) turn(ctx context.Context) time.Time {
	seen := e.sights.newest()
	next := e.now().Add(lookInterval)
	strangers := e.strangers(seen)
	for _, id := range e.records.snapshot().appIDs() {
		due := e.carryOn(id, seen, mayWrite(strangers[id]))
		if due.After(e.now()) && due.Before(next) {
			next = due
		}
	}
	e.advance(func(id string) bool { return seen.blind() || mayWrite(strangers[id]) })
	e.startJobs(ctx, seen, strangers)
	if !seen.blind() {
		e.keepLogs(ctx, seen)
	}
	if rested := e.jobs.rested(e.now()); rested.Before(next) {
		next = rested
	}
	return next
}

// strangers returns, by app, the containers of this installation that no
// record knows: left by a launch that was cut off, or by one that has ended. Those
// of lost records count once their app is there again. The sight must be older
// than the records.
func (e *Engine) strangers(seen sight) map[string][]container {
	known, s := map[string]bool{}, e.records.snapshot()
	for _, list := range s.byApp {
		for _, i := range list {
			known[i.TaskID()] = true
		}
	}
	out := map[string][]container{}
	for _, c := range seen.containers {
		if !known[c.TaskID] && !seen.blind() && !e.isLost(c, s) {
			out[c.App] = append(out[c.App], c)
		}
	}
	return out
}

func mayWrite(list []container) bool { return slices.ContainsFunc(list, container.mayWrite) }

// carryOn brings one app forward, and returns when its next launch is due.
func (e *Engine) carryOn(id string, seen sight, strangers bool) (due time.Time) {
	err := e.records.change(e.hub, func(t *txn) error {
		e.noticeStarted(t, id, seen)
		s := e.situation(t, id, seen.blind() || strangers)
		o := decide(s)
		e.carryOut(t, s, o)
		e.supplies.want(id, s.app, o.supply, !s.now.Before(s.notBefore), s.now)
		due = e.situation(t, id, false).notBefore
		if !queued(t.instancesOf(id)) {
			e.attempts.over(id)
		}
		return nil
	})
	if err != nil {
		e.log.Error("cannot carry an app forward", "app", id, "err", err)
	}
	return due
}

// situation gathers what a decision about an app depends on.
func (e *Engine) situation(t *txn, id string, blind bool) situation {
	s := situation{instances: t.instancesOf(id), blind: blind, now: e.now()}
	if r := t.app(id); r != nil {
		s.app, s.notBefore = r.App, r.Backoff.until(r.App, e.now())
		s.unsupplied = !r.supplied()
	}
	for _, d := range t.allDeployments() {
		if d.affects(id) {
			s.doing = d.doing(id)
			s.waiting = s.doing == "" || s.doing == startApplication
			s.shrinks = s.app != nil && d.shrinks(s.app)
		}
	}
	return s
}

// noticeStarted puts on record which containers Docker says are running.
func (e *Engine) noticeStarted(t *txn, id string, seen sight) {
	if seen.blind() {
		return
	}
	for _, i := range t.instancesOf(id) {
		c := seen.containers[i.TaskID()]
		if i.Condition != provisioned || !c.Running {
			continue
		}
		next := i.started(c.IP, e.now())
		t.putInstance(next)
		t.remember(id, func(r appRecord) appRecord {
			r.Backoff = r.Backoff.advanced(r.App, e.now())
			return r
		})
		e.tellState(t, next, "TASK_RUNNING", "Running", "")
	}
}

// carryOut puts orders on record. The containers follow from the records.
func (e *Engine) carryOut(t *txn, s situation, o orders) {
	for _, i := range o.retire {
		e.retire(t, i)
	}
	for range o.add {
		t.putInstance(newInstance(newUUID(), s.app, e.now()))
	}
	for _, i := range o.launch {
		if !e.place(t, i, s.specOf(i)) {
			break
		}
	}
	if o.add > 0 {
		poke(e.wake)
	}
}

// place gives an instance its place on the machine, if there is room for it;
// else it goes on waiting. It reports whether another one of the app may be
// launched now: not while there is a delay between them.
func (e *Engine) place(t *txn, i *instance, a *app) bool {
	total, known := e.promised()
	if !known {
		return false
	}
	ports, o := e.match(t, a, total)
	if e.attempts.note(a, o, e.now()) {
		e.log.Info("no room for an instance", "app", a.ID, "reasons", o.reasonNames())
	}
	if len(o.reasons) > 0 {
		return false
	}
	next := i.provision(a, ports, e.now())
	next.User = e.cfg.TaskUsers.userFor(t, a)
	t.putInstance(next)
	e.tellState(t, next, "TASK_STAGING", "Staging", "")
	return !e.delays(t, i.App)
}

// delays puts off the next launch of an app that has a delay, and reports
// whether it has.
func (e *Engine) delays(t *txn, app string) bool {
	r := t.app(app)
	if r == nil || r.Backoff.Delay == 0 {
		return false
	}
	next := *r
	next.Backoff = r.Backoff.advanced(r.App, e.now())
	t.putApp(&next)
	return next.Backoff.until(r.App, e.now()).After(e.now())
}

// retire gives an instance up: at once if it has no container, else after that
// was stopped.
func (e *Engine) retire(t *txn, i *instance) {
	if i.Condition == scheduled {
		t.deleteInstance(i.ID)
		return
	}
	next := i.kill("", true)
	t.putInstance(next)
	e.tellState(t, next, "TASK_KILLING", "Killing", "")
}

// startJobs begins the talks with Docker that the records and the last sight
// ask for.
func (e *Engine) startJobs(ctx context.Context, seen sight, strangers map[string][]container) {
	wanted, s := map[string]bool{}, e.records.snapshot()
	for _, list := range s.byApp {
		for _, i := range list {
			e.probe(ctx, i, wanted)
			if !seen.blind() {
				e.startJob(ctx, i, seen)
			}
		}
	}
	if !seen.blind() {
		e.getSupplies(ctx)
	}
	e.probes.stopExcept(wanted)
	e.askReadiness(ctx, s)
	for _, list := range strangers {
		for _, c := range list {
			e.start(ctx, c.ID, sweepJob, func(ctx context.Context) { e.sweep(ctx, c) })
		}
	}
}

func (e *Engine) startJob(ctx context.Context, i *instance, seen sight) {
	c, there := seen.containers[i.TaskID()]
	switch {
	case i.Condition == killing:
		e.start(ctx, i.TaskID(), killJob, func(ctx context.Context) { e.kill(ctx, i) })
	case i.Condition == scheduled:
	case there && c.Ended, !there && i.Condition == running:
		e.start(ctx, i.TaskID(), buryJob, func(ctx context.Context) { e.bury(ctx, i) })
	case i.Condition == provisioned && !c.Running:
		e.start(ctx, i.TaskID(), launchJob, func(ctx context.Context) { e.launch(ctx, i) })
	}
}

// advance moves every deployment on whose present step has reached its end.
// For an app about which blind says so, nothing that depends on how containers
// are has been reached.
func (e *Engine) advance(blind func(id string) bool) {
	moved := false
	err := e.records.change(e.hub, func(t *txn) error {
		for _, d := range t.allDeployments() {
			if e.stepDone(t, d, blind) {
				e.nextStep(t, d)
				moved = true
			}
		}
		return nil
	})
	if err != nil {
		e.log.Error("cannot advance deployments", "err", err)
		return
	}
	if moved {
		poke(e.wake)
	}
}

func (e *Engine) stepDone(t *txn, d *deployment, blind func(id string) bool) bool {
	for _, a := range d.currentActions() {
		if !e.situation(t, a.App, blind(a.App)).settled(a.Action) {
			return false
		}
	}
	return true
}

func (e *Engine) nextStep(t *txn, d *deployment) {
	for _, a := range d.currentActions() {
		if a.Action == stopApplication {
			t.emit(event{"app_terminated_event", map[string]any{"appId": a.App}})
		}
	}
	t.emit(d.stepEvent("deployment_step_success"))
	next := d.advanced()
	if next.Current < len(next.Steps) {
		t.putDeployment(next)
		t.emit(next.stepEvent("deployment_info"))
		return
	}
	t.deleteDeployment(d.ID)
	t.emit(next.doneEvent())
	e.log.Info("deployment done", "deployment", d.ID)
}
