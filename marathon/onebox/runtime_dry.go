package onebox

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"seedbed/marathon/onebox/fetcher"
	"seedbed/marathon/onebox/sandbox"
)

// newRuntime returns Docker, or what starts nothing if there is none.
func newRuntime(cfg Config, p policy, boxes *sandbox.Store, files *fetcher.Fetcher) runtime {
	if cfg.Docker == nil {
		return &dryRuntime{running: map[string]container{}, changed: make(chan struct{}, 1)}
	}
	return newDocker(cfg, p, boxes, files)
}

// dryRuntime starts nothing: what it was told to launch runs until it is told to
// remove it. It forgets everything when the process ends.
type dryRuntime struct {
	mu      sync.Mutex
	running map[string]container
	changed chan struct{}
}

func (d *dryRuntime) ping(context.Context) error { return nil }

func (d *dryRuntime) list(context.Context) (map[string]container, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make(map[string]container, len(d.running))
	for task, c := range d.running {
		out[task] = c
	}
	return out, nil
}

func (d *dryRuntime) watch(ctx context.Context, changed func()) {
	for {
		select {
		case <-d.changed:
			changed()
		case <-ctx.Done():
			return
		}
	}
}

func (d *dryRuntime) prepare(context.Context, *instance) error { return nil }

func (d *dryRuntime) supply(context.Context, *instance) error { return nil }

func (d *dryRuntime) pulling() []pullView { return []pullView{} }

func (d *dryRuntime) launch(_ context.Context, i *instance) error {
	d.set(i.TaskID(), &container{ID: i.TaskID(), TaskID: i.TaskID(), App: i.App, Running: true})
	return nil
}

func (d *dryRuntime) remove(_ context.Context, name string, _ time.Duration, stopped func(id, task, app string)) error {
	d.mu.Lock()
	c, there := d.running[name]
	d.mu.Unlock()
	if there {
		stopped(c.ID, c.TaskID, c.App)
		d.set(name, nil)
	}
	return nil
}

func (d *dryRuntime) set(task string, c *container) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c == nil {
		delete(d.running, task)
	} else {
		d.running[task] = *c
	}
	poke(d.changed)
}

func (d *dryRuntime) ending(context.Context, string) (ending, error) {
	return ending{"TASK_FAILED", "Failed", "The engine was started again; it starts nothing and remembers nothing."}, nil
}

func (d *dryRuntime) lastWords(context.Context, string) string { return "" }

func (d *dryRuntime) output(context.Context, string, string, bool) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("")), nil
}

func (d *dryRuntime) execute(context.Context, string, string) (string, int, error) { return "", 0, nil }

func (d *dryRuntime) networkPath(context.Context, string) (string, error) { return "", nil }

func (d *dryRuntime) statistics(_ context.Context, i *instance) (statistics, error) {
	return statistics{CPUsLimit: i.Spec.CPUs, MemLimit: uint64(i.Spec.Mem * (1 << 20))}, nil
}

// capacity is that of a machine on which everything has room.
func (d *dryRuntime) capacity(context.Context) (int, int64, error) { return 1 << 14, 1 << 44, nil }
