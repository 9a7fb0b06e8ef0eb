package onebox

import (
	"encoding/json"
	"net/http"
	"slices"
)

// framework is the engine as the one framework of the master. Tasks have users of
// their own, so it names none.
func (e *Engine) framework(living, ended []mesosTask) map[string]any {
	used := mesosAmounts(booked(e.records.snapshot().all()))
	return map[string]any{
		"id": e.frameworkID(), "name": "onebox", "active": true, "connected": true, "hostname": e.cfg.HostIP, "role": "*",
		"user": "", "pid": "", "webui_url": "", "checkpoint": true, "failover_timeout": 0, "capabilities": []string{},
		"registered_time": unixSeconds(e.began), "resources": used, "used_resources": used, "offered_resources": mesosResources{}, "offers": []any{},
		"tasks": living, "completed_tasks": ended, "unreachable_tasks": []mesosTask{}, "executors": []any{},
	}
}

// taskStates are the states that Mesos counts tasks in.
var taskStates = []string{
	"TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING", "TASK_FINISHED", "TASK_KILLED", "TASK_FAILED", "TASK_LOST", "TASK_ERROR", "TASK_UNREACHABLE",
}

// countStates counts the tasks of each state.
func countStates(tasks []mesosTask) map[string]int {
	counts := map[string]int{}
	for _, state := range taskStates {
		counts[state] = 0
	}
	for _, t := range tasks {
		counts[t.State]++
	}
	return counts
}

// showSummary handles GET /mesos/state-summary: the state without the tasks, which
// it only counts.
func (e *Engine) showSummary(w http.ResponseWriter, r *http.Request) error {
	living, ended := e.mesosTasks()
	counts := countStates(slices.Concat(living, ended))
	framework := e.framework(nil, nil)
	for _, list := range []string{"tasks", "completed_tasks", "unreachable_tasks", "executors", "offers"} {
		delete(framework, list)
	}
	framework["slave_ids"] = []string{slaveID}
	agent, err := fields(e.agent(r))
	if err != nil {
		return err
	}
	agent["framework_ids"] = []string{e.frameworkID()}
	for state, n := range counts {
		framework[state], agent[state] = n, n
	}
	return answer(w, http.StatusOK, map[string]any{
		"hostname": e.cfg.HostIP, "cluster": e.cfg.Installation, "slaves": []any{agent}, "frameworks": []any{framework},
	})
}

// fields are those of a value's JSON.
func fields(value any) (map[string]any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(text, &out)
}

// showVersion handles GET /version and /mesos/version.
func showVersion(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, map[string]string{"version": mesosVersion})
}
