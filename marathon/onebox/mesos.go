package onebox

import (
	"cmp"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"seedbed/marathon/onebox/sandbox"
)

// mesosVersion is the version of Mesos in whose shapes agent and master answer.
const mesosVersion = "1.11.0"

// mesosResources are amounts as Mesos writes them: memory and disk in MiB.
type mesosResources struct {
	CPUs  float64 `json:"cpus"`
	Mem   float64 `json:"mem"`
	Disk  float64 `json:"disk"`
	GPUs  float64 `json:"gpus"`
	Ports string  `json:"ports,omitempty"`
}

// agentView is this machine as the master lists it.
type agentView struct {
	ID         string            `json:"id"`
	PID        string            `json:"pid"`
	Hostname   string            `json:"hostname"`
	Port       int               `json:"port"`
	Active     bool              `json:"active"`
	Version    string            `json:"version"`
	Registered float64           `json:"registered_time"`
	Resources  mesosResources    `json:"resources"`
	Used       mesosResources    `json:"used_resources"`
	Offered    mesosResources    `json:"offered_resources"`
	Unreserved mesosResources    `json:"unreserved_resources"`
	Reserved   struct{}          `json:"reserved_resources"`
	Attributes map[string]string `json:"attributes"`
}

// mesosTask is a task as master and agent list it.
type mesosTask struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	FrameworkID string         `json:"framework_id"`
	ExecutorID  string         `json:"executor_id"` // empty: Mesos' own
	SlaveID     string         `json:"slave_id"`
	State       string         `json:"state"`
	Role        string         `json:"role"`
	Resources   mesosResources `json:"resources"`
	Labels      []mesosLabel   `json:"labels"`
	Statuses    []mesosStatus  `json:"statuses"`
}

type mesosLabel struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type mesosStatus struct {
	State     string           `json:"state"`
	Timestamp float64          `json:"timestamp"`
	Container *containerStatus `json:"container_status,omitempty"`
}

// executorView is one run on the agent, with the folder of its files.
type executorView struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Source    string         `json:"source"`
	Container string         `json:"container"`
	Directory string         `json:"directory"`
	Resources mesosResources `json:"resources"`
	Tasks     []mesosTask    `json:"tasks"`
	Queued    []mesosTask    `json:"queued_tasks"`
	Completed []mesosTask    `json:"completed_tasks"`
}

func (e *Engine) frameworkID() string { return "onebox-" + e.cfg.Installation }

// masterURL is where the master answers: below the engine's own address.
func masterURL(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + "/mesos/"
}

// showMaster handles GET /mesos/{state,state-summary,slaves,tasks,frameworks,
// metrics/snapshot,version}, each also with "master/" before it.
func (e *Engine) showMaster(w http.ResponseWriter, r *http.Request) error {
	e.awaitFirstLook(r)
	switch strings.TrimPrefix(r.PathValue("path"), "master/") {
	case "slaves":
		return answer(w, http.StatusOK, map[string]any{"slaves": []agentView{e.agent(r)}, "recovered_slaves": []agentView{}})
	case "tasks":
		return e.showMesosTasks(w, r)
	case "state":
		return e.showMasterState(w, r)
	case "frameworks":
		return answer(w, http.StatusOK, map[string]any{"frameworks": []any{e.framework(e.mesosTasks())}, "completed_frameworks": []any{}, "unregistered_frameworks": []any{}})
	case "state-summary":
		return e.showSummary(w, r)
	case "metrics/snapshot":
		return e.showSnapshot(w, r)
	case "version":
		return showVersion(w, r)
	case "health":
		return showHealth(w, r)
	}
	return notFound("URI not found: %s", r.URL.Path)
}

// showHealth handles GET /mesos/health and that of the agent: whoever answers is well.
func showHealth(w http.ResponseWriter, _ *http.Request) error {
	w.WriteHeader(http.StatusOK)
	return nil
}

func (e *Engine) showMasterState(w http.ResponseWriter, r *http.Request) error {
	framework := e.framework(e.mesosTasks())
	return answer(w, http.StatusOK, map[string]any{
		"version": mesosVersion, "id": "onebox", "pid": "master@" + r.Host, "leader": "master@" + r.Host, "hostname": e.cfg.HostIP,
		"cluster": e.cfg.Installation, "activated_slaves": 1, "deactivated_slaves": 0, "slaves": []agentView{e.agent(r)},
		"frameworks": []any{framework}, "completed_frameworks": []any{}, "orphan_tasks": []any{}, "unregistered_frameworks": []any{},
	})
}

// showMesosTasks handles GET /mesos/tasks: the newest first, a hundred unless
// the client says otherwise.
func (e *Engine) showMesosTasks(w http.ResponseWriter, r *http.Request) error {
	living, ended := e.mesosTasks()
	all := append(living, ended...)
	slices.SortStableFunc(all, func(a, b mesosTask) int { return cmp.Compare(b.began(), a.began()) })
	query := r.URL.Query()
	if id := query.Get("framework_id"); id != "" && id != e.frameworkID() {
		all = []mesosTask{}
	}
	if query.Get("order") == "asc" {
		slices.Reverse(all)
	}
	from := min(len(all), number(query.Get("offset"), 0))
	to := min(len(all), from+min(len(all), number(query.Get("limit"), 100)))
	return answer(w, http.StatusOK, map[string]any{"tasks": all[from:to]})
}

// number reads a number that is not negative.
func number(text string, fallback int) int {
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return n
	}
	return fallback
}

func (t mesosTask) began() float64 {
	if len(t.Statuses) == 0 {
		return 0
	}
	return t.Statuses[0].Timestamp
}

// showAgent handles GET /state.
func (e *Engine) showAgent(w http.ResponseWriter, r *http.Request) error {
	e.awaitFirstLook(r)
	living, ended := e.mesosTasks()
	framework := map[string]any{
		"id": e.frameworkID(), "name": "onebox", "hostname": e.cfg.HostIP, "role": "*",
		"executors": e.executors(living, false), "completed_executors": e.executors(ended, true),
	}
	agent := e.agent(r)
	return answer(w, http.StatusOK, map[string]any{
		"version": mesosVersion, "id": agent.ID, "pid": agent.PID, "hostname": agent.Hostname, "attributes": agent.Attributes,
		"resources": agent.Resources, "frameworks": []any{framework}, "completed_frameworks": []any{}, "flags": map[string]string{},
	})
}

func (e *Engine) executors(tasks []mesosTask, ended bool) []executorView {
	list := make([]executorView, 0, len(tasks))
	for _, t := range tasks {
		v := executorView{
			ID: t.ID, Source: t.ID, Container: t.ID, Directory: e.logs.store.Directory(t.ID), Resources: t.Resources,
			Name: "Command Executor (Task: " + t.ID + ")", Tasks: []mesosTask{}, Queued: []mesosTask{}, Completed: []mesosTask{},
		}
		if ended {
			v.Completed = []mesosTask{t}
		} else {
			v.Tasks = []mesosTask{t}
		}
		list = append(list, v)
	}
	return list
}

// mesosTasks returns the tasks that have a place on this machine, and those
// whose log is still there although they have ended.
func (e *Engine) mesosTasks() (living, ended []mesosTask) {
	g, known := e.gallery(), map[string]bool{}
	living, ended = []mesosTask{}, []mesosTask{}
	for _, id := range g.appIDs() {
		for _, i := range g.byApp[id] {
			if i.Condition != scheduled {
				known[i.TaskID()] = true
				living = append(living, e.mesosTask(i, g.seen.sees(i)))
			}
		}
	}
	notes, err := e.logs.store.Notes()
	if err != nil {
		e.log.Warn("ended tasks cannot be listed", "err", err)
	}
	for _, n := range notes {
		if !known[n.Task] {
			ended = append(ended, e.endedTask(n))
		}
	}
	return living, ended
}

func (e *Engine) endedTask(n sandbox.Note) mesosTask {
	t := mesosTask{
		ID: n.Task, Name: taskName(n.App), FrameworkID: e.frameworkID(), SlaveID: slaveID, Role: "*", Labels: []mesosLabel{},
		State: cmp.Or(n.State, "TASK_UNKNOWN"), Statuses: []mesosStatus{{State: "TASK_RUNNING", Timestamp: unixSeconds(n.Began)}},
	}
	if !n.Ended.IsZero() {
		t.Statuses = append(t.Statuses, mesosStatus{State: n.State, Timestamp: unixSeconds(n.Ended)})
	}
	return t
}

// taskName is the name that Marathon gives tasks: the parts of the app's id, the
// last first.
func taskName(app string) string {
	parts := strings.Split(strings.Trim(path.Clean(app), "/"), "/")
	slices.Reverse(parts)
	return strings.Join(parts, ".")
}

// unixSeconds is a time as Mesos writes it.
func unixSeconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMicro()) / 1e6
}
