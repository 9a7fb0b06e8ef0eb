package onebox

import (
	"net/http"
	"strings"
)

// showSnapshot handles GET /metrics/snapshot and /mesos/metrics/snapshot. Master
// and agent are one here, so it has the numbers of both.
func (e *Engine) showSnapshot(w http.ResponseWriter, r *http.Request) error {
	e.awaitFirstLook(r)
	out := e.masterNumbers()
	total, _ := e.promised()
	used := booked(e.records.snapshot().all())
	for _, of := range []string{"master/", "slave/"} {
		addAmounts(out, of, total, used)
	}
	return answer(w, http.StatusOK, out)
}

// masterNumbers are the numbers that are no amounts.
func (e *Engine) masterNumbers() map[string]float64 {
	agents, uptime := 1.0, e.now().Sub(e.began).Seconds()
	if e.sights.newest().blind() {
		agents = 0
	}
	out := map[string]float64{
		"master/elected": 1, "master/uptime_secs": uptime, "slave/uptime_secs": uptime, "slave/registered": agents,
		"master/slaves_active": agents, "master/slaves_connected": agents, "master/slaves_inactive": 1 - agents, "master/slaves_disconnected": 1 - agents,
		"master/frameworks_active": 1, "master/frameworks_connected": 1, "master/frameworks_inactive": 0, "master/frameworks_disconnected": 0,
		"slave/frameworks_active": 1, "master/outstanding_offers": 0,
	}
	living, _ := e.mesosTasks()
	for state, n := range countStates(living) {
		addTasks(out, state, float64(n))
	}
	addTasks(out, "TASK_FAILED", float64(e.counts.failed.Load()))
	addTasks(out, "TASK_KILLED", float64(e.counts.killed.Load()))
	return out
}

// addTasks adds how many tasks are in a state, or, for those that have ended, how
// many ended so since the start.
func addTasks(out map[string]float64, state string, n float64) {
	name := "tasks_" + strings.ToLower(strings.TrimPrefix(state, "TASK_"))
	out["master/"+name], out["slave/"+name] = n, n
}

// addAmounts adds what there is, what is promised, and its share from 0 to 1.
func addAmounts(out map[string]float64, of string, total, used amounts) {
	for name, pair := range map[string][2]float64{
		"cpus": {total.CPUs, used.CPUs}, "mem": {total.Mem, used.Mem}, "disk": {total.Disk, used.Disk}, "gpus": {0, 0},
	} {
		out[of+name+"_total"], out[of+name+"_used"], out[of+name+"_percent"] = pair[0], pair[1], 0
		if pair[0] > 0 {
			out[of+name+"_percent"] = pair[1] / pair[0]
		}
	}
}
