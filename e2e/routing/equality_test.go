//go:build integration

package routing

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/consul/api"

	"seedbed"
)

// tasks are those that run at the engine: their ports by app.
func (w *world) tasks() (map[string][]int, error) {
	status, text := w.ask("GET", "/v2/apps?embed=apps.tasks&embed=apps.deployments", "")
	var answer struct {
		Apps []struct {
			ID          string
			Deployments []any
			Tasks       []struct {
				State string
				Ports []int
			}
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("status %d: %w", status, err)
	}
	all := map[string][]int{}
	for _, app := range answer.Apps {
		if len(app.Deployments) > 0 {
			return nil, fmt.Errorf("%s has a deployment", app.ID)
		}
		all[app.ID] = []int{}
		for _, task := range app.Tasks {
			if task.State != "TASK_RUNNING" {
				return nil, fmt.Errorf("a task of %s is %s", app.ID, task.State)
			}
			all[app.ID] = append(all[app.ID], task.Ports...)
		}
		slices.Sort(all[app.ID])
	}
	return all, nil
}

// registered are the passing entries in Consul: their ports by app.
func (w *world) registered() (map[string][]int, error) {
	nodes, _, err := w.reader.Catalog().Nodes(&api.QueryOptions{NodeMeta: map[string]string{"external-node": "true"}})
	if err != nil {
		return nil, err
	}
	all := map[string][]int{}
	for _, node := range nodes {
		list, _, err := w.reader.Catalog().NodeServiceList(node.Node, nil)
		if err != nil {
			return nil, err
		}
		for _, s := range list.Services {
			if app := s.Meta["seedbed-app"]; s.Meta["seedbed-health"] == "passing" && app != "" {
				all[app] = append(all[app], s.Port)
			}
		}
	}
	for app := range all {
		slices.Sort(all[app])
	}
	return all, nil
}

// unequal says what differs between the engine, Consul and nginx, or nothing.
func (w *world) unequal(all []string) string {
	tasks, err := w.tasks()
	if err != nil {
		return err.Error()
	}
	registered, err := w.registered()
	if err != nil {
		return err.Error()
	}
	run := map[string][]int{}
	for app, ports := range tasks {
		if len(ports) > 0 {
			run[app] = ports
		}
	}
	if diff := cmp.Diff(run, registered); diff != "" {
		return "Consul: " + diff
	}
	return w.unserved(all, tasks)
}

// isRight reports whether visitors get the answer of a task, or the page of a site of
// which nothing runs, or that of none: what never ran since Consul was emptied is not
// known.
func isRight(status int, body string, ports []int, known bool) bool {
	if len(ports) == 0 {
		return status == map[bool]int{true: http.StatusServiceUnavailable, false: http.StatusNotFound}[known]
	}
	return status == http.StatusOK && slices.ContainsFunc(ports, func(p int) bool { return strconv.Itoa(p) == body })
}

// unserved says which app nginx leads visitors of elsewhere than to its tasks.
func (w *world) unserved(all []string, tasks map[string][]int) string {
	routes, err := w.router.Routes(w.t.Context())
	if err != nil {
		return err.Error()
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	for _, id := range all {
		ports, there := tasks[id]
		route, known := routes.Hosts[seedbed.HostName(host(id))]
		status, body, err := w.visit(w.t.Context(), client, host(id))
		if err != nil || route.Instances != len(ports) || known && !there || !isRight(status, body, ports, known) {
			return fmt.Sprintf("nginx: %s has tasks at %v; the route is %v, %v, and the answer %d %.60q, %v", id, ports, route, known, status, body, err)
		}
	}
	return ""
}
