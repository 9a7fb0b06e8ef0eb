package onebox

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// slaveID is what stands where Marathon names the Mesos agent.
const slaveID = "onebox"

// appInfo is an app as the API shows it: the definition and what is embedded.
type appInfo struct {
	*app
	*taskCounts                        // left out if nil
	Deployments     []deploymentRef    `json:"deployments,omitzero"`
	Tasks           *[]taskView        `json:"tasks,omitempty"`
	LastTaskFailure *taskFailure       `json:"lastTaskFailure,omitempty"`
	ReadinessChecks *[]readinessResult `json:"readinessCheckResults,omitempty"`
	TaskStats       *taskStats         `json:"taskStats,omitempty"`
}

type taskCounts struct {
	TasksStaged    int `json:"tasksStaged"`
	TasksRunning   int `json:"tasksRunning"`
	TasksHealthy   int `json:"tasksHealthy"`
	TasksUnhealthy int `json:"tasksUnhealthy"`
}

// taskView is a task as the API shows it.
type taskView struct {
	ID           string       `json:"id"`
	AppID        string       `json:"appId"`
	Host         string       `json:"host"`
	SlaveID      string       `json:"slaveId"`
	State        string       `json:"state"`
	Ports        []int        `json:"ports"`
	ServicePorts []int        `json:"servicePorts"`
	IPAddresses  []ipAddress  `json:"ipAddresses"`
	StagedAt     string       `json:"stagedAt,omitempty"`
	StartedAt    string       `json:"startedAt,omitempty"`
	Version      string       `json:"version,omitempty"`
	LocalVolumes []struct{}   `json:"localVolumes"`
	Region       string       `json:"region,omitempty"`
	Zone         string       `json:"zone,omitempty"`
	Health       []healthView `json:"healthCheckResults,omitempty"`
}

type ipAddress struct {
	IPAddress string `json:"ipAddress"`
	Protocol  string `json:"protocol"`
}

type healthView struct {
	InstanceID          string `json:"instanceId"`
	Alive               bool   `json:"alive"`
	ConsecutiveFailures int    `json:"consecutiveFailures"`
	FirstSuccess        string `json:"firstSuccess,omitempty"`
	LastSuccess         string `json:"lastSuccess,omitempty"`
	LastFailure         string `json:"lastFailure,omitempty"`
	LastFailureCause    string `json:"lastFailureCause,omitempty"`
}

// embed says what is shown of an app besides its definition. In lists of apps
// counts and deployments always are; in groups only if they are asked for.
type embed struct{ tasks, failure, readiness, stats, counts, deployments bool }

// parseEmbed reads the values of the query parameter embed, with any of
// Marathon's prefixes; what is unknown is ignored.
func parseEmbed(values []string) embed {
	var e embed
	for _, v := range values {
		switch v[strings.LastIndexByte(v, '.')+1:] {
		case "tasks":
			e.tasks, e.deployments = true, true
		case "lastTaskFailure":
			e.failure = true
		case "failures":
			e.tasks, e.failure, e.deployments = true, true, true
		case "counts":
			e.counts = true
		case "deployments":
			e.deployments = true
		case "readiness":
			e.readiness = true
		case "taskStats":
			e.stats = true
		}
	}
	return e
}

// gallery shows the records of one moment together with what was seen then.
type gallery struct {
	snapshot
	seen    sight
	host    string
	machine Machine
	now     time.Time
	refs    map[string][]deploymentRef
	ready   *readiness
}

func (e *Engine) gallery() gallery {
	g := gallery{snapshot: e.records.snapshot(), seen: e.sights.newest(), host: e.cfg.HostIP, machine: e.cfg.Machine, now: e.now(), ready: e.readiness}
	g.refs = map[string][]deploymentRef{}
	for _, d := range g.deployments {
		for id := range d.Before {
			g.refs[id] = append(g.refs[id], deploymentRef{d.ID})
		}
	}
	return g
}

// appInfo shows an app with its counts and deployments.
func (g gallery) appInfo(r *appRecord, with embed) appInfo {
	with.counts, with.deployments = true, true
	return g.appWith(r, with)
}

// appInGroup shows an app with nothing but what was asked for.
func (g gallery) appInGroup(r *appRecord, embedded []string) any {
	if len(embedded) == 0 {
		return r.App
	}
	return g.appWith(r, parseEmbed(embedded))
}

func (g gallery) appWith(r *appRecord, with embed) appInfo {
	info, list := appInfo{app: r.App}, g.byApp[r.App.ID]
	if with.counts {
		info.taskCounts = new(taskCounts)
		info.TasksStaged, info.TasksRunning, info.TasksHealthy, info.TasksUnhealthy = g.counts(list)
	}
	if with.deployments {
		info.Deployments = append([]deploymentRef{}, g.refs[r.App.ID]...)
	}
	if with.tasks {
		tasks := g.tasks(list)
		info.Tasks = &tasks
	}
	if with.failure {
		info.LastTaskFailure = r.Failure
	}
	if with.readiness {
		results := g.readiness(r.App.ID)
		info.ReadinessChecks = &results
	}
	if with.stats {
		info.TaskStats = g.stats(r.App, list)
	}
	return info
}

// readiness returns what the readiness checks of an app have found in the step
// of a deployment that is being done.
func (g gallery) readiness(id string) []readinessResult {
	out, r := []readinessResult{}, g.app(id)
	if r == nil {
		return out
	}
	for _, d := range g.deployments {
		for _, i := range g.byApp[id] {
			result, known := g.ready.of(i)
			if known && awaitsReadiness(i, r.App, d.doing(id)) {
				out = append(out, result)
			}
		}
	}
	return out
}

// counts follows Marathon: healthy and unhealthy are only those that have a
// result of a health check.
func (g gallery) counts(list []*instance) (staged, running, healthy, unhealthy int) {
	for _, i := range list {
		switch i.taskState(g.seen.sees(i)) {
		case "TASK_STAGING":
			staged++
		case "TASK_RUNNING":
			running++
		}
		if known, alive := i.verdict(); known && alive {
			healthy++
		} else if known {
			unhealthy++
		}
	}
	return staged, running, healthy, unhealthy
}

func (g gallery) tasks(list []*instance) []taskView {
	out := make([]taskView, 0, len(list))
	for _, i := range list {
		out = append(out, g.task(i))
	}
	return out
}

func (g gallery) task(i *instance) taskView {
	v := taskView{
		ID: i.TaskID(), AppID: i.App, Host: g.host, SlaveID: slaveID,
		State: i.taskState(g.seen.sees(i)), Ports: orEmpty(i.Ports), ServicePorts: []int{},
		IPAddresses: i.addresses(), LocalVolumes: []struct{}{}, Region: g.machine.Region, Zone: g.machine.Zone,
	}
	if i.Condition == scheduled {
		return v
	}
	v.StagedAt, v.StartedAt, v.Version = stamp(i.StagedAt), stamp(i.StartedAt), i.Spec.Version
	for _, h := range i.Health {
		if h.known() {
			v.Health = append(v.Health, h.view(i.ID))
		}
	}
	return v
}

func (h healthResult) view(instanceID string) healthView {
	return healthView{
		InstanceID: instanceID, Alive: h.Alive, ConsecutiveFailures: h.ConsecutiveFailures,
		FirstSuccess: stamp(h.FirstSuccess), LastSuccess: stamp(h.LastSuccess),
		LastFailure: stamp(h.LastFailure), LastFailureCause: h.LastFailureCause,
	}
}

func (i *instance) addresses() []ipAddress {
	if i.IP == "" {
		return []ipAddress{}
	}
	return []ipAddress{{i.IP, "IPv4"}}
}

func orEmpty(list []int) []int {
	if list == nil {
		return []int{}
	}
	return list
}

// taskStats is Marathon's summary of an app's tasks, by group of tasks.
type taskStats struct {
	AfterScaling *statsGroup `json:"startedAfterLastScaling,omitempty"`
	Latest       *statsGroup `json:"withLatestConfig,omitempty"`
	Outdated     *statsGroup `json:"withOutdatedConfig,omitempty"`
	Total        *statsGroup `json:"totalSummary,omitempty"`
}

type statsGroup struct {
	Stats struct {
		Counts   statsCounts `json:"counts"`
		LifeTime *lifeTime   `json:"lifeTime,omitempty"`
	} `json:"stats"`
}

type statsCounts struct {
	Staged    int `json:"staged"`
	Running   int `json:"running"`
	Healthy   int `json:"healthy"`
	Unhealthy int `json:"unhealthy"`
}

type lifeTime struct {
	Average float64 `json:"averageSeconds"`
	Median  float64 `json:"medianSeconds"`
}

func (g gallery) stats(a *app, list []*instance) *taskStats {
	var scaled, latest, old []*instance
	for _, i := range list {
		if i.current(a) {
			latest = append(latest, i)
		} else {
			old = append(old, i)
		}
		if !i.StartedAt.IsZero() && stamp(i.StartedAt) >= a.VersionInfo.LastScalingAt {
			scaled = append(scaled, i)
		}
	}
	return &taskStats{g.statsGroup(scaled), g.statsGroup(latest), g.statsGroup(old), g.statsGroup(list)}
}

func (g gallery) statsGroup(list []*instance) *statsGroup {
	if len(list) == 0 {
		return nil
	}
	s := new(statsGroup)
	s.Stats.Counts.Staged, s.Stats.Counts.Running, s.Stats.Counts.Healthy, s.Stats.Counts.Unhealthy = g.counts(list)
	var ages []float64
	for _, i := range list {
		if !i.StartedAt.IsZero() {
			ages = append(ages, g.now.Sub(i.StartedAt).Seconds())
		}
	}
	if len(ages) > 0 {
		s.Stats.LifeTime = &lifeTime{mean(ages), median(ages)}
	}
	return s
}

func mean(list []float64) float64 {
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	return sum / float64(len(list))
}

func median(list []float64) float64 {
	slices.SortFunc(list, cmp.Compare)
	middle := len(list) / 2
	if len(list)%2 == 1 {
		return list[middle]
	}
	return (list[middle-1] + list[middle]) / 2
}
