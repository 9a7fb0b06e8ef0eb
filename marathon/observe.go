package marathon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"seedbed"
)

// appState is what is read of an app. It is less than go-marathon's form has,
// so that one odd app of somebody else cannot make all others unreadable.
type appState struct {
	ID          string            `json:"id"`
	Instances   int               `json:"instances"`
	Labels      map[string]string `json:"labels"`
	Version     string            `json:"version"`
	VersionInfo struct {
		LastConfigChangeAt string `json:"lastConfigChangeAt"`
	} `json:"versionInfo"`
	HealthChecks    []struct{}   `json:"healthChecks"`
	Deployments     []struct{}   `json:"deployments"`
	Tasks           *[]taskState `json:"tasks"`
	LastTaskFailure *struct {
		Message   string    `json:"message"`
		State     string    `json:"state"`
		Timestamp time.Time `json:"timestamp"`
	} `json:"lastTaskFailure"`
}

type taskState struct {
	ID      string `json:"id"`
	Host    string `json:"host"`
	Ports   []int  `json:"ports"`
	State   string `json:"state"`
	Version string `json:"version"`
	Health  []struct {
		Alive            bool   `json:"alive"`
		LastFailureCause string `json:"lastFailureCause"`
	} `json:"healthCheckResults"`
}

// Marathon's names of the states that matter here.
const (
	taskRunning     = "TASK_RUNNING"
	taskKilling     = "TASK_KILLING"
	taskUnreachable = "TASK_UNREACHABLE"
)

// read returns all apps of the group with their tasks, with the ids that
// workloads have. Whatever is not surely the answer to that question is an
// Unavailable error, never an empty list.
func (c *Client) read(ctx context.Context) ([]appState, error) {
	var in struct {
		Apps *[]appState `json:"apps"`
	}
	query := url.Values{"embed": {"apps.tasks", "apps.deployments", "apps.lastTaskFailure"}}
	if err := c.call(ctx, request{method: http.MethodGet, path: "/v2/apps", query: query}, &in); err != nil {
		return nil, unavailableOf(err)
	}
	if err := plausible(in.Apps); err != nil {
		return nil, implausible(err)
	}
	return c.group.own(*in.Apps), nil
}

// own returns the apps of the group, by the ids of workloads.
func (g group) own(apps []appState) []appState {
	own := make([]appState, 0, len(apps))
	for _, a := range apps {
		if id, ours := g.workload(a.ID); ours {
			a.ID = string(id)
			own = append(own, a)
		}
	}
	return own
}

// unavailableOf makes sure that a read that failed is not taken for a finding:
// a 404 says that the question was not understood, not that nothing is there.
func unavailableOf(err error) error {
	if seedbed.CodeOf(err) == seedbed.Unavailable {
		return err
	}
	return unavailable("The engine that runs the sites does not answer as it should.", err)
}

func implausible(err error) error {
	return unavailable("The engine that runs the sites gave an answer that cannot be right.", err)
}

func plausible(apps *[]appState) error {
	if apps == nil {
		return errors.New("the answer has no list of apps")
	}
	for _, a := range *apps {
		if !strings.HasPrefix(a.ID, "/") || a.Tasks == nil {
			return fmt.Errorf("the app %q has no id or no list of tasks", a.ID)
		}
	}
	return nil
}

// Observe returns all workloads of the group, which without one are those of
// others as well, and also those that Marathon has forgotten as apps but has not
// ended yet: they have 0 Instances and are not Settled. An error is Unavailable and means that nothing
// is known.
func (c *Client) Observe(ctx context.Context) (map[seedbed.WorkloadID]seedbed.Observed, error) {
	apps, err := c.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("observe workloads: %w", err)
	}
	out := make(map[seedbed.WorkloadID]seedbed.Observed, len(apps))
	for _, a := range apps {
		out[seedbed.WorkloadID(a.ID)] = a.observed()
	}
	c.addWaiting(ctx, out)
	c.addPulling(ctx, out)
	if err := c.addLeaving(ctx, out); err != nil {
		return nil, fmt.Errorf("observe workloads that end: %w", err)
	}
	return out, nil
}

func (a appState) observed() seedbed.Observed {
	o := seedbed.Observed{
		ID: seedbed.WorkloadID(a.ID), Deployment: a.Labels[seedbed.DeploymentLabel],
		Instances: a.Instances, Settled: len(a.Deployments) == 0,
	}
	for _, t := range *a.Tasks {
		switch t.State {
		case taskRunning:
			o.Running++
		case taskUnreachable:
			o.Unseen = true
		}
		if a.trouble(t) == "" && a.current(t) {
			o.Healthy++
		}
	}
	if f := a.LastTaskFailure; f != nil {
		o.Failure = &seedbed.Failure{At: f.Timestamp, Message: f.Message}
	}
	return o
}

// current reports whether a task has the present configuration. A deployment
// that was cancelled half way leaves others, which are well but not what was
// asked for. Versions are times of fixed length, so they compare as text.
func (a appState) current(t taskState) bool {
	return t.Version >= a.VersionInfo.LastConfigChangeAt
}

// trouble returns why a task cannot be sent visitors, or "".
func (a appState) trouble(t taskState) string {
	switch t.State {
	case taskRunning:
	case taskUnreachable:
		return "The engine cannot tell now whether it runs."
	case taskKilling:
		return "It is being stopped."
	default:
		return "It is not running yet (" + t.State + ")."
	}
	return a.ill(t)
}

// ill returns what a task's health checks found wrong with it, or "".
func (a appState) ill(t taskState) string {
	for _, h := range t.Health {
		if !h.Alive {
			return defaulted(h.LastFailureCause, "Its health check failed.")
		}
	}
	if len(t.Health) < len(a.HealthChecks) {
		return "Its health was not checked yet."
	}
	return ""
}

func defaulted(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// Instances returns every container of every app of the group that has a place on a machine,
// whether visitors can be sent to it or not. An error is Unavailable and means
// that nothing is known.
func (c *Client) Instances(ctx context.Context) ([]seedbed.Instance, error) {
	apps, err := c.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("list instances: %w", err)
	}
	var out []seedbed.Instance
	for _, a := range apps {
		for _, t := range *a.Tasks {
			if t.State == taskRunning || t.State == taskUnreachable || t.State == taskKilling {
				out = append(out, a.instance(t))
			}
		}
	}
	return out, nil
}

// instance is a task as visitors' requests see it. One that the engine has lost
// sight of keeps the verdict that it had: most likely it is there, and taking
// all sites away because Docker hangs would be acting on a read that failed.
func (a appState) instance(t taskState) seedbed.Instance {
	reason := a.trouble(t)
	if t.State == taskUnreachable {
		reason = a.ill(t)
	}
	return seedbed.Instance{
		ID: t.ID, Workload: seedbed.WorkloadID(a.ID), Host: t.Host, Ports: t.Ports,
		Healthy: reason == "", Reason: reason, Labels: a.Labels,
	}
}
