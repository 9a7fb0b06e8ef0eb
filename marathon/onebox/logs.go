package onebox

import (
	"context"
	"fmt"
	"sync"
	"time"

	"seedbed/marathon/onebox/sandbox"
)

const (
	drainPatience = 10 * time.Second // for what a container printed last
	tidyEvery     = time.Minute
)

// logs copies what our containers print into the sandboxes. At most one copier
// runs for each task.
type logs struct {
	store *sandbox.Store
	mu    sync.Mutex
	now   map[string]*copier
}

// copier is one copying that is under way or has been done.
type copier struct {
	ended chan struct{}
	whole bool      // there will be no more; set before it has ended
	again time.Time // not before then
}

// keepLogs makes sure that every container's log is being copied. The turn
// calls it with what Docker said last.
func (e *Engine) keepLogs(ctx context.Context, seen sight) {
	for _, c := range seen.containers {
		if !c.Running && !c.Ended {
			continue
		}
		if one, ok := e.logs.begin(c.TaskID, e.now()); ok {
			e.workers.Go(func() { e.copyLog(ctx, c, one) })
		}
	}
	e.logs.forget(seen)
}

// begin notes a copier for a task, unless there is one, there was one just now, or
// nothing is left.
func (l *logs) begin(task string, now time.Time) (*copier, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.now[task]; old != nil && (old.running() || old.whole || now.Before(old.again)) {
		return nil, false
	}
	return l.note(task, now), true
}

// beginLast notes a copier for a task that has ended, unless there is one, which
// is returned, or nothing is left.
func (l *logs) beginLast(task string, now time.Time) (one, other *copier) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.now[task]; old != nil && (old.running() || old.whole) {
		return nil, old
	}
	return l.note(task, now), nil
}

func (l *logs) note(task string, now time.Time) *copier {
	one := &copier{ended: make(chan struct{}), again: now.Add(pause)}
	l.now[task] = one
	return one
}

func (c *copier) running() bool {
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

// forget drops copiers whose containers are gone.
func (l *logs) forget(seen sight) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for task, c := range l.now {
		if _, there := seen.containers[task]; !there && !c.running() {
			delete(l.now, task)
		}
	}
}

// copyLog copies until the container ends, Docker goes away or ctx ends.
func (e *Engine) copyLog(ctx context.Context, c container, one *copier) {
	defer close(one.ended)
	err := e.copyOnce(ctx, c, true)
	one.whole = err == nil && (c.Ended || e.cfg.Docker == nil) // what was not started prints nothing
	if err != nil && ctx.Err() == nil {
		e.log.Debug("log not copied to its end", "task", c.TaskID, "err", err)
	}
}

func (e *Engine) copyOnce(ctx context.Context, c container, follow bool) error {
	w, err := e.logs.store.Begin(c.TaskID, c.App)
	if err != nil {
		return err
	}
	defer w.Close()
	stream, err := e.runtime.output(ctx, c.ID, w.Since(), follow)
	if err != nil {
		return err
	}
	defer stream.Close()
	if err := w.Copy(stream); err != nil {
		return fmt.Errorf("copy the log: %w", err)
	}
	return ctx.Err()
}

// drainLog copies the rest of a log whose container has been stopped and is
// about to be removed. What cannot be had within a few seconds is lost, for a
// container that cannot be removed harms more.
func (e *Engine) drainLog(ctx context.Context, id, task, app string) {
	ctx, cancel := context.WithTimeout(ctx, drainPatience)
	defer cancel()
	for {
		one, other := e.logs.beginLast(task, e.now())
		if one != nil {
			e.copyLog(ctx, container{ID: id, TaskID: task, App: app, Ended: true}, one)
			return
		}
		select {
		case <-other.ended:
		case <-ctx.Done():
			e.log.Warn("the end of a log is lost", "task", task)
			return
		}
		if other.whole {
			return
		}
	}
}

// tidyLogs deletes old logs now and then, until ctx ends.
func (e *Engine) tidyLogs(ctx context.Context) {
	timer := time.NewTicker(tidyEvery)
	defer timer.Stop()
	for ctx.Err() == nil {
		if err := e.logs.store.Tidy(e.livingTasks()); err != nil {
			e.log.Warn("old logs not deleted", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	}
}

// livingTasks are those on record or seen in Docker, and those in whose name
// something is fetched.
func (e *Engine) livingTasks() map[string]bool {
	living := map[string]bool{}
	for _, list := range e.records.snapshot().byApp {
		for _, i := range list {
			living[i.TaskID()] = true
		}
	}
	for _, task := range e.supplies.tasks() {
		living[task] = true
	}
	for task := range e.sights.newest().containers {
		living[task] = true
	}
	return living
}

// noteEnd puts down how a task ended, beside its log.
func (e *Engine) noteEnd(task, state string) {
	if err := e.logs.store.End(task, state); err != nil {
		e.log.Warn("the end of a task is not noted beside its log", "task", task, "err", err)
	}
}
