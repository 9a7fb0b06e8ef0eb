package control

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"seedbed"
)

// Engine tells of what runs, and where. Its errors are Unavailable where
// nothing is known, and NotFound for what is not kept any more.
type Engine interface {
	// Tasks returns the tasks of a workload, those that run first and the newest
	// first. With an error there may still be those that run.
	Tasks(ctx context.Context, id seedbed.WorkloadID) ([]seedbed.Task, error)
	// Log returns at most length bytes of what a task printed, from offset on, or
	// the last ones with a negative offset.
	Log(ctx context.Context, t seedbed.Task, name seedbed.LogName, offset, length int64) (seedbed.LogPart, error)
	// Download returns all of it. The caller closes it.
	Download(ctx context.Context, t seedbed.Task, name seedbed.LogName) (io.ReadCloser, error)
	// Usage returns what tasks use now; those of which nothing is known are left
	// out.
	Usage(ctx context.Context, tasks []seedbed.Task) (map[seedbed.TaskID]seedbed.TaskUsage, error)
	// Machines returns the machines by name.
	Machines(ctx context.Context) ([]seedbed.Machine, error)
}

// Tasks returns a site and its tasks, as for reading what they printed. The
// error may come together with those that run.
func (c *Control) Tasks(ctx context.Context, a Actor, name string) (Site, []seedbed.Task, error) {
	site, err := c.on(ctx, a, name, seedbed.SeeLogs)
	if err != nil {
		return Site{}, nil, err
	}
	tasks, err := c.engine.Tasks(ctx, site.Site.WorkloadID())
	if err != nil {
		err = fmt.Errorf("list the tasks of %s: %w", name, err)
	}
	return site, tasks, err
}

// Log is what one task of a site printed to one of its two streams.
type Log struct {
	Task   seedbed.Task
	Name   seedbed.LogName
	engine Engine
}

// Log returns the log of a task of a site. A task of another site is NotFound.
func (c *Control) Log(ctx context.Context, a Actor, name string, task seedbed.TaskID, stream seedbed.LogName) (Log, error) {
	_, tasks, err := c.Tasks(ctx, a, name)
	n := slices.IndexFunc(tasks, func(t seedbed.Task) bool { return t.ID == task })
	switch {
	case n >= 0:
		return Log{tasks[n], stream, c.engine}, nil
	case err != nil:
		return Log{}, err
	}
	return Log{}, seedbed.Missing("What this printed is not kept any more.")
}

// Read returns at most length bytes from offset on; with a negative offset the
// last ones.
func (l Log) Read(ctx context.Context, offset, length int64) (seedbed.LogPart, error) {
	return l.engine.Log(ctx, l.Task, l.Name, offset, length)
}

// Download returns all of it. The caller closes it.
func (l Log) Download(ctx context.Context) (io.ReadCloser, error) {
	return l.engine.Download(ctx, l.Task, l.Name)
}

// Use is what the tasks of a site use together.
type Use struct {
	At        time.Time // when it was looked at
	Tasks     int       // of which something is known
	Memory    int64
	Limit     int64 // of memory; 0 if one of them has none
	CPUs      float64
	CPUsKnown bool
}

// Usage returns what a site used when it was looked at last, and has it looked
// at again if that is some seconds ago. It hardly waits. An Unavailable error
// means that nothing is known.
func (c *Control) Usage(ctx context.Context, a Actor, name string) (Use, error) {
	site, err := c.on(ctx, a, name, seedbed.SeeSite)
	if err != nil {
		return Use{}, err
	}
	r := c.gauge.read(ctx, site.Site.WorkloadID())
	if r.use.At.IsZero() && r.trouble != nil {
		return Use{}, fmt.Errorf("read what %s uses: %w", name, r.trouble)
	}
	return r.use, nil
}

func together(used map[seedbed.TaskID]seedbed.TaskUsage) Use {
	sum := Use{Tasks: len(used), CPUsKnown: len(used) > 0}
	limited := true
	for _, u := range used {
		sum.Memory += u.Memory
		sum.Limit += u.MemoryLimit
		limited = limited && u.MemoryLimit > 0
		sum.CPUs += max(0, u.CPUs)
		sum.CPUsKnown = sum.CPUsKnown && u.CPUs >= 0
	}
	if !limited {
		sum.Limit = 0
	}
	return sum
}

// Machines returns the machines that the engine runs tasks on. What is free of
// the disk is known where there is one alone, with people's files in a folder.
func (c *Control) Machines(ctx context.Context, a Actor) ([]seedbed.Machine, error) {
	if err := c.permit(ctx, a, seedbed.SeeMachines); err != nil {
		return nil, err
	}
	machines, err := c.engine.Machines(ctx)
	if len(machines) != 1 {
		return machines, err
	}
	storage, away := c.storage.State(ctx)
	if away == nil && storage.Gluster == "" {
		machines = slices.Clone(machines)
		machines[0].Total.Disk, machines[0].FreeDisk = storage.Total, storage.Free
	}
	return machines, err
}

// noEngine stands in where none was given.
type noEngine struct{}

func (noEngine) trouble() error {
	return &seedbed.Error{Code: seedbed.Unavailable, Message: "There is no engine that could tell."}
}

// Tasks is an Unavailable error.
func (e noEngine) Tasks(context.Context, seedbed.WorkloadID) ([]seedbed.Task, error) {
	return nil, e.trouble()
}

// Log is an Unavailable error.
func (e noEngine) Log(context.Context, seedbed.Task, seedbed.LogName, int64, int64) (seedbed.LogPart, error) {
	return seedbed.LogPart{}, e.trouble()
}

// Download is an Unavailable error.
func (e noEngine) Download(context.Context, seedbed.Task, seedbed.LogName) (io.ReadCloser, error) {
	return nil, e.trouble()
}

// Usage is an Unavailable error.
func (e noEngine) Usage(context.Context, []seedbed.Task) (map[seedbed.TaskID]seedbed.TaskUsage, error) {
	return nil, e.trouble()
}

// Machines is an Unavailable error.
func (e noEngine) Machines(context.Context) ([]seedbed.Machine, error) { return nil, e.trouble() }
