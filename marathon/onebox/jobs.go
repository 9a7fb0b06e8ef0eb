package onebox

import (
	"context"
	"sync"
	"time"
)

// Kinds of jobs.
const (
	launchJob = "launch" // make the container and start it
	killJob   = "kill"   // stop it and remove it
	buryJob   = "bury"   // find out how it ended
	sweepJob  = "sweep"  // remove one of ours that is not on record
	supplyJob = "supply" // get what a new configuration needs
)

// pause is how long a job rests before it is done again: the next look has to
// show its effect first, and what failed must not fail in a loop.
const pause = 2 * time.Second

// jobs are the slow talks with Docker, at most one at a time about the same
// container, which is named by its task id. They are not on record: what they
// do may be done twice.
type jobs struct {
	mu      sync.Mutex
	running map[string]*job
	resting map[string]rest
	slots   chan struct{} // launches at the same time
}

type job struct {
	kind   string
	cancel context.CancelFunc
}

// rest keeps the same kind of job about the same thing from being done again
// at once.
type rest struct {
	kind  string
	until time.Time
}

func newJobs() *jobs {
	return &jobs{running: map[string]*job{}, resting: map[string]rest{}, slots: make(chan struct{}, maxLaunches)}
}

// begin notes a job, unless one about the same thing is running or has just
// been done. A launch that is running is cancelled if a kill is asked for.
func (j *jobs) begin(ctx context.Context, key, kind string, now time.Time) (context.Context, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if other := j.running[key]; other != nil {
		if kind == killJob && other.kind == launchJob {
			other.cancel()
		}
		return nil, false
	}
	if r := j.resting[key]; r.kind == kind && now.Before(r.until) {
		return nil, false
	}
	ctx, cancel := context.WithCancel(ctx)
	j.running[key] = &job{kind, cancel}
	return ctx, true
}

// end notes that the job is done.
func (j *jobs) end(key string, now time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	done := j.running[key]
	done.cancel()
	delete(j.running, key)
	j.resting[key] = rest{done.kind, now.Add(pause)}
}

// rested drops the rests that are over, and returns when the next one will be.
func (j *jobs) rested(now time.Time) time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	next := now.Add(lookInterval)
	for key, r := range j.resting {
		switch {
		case !now.Before(r.until):
			delete(j.resting, key)
		case r.until.Before(next):
			next = r.until
		}
	}
	return next
}

// start does a job in the background, unless it is being done or was just done.
func (e *Engine) start(ctx context.Context, key, kind string, work func(context.Context)) {
	ctx, ok := e.jobs.begin(ctx, key, kind, e.now())
	if !ok {
		return
	}
	e.workers.Go(func() {
		defer func() {
			e.jobs.end(key, e.now())
			poke(e.lookNow)
			poke(e.wake)
		}()
		work(ctx)
	})
}

// launch makes and starts the container of a provisioned instance. Only few are
// made at the same time; what one waits for before, nobody else waits for.
func (e *Engine) launch(ctx context.Context, i *instance) {
	err := e.runtime.prepare(ctx, i)
	if err == nil {
		err = e.launchInTurn(ctx, i)
	}
	switch {
	case err == nil:
		e.counts.launched.Add(1)
		e.log.Info("container started", "app", i.App, "task", i.TaskID())
	case ctx.Err() != nil || isAway(err):
		e.log.Warn("container not started yet", "app", i.App, "task", i.TaskID(), "err", err)
	default:
		e.ended(i, ending{state: "TASK_FAILED", condition: "Failed", message: dockerWords(err)})
	}
}

func (e *Engine) launchInTurn(ctx context.Context, i *instance) error {
	select {
	case e.jobs.slots <- struct{}{}:
		defer func() { <-e.jobs.slots }()
		return e.runtime.launch(ctx, i)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// bury finds out how a container ended and puts it on record. The container
// itself is then no longer known, and is swept away.
func (e *Engine) bury(ctx context.Context, i *instance) {
	end, err := e.runtime.ending(ctx, i.TaskID())
	if err != nil {
		e.log.Warn("cannot tell how a container ended", "app", i.App, "task", i.TaskID(), "err", err)
		return
	}
	e.ended(i, end)
}

// kill stops and removes the container of an instance. Why it was killed for
// its health is told with what it printed last.
func (e *Engine) kill(ctx context.Context, i *instance) {
	e.drain(ctx, i)
	message := i.KillReason
	if message != "" {
		message = withWords(message, e.runtime.lastWords(ctx, i.TaskID()))
	}
	if err := e.runtime.remove(ctx, i.TaskID(), i.Spec.grace(), e.drained(ctx)); err != nil {
		e.log.Warn("container not stopped yet", "app", i.App, "task", i.TaskID(), "err", err)
		return
	}
	e.counts.killed.Add(1)
	e.log.Info("container stopped", "app", i.App, "task", i.TaskID(), "reason", i.KillReason)
	e.killed(i, message)
}

// sweep removes a container of ours that no record knows.
func (e *Engine) sweep(ctx context.Context, c container) {
	if err := e.runtime.remove(ctx, c.ID, 3*time.Second, e.drained(ctx)); err != nil {
		e.log.Warn("container not removed yet", "task", c.TaskID, "err", err)
		return
	}
	if !c.Ended {
		e.log.Info("removed a container that is not on record", "app", c.App, "task", c.TaskID)
	}
}

// drained returns what saves a container's last words before it is removed.
func (e *Engine) drained(ctx context.Context) func(id, task, app string) {
	return func(id, task, app string) { e.drainLog(ctx, id, task, app) }
}
