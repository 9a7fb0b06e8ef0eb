package marathon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"seedbed"
)

// runningList is the answer to the question for all apps and their tasks, and
// for nothing else of them.
type runningList struct {
	Apps *[]appState `json:"apps"`
}

func (l *runningList) whole() error {
	if l.Apps == nil {
		return errors.New("there is no list of apps")
	}
	for _, a := range *l.Apps {
		if !strings.HasPrefix(a.ID, "/") || a.Tasks == nil {
			return fmt.Errorf("the app %q has no id or no tasks", a.ID)
		}
	}
	return nil
}

// Running returns all workloads of the group with their containers that have a
// place on a machine; those of which nothing runs have none. An error is
// Unavailable and means that nothing is known: what is returned is complete.
func (c *Client) Running(ctx context.Context) (map[seedbed.WorkloadID][]seedbed.Instance, error) {
	var in runningList
	r := request{method: http.MethodGet, path: "/v2/apps", query: url.Values{"embed": {"apps.tasks"}}, json: true}
	if err := c.call(ctx, r, into(&in)); err != nil {
		return nil, fmt.Errorf("list all that runs: %w", unavailableOf(err))
	}
	if err := c.leader.steady(); err != nil {
		return nil, fmt.Errorf("list all that runs: %w", err)
	}
	all := make(map[seedbed.WorkloadID][]seedbed.Instance, len(*in.Apps))
	for _, a := range c.group.own(*in.Apps) {
		all[seedbed.WorkloadID(a.ID)] = a.placed()
	}
	return all, nil
}

// runningApp is the answer to the same question for one app.
type runningApp struct {
	App *appState `json:"app"`
	id  string    // that was asked for
}

func (a *runningApp) whole() error {
	if a.App == nil || a.App.ID != a.id || a.App.Tasks == nil {
		return errors.New("it is not that app with its tasks")
	}
	return nil
}

// RunningOf returns the same of one workload. The error is NotFound if Marathon
// says that it does not have it, and otherwise Unavailable.
func (c *Client) RunningOf(ctx context.Context, id seedbed.WorkloadID) ([]seedbed.Instance, error) {
	in := runningApp{id: c.group.app(id)}
	r := request{method: http.MethodGet, path: c.appPath(id), query: url.Values{"embed": {"app.tasks"}}, json: true}
	err := c.call(ctx, r, into(&in))
	if err == nil {
		err = c.leader.steady()
	}
	if err != nil {
		if seedbed.CodeOf(err) != seedbed.NotFound {
			err = unavailableOf(err)
		}
		return nil, fmt.Errorf("list what runs of %s: %w", id, err)
	}
	in.App.ID = string(id)
	return in.App.placed(), nil
}

// placed returns the tasks of an app that have a place on a machine.
func (a appState) placed() (out []seedbed.Instance) {
	for _, t := range *a.Tasks {
		if t.State == taskRunning || t.State == taskUnreachable || t.State == taskKilling {
			out = append(out, a.instance(t))
		}
	}
	return out
}

// heard is what is read of an event. Which fields there are depends on its type.
type heard struct {
	AppID      string `json:"appId"`
	RunSpecID  string `json:"runSpecId"`
	TaskID     string `json:"taskId"`
	TaskStatus string `json:"taskStatus"`
	Plan       struct {
		Steps []struct {
			Actions []struct {
				App string `json:"app"`
			} `json:"actions"`
		} `json:"steps"`
	} `json:"plan"`
}

// apps returns the apps that an event names.
func (h heard) apps() (ids []string) {
	ids = append(ids, h.AppID, h.RunSpecID)
	for _, step := range h.Plan.Steps {
		for _, action := range step.Actions {
			ids = append(ids, action.App)
		}
	}
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
}

// hint reads an event. One that cannot be read, or names no app, concerns all;
// one of apps outside of the group nothing at all.
func (c *Client) hint(kind string, data []byte) seedbed.Hint {
	var h heard
	if err := json.Unmarshal(data, &h); err != nil {
		return seedbed.Hint{All: true}
	}
	if kind == "event_stream_attached" {
		return seedbed.Hint{} // whoever listens has been told when the stream began
	}
	apps := h.apps()
	if len(apps) == 0 || slices.ContainsFunc(apps, func(id string) bool { return !strings.HasPrefix(id, "/") }) {
		return seedbed.Hint{All: true}
	}
	var hint seedbed.Hint
	for _, app := range apps {
		if id, ours := c.group.workload(app); ours {
			hint.Workloads = append(hint.Workloads, id)
		}
	}
	if len(hint.Workloads) == 0 {
		return hint
	}
	if kind == "status_update_event" && slices.Contains(ended, h.TaskStatus) {
		hint.Ended = []string{h.TaskID}
	}
	if kind == "app_terminated_event" {
		hint.Gone = hint.Workloads
	}
	return hint
}
