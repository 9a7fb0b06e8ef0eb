package marathon

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"seedbed"
)

// appState is what is read of an app. It is less than go-marathon's form has,
// so that one odd app of somebody else cannot make all others unreadable.
type appState struct {
	ID          string            `json:"id"`
	Instances   *int              `json:"instances"`
	Labels      map[string]string `json:"labels"`
	Version     string            `json:"version"`
	VersionInfo struct {
		LastConfigChangeAt string `json:"lastConfigChangeAt"`
	} `json:"versionInfo"`
	HealthChecks    []struct{}   `json:"healthChecks"`
	Deployments     *[]struct{}  `json:"deployments"`
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

// appList is the answer to the question for all apps.
type appList struct {
	Apps *[]appState `json:"apps"`
}

// whole asks of each app what every Marathon sends: without its deployments, one
// that is under way would be taken for one that has ended.
func (l *appList) whole() error {
	if l.Apps == nil {
		return errors.New("there is no list of apps")
	}
	for _, a := range *l.Apps {
		if !strings.HasPrefix(a.ID, "/") || a.Instances == nil || a.Tasks == nil || a.Deployments == nil {
			return fmt.Errorf("the app %q has no id, no number of instances, no tasks or no deployments", a.ID)
		}
	}
	return nil
}

// read returns all apps of the group with their tasks, with the ids that
// workloads have. Whatever is not surely the answer to that question is an
// Unavailable error, never an empty list.
func (c *Client) read(ctx context.Context) ([]appState, error) {
	var in appList
	query := url.Values{"embed": {"apps.tasks", "apps.deployments", "apps.lastTaskFailure"}}
	if err := c.call(ctx, get("/v2/apps", query), into(&in)); err != nil {
		return nil, unavailableOf(err)
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
	if err := c.addLeaving(ctx, out); err != nil {
		return nil, fmt.Errorf("observe workloads that end: %w", err)
	}
	if err := c.leader.steady(); err != nil {
		return nil, fmt.Errorf("observe workloads: %w", err)
	}
	c.explain(ctx, out)
	return out, nil
}

// explainWithin is how long the rest waits for what only explains it.
const explainWithin = 3 * time.Second

// explain says of the workloads that do not all run why that is so, as far as it
// can be found out. If it cannot, nothing is said, and that is no error.
func (c *Client) explain(ctx context.Context, all map[seedbed.WorkloadID]seedbed.Observed) {
	ctx, cancel := context.WithTimeout(ctx, explainWithin)
	defer cancel()
	for _, o := range all {
		if isShort(o) {
			c.addWaiting(ctx, all)
			c.addPulling(ctx, all)
			return
		}
	}
}

// isShort reports whether more should run than does.
func isShort(o seedbed.Observed) bool { return o.Running < o.Instances }

// tell changes what was observed of an app of the group that does not all run.
func (c *Client) tell(all map[seedbed.WorkloadID]seedbed.Observed, app string, change func(*seedbed.Observed)) {
	id, ours := c.group.workload(app)
	if o, there := all[id]; ours && there && isShort(o) {
		change(&o)
		all[id] = o
	}
}

func (a appState) observed() seedbed.Observed {
	o := seedbed.Observed{
		ID: seedbed.WorkloadID(a.ID), Deployment: a.Labels[seedbed.DeploymentLabel],
		Instances: *a.Instances, Settled: len(*a.Deployments) == 0,
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
	if err := c.leader.steady(); err != nil {
		return nil, fmt.Errorf("list instances: %w", err)
	}
	var out []seedbed.Instance
	for _, a := range apps {
		out = append(out, a.placed()...)
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
		Healthy: reason == "", Reason: reason, Draining: t.State == taskKilling, Unchecked: len(a.HealthChecks) == 0, Labels: a.Labels,
	}
}
