package marathon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"seedbed"
)

const (
	endedSearched = 2000 // of Mesos' newest tasks, for those that have ended
	endedTold     = 50
)

// states are Marathon's names of the states that tasks can be in.
var states = map[string]seedbed.TaskState{
	"TASK_CREATED": seedbed.TaskStarting, "TASK_STAGING": seedbed.TaskStarting, "TASK_STARTING": seedbed.TaskStarting,
	taskRunning: seedbed.TaskRunning, taskKilling: seedbed.TaskStopping, taskUnreachable: seedbed.TaskUnseen,
	"TASK_KILLED": seedbed.TaskStopped, "TASK_FINISHED": seedbed.TaskFinished, "TASK_FAILED": seedbed.TaskFailed, "TASK_ERROR": seedbed.TaskFailed,
}

// Tasks returns the tasks of a workload that are there, the newest first, and
// then those that have ended and whose logs may still be read. If only the ended
// ones cannot be had, it returns the others together with an Unavailable error.
func (c *Client) Tasks(ctx context.Context, id seedbed.WorkloadID) ([]seedbed.Task, error) {
	living, err := c.livingTasks(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("list the tasks of %s: %w", id, err)
	}
	ended, err := c.endedTasks(ctx, id, living)
	if err != nil {
		return living, fmt.Errorf("list the ended tasks of %s: %w", id, err)
	}
	return append(living, ended...), nil
}

// appTasks is the answer to the question for the tasks of one app.
type appTasks struct {
	Tasks *[]struct {
		ID        string    `json:"id"`
		SlaveID   string    `json:"slaveId"`
		State     string    `json:"state"`
		StagedAt  time.Time `json:"stagedAt"`
		StartedAt time.Time `json:"startedAt"`
	} `json:"tasks"`
}

func (l *appTasks) whole() error {
	if l.Tasks == nil {
		return errors.New("there is no list of tasks")
	}
	return nil
}

func (c *Client) livingTasks(ctx context.Context, id seedbed.WorkloadID) ([]seedbed.Task, error) {
	var in appTasks
	err := c.call(ctx, get(c.appPath(id)+"/tasks", nil), into(&in))
	switch {
	case isNotFound(err):
		return nil, nil
	case err != nil:
		return nil, unavailableOf(err)
	}
	var out []seedbed.Task
	for _, t := range *in.Tasks {
		began := t.StartedAt
		if began.IsZero() {
			began = t.StagedAt
		}
		out = append(out, seedbed.Task{
			ID: seedbed.TaskID(t.ID), Workload: id, Machine: seedbed.MachineID(t.SlaveID),
			State: cmp.Or(states[t.State], seedbed.TaskUnseen), Began: began,
		})
	}
	slices.SortFunc(out, func(a, b seedbed.Task) int { return newestFirst(a.Began, b.Began) })
	return out, nil
}

// mesosTask is a task as the master lists it.
type mesosTask struct {
	ID          string `json:"id"`
	FrameworkID string `json:"framework_id"`
	SlaveID     string `json:"slave_id"`
	State       string `json:"state"`
	Statuses    []struct {
		State     string  `json:"state"`
		Timestamp float64 `json:"timestamp"`
	} `json:"statuses"`
}

// mesosTasks is the master's answer to the question for tasks.
type mesosTasks struct {
	Tasks *[]mesosTask `json:"tasks"`
}

func (l *mesosTasks) whole() error {
	if l.Tasks == nil {
		return errors.New("there is no list of tasks")
	}
	return nil
}

// endedTasks returns the newest tasks of a workload that Mesos knows and
// Marathon does not.
func (c *Client) endedTasks(ctx context.Context, id seedbed.WorkloadID, living []seedbed.Task) ([]seedbed.Task, error) {
	master, framework, err := c.master(ctx)
	if err != nil {
		return nil, err
	}
	var in mesosTasks
	query := url.Values{"limit": {strconv.Itoa(endedSearched)}, "order": {"des"}, "framework_id": {framework}}
	if err := c.ask(ctx, master, "/master/tasks", query, &in); err != nil {
		return nil, err
	}
	var out []seedbed.Task
	for _, t := range *in.Tasks {
		known := slices.ContainsFunc(living, func(l seedbed.Task) bool { return string(l.ID) == t.ID })
		if !known && t.FrameworkID == framework && belongs(t.ID, c.group.app(id)) {
			out = append(out, t.task(id))
		}
	}
	slices.SortStableFunc(out, func(a, b seedbed.Task) int {
		return newestFirst(later(a.Ended, a.Began), later(b.Ended, b.Began))
	})
	return out[:min(len(out), endedTold)], nil
}

// belongs reports whether a task's id says that it is one of an app's: Marathon
// begins it with the app's id, with "_" for "/".
func belongs(task, app string) bool {
	return strings.HasPrefix(task, strings.ReplaceAll(strings.Trim(app, "/"), "/", "_")+".")
}

func (t mesosTask) task(id seedbed.WorkloadID) seedbed.Task {
	out := seedbed.Task{ID: seedbed.TaskID(t.ID), Workload: id, Machine: seedbed.MachineID(t.SlaveID), State: states[t.State]}
	for _, s := range t.Statuses {
		at := mesosTime(s.Timestamp)
		switch {
		case s.State == taskRunning:
			out.Began = at
		case slices.Contains(ended, s.State):
			out.Ended = at
		}
	}
	if !out.State.HasEnded() {
		out.State = seedbed.TaskLost // Marathon does not have it
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
