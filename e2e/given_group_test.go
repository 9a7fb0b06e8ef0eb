//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
)

// ask asks Marathon at the first of its addresses that answers, and decodes the
// answer into result, if that is not nil.
func (e *givenEngine) ask(method, path string, result any) (status int, err error) {
	for _, u := range e.urls {
		if status, err = e.askAt(method, strings.TrimRight(u, "/")+path, result); err == nil {
			return status, nil
		}
	}
	return status, err
}

func (e *givenEngine) askAt(method, url string, result any) (status int, err error) {
	request, err := http.NewRequestWithContext(context.Background(), method, url, nil)
	if err != nil {
		return 0, err
	}
	if user := os.Getenv(givenUser); user != "" {
		password, err := os.ReadFile(os.Getenv(givenPasswordFile))
		if err != nil {
			return 0, err
		}
		request.SetBasicAuth(user, strings.TrimSpace(string(password)))
	}
	answer, err := e.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || result == nil {
		return answer.StatusCode, err
	}
	if answer.StatusCode != http.StatusOK {
		return answer.StatusCode, fmt.Errorf("%s %s: %s: %s", method, url, answer.Status, body)
	}
	return answer.StatusCode, json.Unmarshal(body, result)
}

func (e *givenEngine) get(path string, result any) {
	e.t.Helper()
	if _, err := e.ask(http.MethodGet, path, result); err != nil {
		e.t.Fatal(err)
	}
}

func (e *givenEngine) shut() {
	for _, d := range e.doors {
		d.shut()
	}
}

func (e *givenEngine) unlock() {
	for _, d := range e.doors {
		d.unlock()
	}
}

func (e *givenEngine) part() string { return "the engine" }
func (e *givenEngine) away() string { return "The engine that runs the sites does not answer" }

// givenTask is what is read of a task.
type givenTask struct {
	ID, AppID, Host, State string
	Ports                  []int
}

// tasks returns those of the group that have not ended.
func (e *givenEngine) tasks() (tasks []givenTask) {
	e.t.Helper()
	var all struct{ Tasks []givenTask }
	e.get("/v2/tasks", &all)
	for _, t := range all.Tasks {
		there := slices.Contains([]string{"TASK_RUNNING", "TASK_KILLING", "TASK_UNREACHABLE"}, t.State)
		if there && strings.HasPrefix(t.AppID, e.group+"/") {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

func (e *givenEngine) containers() map[string][]string {
	e.t.Helper()
	byApp := map[string][]string{}
	for _, t := range e.tasks() {
		workload := strings.TrimPrefix(t.AppID, e.group)
		byApp[workload] = append(byApp[workload], t.ID)
	}
	return byApp
}

// kill asks Marathon, which lets the task end by itself at first.
func (e *givenEngine) kill(id string) {
	e.t.Helper()
	for _, t := range e.tasks() {
		if t.ID != id {
			continue
		}
		if status, err := e.ask(http.MethodDelete, "/v2/apps"+t.AppID+"/tasks/"+id, nil); err != nil || status != http.StatusOK {
			e.t.Fatalf("kill %s: %d %v", id, status, err)
		}
		return
	}
	e.t.Fatalf("there is no task %s", id)
}

func (e *givenEngine) only(workload string) (address string, environment map[string]string) {
	e.t.Helper()
	var in struct {
		App struct {
			Env   map[string]string
			Tasks []givenTask
		}
	}
	e.get("/v2/apps"+e.group+workload+"?embed=app.tasks", &in)
	if len(in.App.Tasks) != 1 || len(in.App.Tasks[0].Ports) == 0 {
		e.t.Fatalf("%s has tasks %v, want one with a port", workload, in.App.Tasks)
	}
	task := in.App.Tasks[0]
	return net.JoinHostPort(task.Host, strconv.Itoa(task.Ports[0])), in.App.Env
}

// apps returns the ids of the group's apps.
func (e *givenEngine) apps() (ids []string) {
	e.t.Helper()
	var all struct{ Apps []struct{ ID string } }
	e.get("/v2/apps", &all)
	for _, a := range all.Apps {
		if strings.HasPrefix(a.ID, e.group+"/") {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

func (e *givenEngine) remove() {
	for _, id := range e.apps() {
		if status, err := e.ask(http.MethodDelete, "/v2/apps"+id+"?force=true", nil); err != nil || status != http.StatusOK {
			e.t.Errorf("delete %s: %d %v", id, status, err)
		}
	}
	eventually(e.t, "nothing of the group is left", soon, func() bool { return len(e.apps()) == 0 && len(e.tasks()) == 0 })
	// Marathon keeps an empty group; the engine of one box has none.
	if status, err := e.ask(http.MethodDelete, "/v2/groups"+e.group+"?force=true", nil); err != nil || status != http.StatusOK && status != http.StatusNotFound {
		e.t.Errorf("delete the group: %d %v", status, err)
	}
}
