package webtest

import (
	"context"
	"io"
	"strings"
	"sync"

	"seedbed"
)

// Engine knows the tasks that a test gives it. The zero value knows none.
type Engine struct {
	// Fail, if it is set, is what everything returns.
	Fail error
	Used map[seedbed.TaskID]seedbed.TaskUsage
	List []seedbed.Machine

	mu    sync.Mutex
	tasks []seedbed.Task
	logs  map[string]string
}

// Add adds a task.
func (e *Engine) Add(t seedbed.Task) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tasks = append(e.tasks, t)
}

// AddFirst adds a task that is newer than all others.
func (e *Engine) AddFirst(t seedbed.Task) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tasks = append([]seedbed.Task{t}, e.tasks...)
}

// Print makes a task print something.
func (e *Engine) Print(t seedbed.TaskID, name seedbed.LogName, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.logs == nil {
		e.logs = map[string]string{}
	}
	e.logs[string(t)+"/"+string(name)] += text
}

// Tasks returns what was added.
func (e *Engine) Tasks(_ context.Context, id seedbed.WorkloadID) (out []seedbed.Task, _ error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range e.tasks {
		if t.Workload == id && e.Fail == nil {
			out = append(out, t)
		}
	}
	return out, e.Fail
}

// Log returns a part of what was printed.
func (e *Engine) Log(_ context.Context, t seedbed.Task, name seedbed.LogName, offset, length int64) (seedbed.LogPart, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	text, there := e.logs[string(t.ID)+"/"+string(name)]
	if !there || e.Fail != nil {
		return seedbed.LogPart{}, errOr(e.Fail, seedbed.Missing("It has printed nothing."))
	}
	size := int64(len(text))
	if offset < 0 {
		offset = max(0, size-length)
	}
	from := min(offset, size)
	to := min(from+length, size)
	return seedbed.LogPart{Text: text[from:to], From: from, To: to, Size: size}, nil
}

// Download returns all that was printed.
func (e *Engine) Download(ctx context.Context, t seedbed.Task, name seedbed.LogName) (io.ReadCloser, error) {
	part, err := e.Log(ctx, t, name, 0, 1<<30)
	return io.NopCloser(strings.NewReader(part.Text)), err
}

// Usage returns Used.
func (e *Engine) Usage(context.Context, []seedbed.Task) (map[seedbed.TaskID]seedbed.TaskUsage, error) {
	return e.Used, e.Fail
}

// Machines returns List.
func (e *Engine) Machines(context.Context) ([]seedbed.Machine, error) { return e.List, e.Fail }

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
