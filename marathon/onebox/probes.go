package onebox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// eager is the time between health checks until the first success, unless the
// interval is shorter: who has just made a site is waiting for it.
const eager = time.Second

// shortest is the least time between checks, whatever a definition says.
const shortest = 100 * time.Millisecond

// probes are the health checks that go on in the background, one set for each
// container.
type probes struct {
	mu     sync.Mutex
	cancel map[string]context.CancelFunc // by task id
	slots  chan struct{}
}

func newProbes() *probes {
	return &probes{cancel: map[string]context.CancelFunc{}, slots: make(chan struct{}, maxProbes)}
}

// stopExcept ends the checks of all tasks but the wanted ones.
func (p *probes) stopExcept(wanted map[string]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for task, cancel := range p.cancel {
		if !wanted[task] {
			cancel()
			delete(p.cancel, task)
		}
	}
}

func (p *probes) stopAll() { p.stopExcept(nil) }

// begin reports whether the checks of a task are to be begun, and with which
// context.
func (p *probes) begin(ctx context.Context, task string) (context.Context, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel[task] != nil {
		return nil, false
	}
	ctx, cancel := context.WithCancel(ctx)
	p.cancel[task] = cancel
	return ctx, true
}

// probe makes sure that a running instance's health is checked.
func (e *Engine) probe(ctx context.Context, i *instance, wanted map[string]bool) {
	if i.Condition != running || len(i.Spec.HealthChecks) == 0 {
		return
	}
	wanted[i.TaskID()] = true
	ctx, ok := e.probes.begin(ctx, i.TaskID())
	if !ok {
		return
	}
	for n := range i.Spec.HealthChecks {
		e.workers.Go(func() { e.keepChecking(ctx, i, n) })
	}
}

// keepChecking does one health check of a container again and again until ctx
// ends.
func (e *Engine) keepChecking(ctx context.Context, i *instance, n int) {
	check := i.Spec.HealthChecks[n]
	wait := check.firstWait(i.StartedAt, e.now())
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		cause, err := e.checkOnce(ctx, i, check)
		if ctx.Err() != nil {
			return
		}
		wait = check.forgivenWait(i.StartedAt, e.now())
		if err == nil && e.checked(i, n, cause) {
			wait = max(seconds(check.IntervalSeconds), shortest)
		}
	}
}

// firstWait is how long after now the first check of a container is done. Only
// checks that Mesos would carry out know a delay.
func (h healthCheck) firstWait(started, now time.Time) time.Duration {
	if checkProtocols[h.Protocol] && h.DelaySeconds != nil {
		delay := seconds(*h.DelaySeconds)
		return min(max(0, started.Add(delay).Sub(now)), delay) // the clock may have been set back
	}
	return max(min(seconds(h.IntervalSeconds), eager), shortest)
}

// forgivenWait is how long until the next check of a container that has never
// been well: while its failures are forgiven it is asked more often.
func (h healthCheck) forgivenWait(started, now time.Time) time.Duration {
	if h.forgives(started, now) {
		return max(min(seconds(h.IntervalSeconds), eager), shortest)
	}
	return max(seconds(h.IntervalSeconds), shortest)
}

// checkOnce returns why a check failed; empty if it did not. An error means that
// it said nothing.
func (e *Engine) checkOnce(ctx context.Context, i *instance, check healthCheck) (cause string, err error) {
	select {
	case e.probes.slots <- struct{}{}:
		defer func() { <-e.probes.slots }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, seconds(check.TimeoutSeconds))
	defer cancel()
	err = e.ask(ctx, i, check)
	switch {
	case errors.Is(err, errNoVerdict):
		return "", err
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", seconds(check.TimeoutSeconds)), nil
	case err != nil:
		return cleanWords([]byte(err.Error())), nil
	}
	return "", nil
}

// checked adds the result of a health check to the record, and has the
// container killed if it was one failure too many. It reports whether the check
// has ever succeeded.
func (e *Engine) checked(i *instance, n int, cause string) (known bool) {
	blind := e.sights.newest().blind()
	err := e.records.change(e.hub, func(t *txn) error {
		now := t.instance(i.ID)
		if now == nil || now.TaskID() != i.TaskID() || now.Condition != running {
			known = true
			return nil
		}
		out := judge(now.Health[n], now.Spec.HealthChecks[n], cause, now.StartedAt, e.now())
		known = !out.next.FirstSuccess.IsZero()
		e.noteHealth(t, now, n, out)
		if out.counted {
			t.emit(event{"failed_health_check_event", map[string]any{"appId": now.App, "taskId": now.ID, "healthCheck": now.Spec.HealthChecks[n]}})
		}
		if out.kill && !blind {
			e.killUnhealthy(t, t.instance(i.ID), cause)
		}
		return nil
	})
	if err != nil {
		e.log.Error("cannot record a health check", "app", i.App, "task", i.TaskID(), "err", err)
	}
	return known
}

// noteHealth keeps a result: on disk if the verdict has changed, so that an
// adopted container keeps it, else only in memory.
func (e *Engine) noteHealth(t *txn, i *instance, n int, out outcome) {
	next := *i
	next.Health = append([]healthResult{}, i.Health...)
	next.Health[n] = out.next
	if out.next.Alive == i.Health[n].Alive && out.next.known() == i.Health[n].known() {
		t.noteInstance(&next)
		return
	}
	t.putInstance(&next)
	tellHealth(t, &next, out.next.Alive)
	poke(e.wake)
}

// killUnhealthy has a container killed whose health checks failed too often.
func (e *Engine) killUnhealthy(t *txn, i *instance, cause string) {
	reason := "Task was killed since health check failed. Reason: " + cause
	next := i.kill(reason, false)
	t.putInstance(next)
	t.emit(event{"unhealthy_instance_kill_event", map[string]any{
		"appId": i.App, "taskId": i.TaskID(), "instanceId": i.ID, "version": i.Spec.Version, "reason": cause,
		"host": e.cfg.HostIP, "slaveId": slaveID,
	}})
	e.tellState(t, next, "TASK_KILLING", "Killing", reason)
	e.log.Warn("container is unhealthy", "app", i.App, "task", i.TaskID(), "cause", cause)
	poke(e.wake)
}
