package onebox

import (
	"net/http"
	"slices"
	"strings"
)

// listTasks handles GET /v2/tasks.
func (e *Engine) listTasks(w http.ResponseWriter, r *http.Request) error {
	e.awaitFirstLook(r)
	query := r.URL.Query()
	wanted := append(query["status"], query["status[]"]...)
	g, list := e.gallery(), []taskView{}
	if wantsText(r) {
		return g.answerText(w, g.apps)
	}
	for _, id := range g.appIDs() {
		for _, i := range g.byApp[id] {
			v := g.task(i)
			if status := strings.ToLower(strings.TrimPrefix(v.State, "TASK_")); len(wanted) > 0 && !slices.Contains(wanted, status) {
				continue
			}
			for _, spec := range i.Spec.portSpecs() {
				v.ServicePorts = append(v.ServicePorts, spec.Service)
			}
			list = append(list, v)
		}
	}
	return answer(w, http.StatusOK, map[string]any{"tasks": list})
}

// listGroupTasks handles GET /v2/apps/{group}/*/tasks. prefix is the group's id
// with a slash at its end.
func (e *Engine) listGroupTasks(w http.ResponseWriter, r *http.Request, prefix string) error {
	e.awaitFirstLook(r)
	g, list, id := e.gallery(), []taskView{}, cleanID(prefix)
	if _, there := g.root.Groups[id]; !there {
		return groupNotFound(id)
	}
	for _, a := range g.apps {
		if inGroup(a.App.ID, id) {
			list = append(list, g.tasks(g.byApp[a.App.ID])...)
		}
	}
	return answer(w, http.StatusOK, map[string]any{"tasks": list})
}

// listAppTasks handles GET /v2/apps/{id}/tasks.
func (e *Engine) listAppTasks(w http.ResponseWriter, r *http.Request, id string) error {
	e.awaitFirstLook(r)
	g := e.gallery()
	record := g.app(id)
	if record == nil {
		return appNotFound(id)
	}
	if wantsText(r) {
		return g.answerText(w, []*appRecord{record})
	}
	return answer(w, http.StatusOK, map[string]any{"tasks": g.tasks(g.byApp[id])})
}

// deleteAppTasks handles DELETE /v2/apps/{id}/tasks.
func (e *Engine) deleteAppTasks(w http.ResponseWriter, r *http.Request, id string) error {
	host := r.URL.Query().Get("host")
	killed, d, err := e.killTasks(r, func(t *txn) ([]*instance, error) {
		if t.app(id) == nil {
			return nil, appNotFound(id)
		}
		if host != "" && host != "*" && host != e.cfg.HostIP {
			return nil, nil
		}
		return t.instancesOf(id), nil
	})
	if err != nil {
		return err
	}
	return e.answerKilled(w, killed, d)
}

// deleteTask handles DELETE /v2/apps/{id}/tasks/{task}.
func (e *Engine) deleteTask(w http.ResponseWriter, r *http.Request, id, task string) error {
	killed, d, err := e.killTasks(r, func(t *txn) ([]*instance, error) {
		if t.app(id) == nil {
			return nil, appNotFound(id)
		}
		if i := findTask(t, task); i != nil && i.App == id {
			return []*instance{i}, nil
		}
		return nil, notFound("Task '%s' does not exist", task)
	})
	if err != nil {
		return err
	}
	if d != nil {
		return answerDeployment(w, http.StatusOK, d)
	}
	return answer(w, http.StatusOK, map[string]any{"task": killed[0]})
}

// deleteTasks handles POST /v2/tasks/delete. Tasks that are gone are no error.
func (e *Engine) deleteTasks(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	var in struct {
		IDs []string `json:"ids" must:"required"`
	}
	if err := decodeJSON(body, &in); err != nil {
		return err
	}
	for _, id := range in.IDs {
		if !strings.Contains(id, ".") {
			return &apiError{Status: http.StatusBadRequest, Message: "Invalid task id '" + id + "'."}
		}
	}
	killed, d, err := e.killTasks(r, func(t *txn) ([]*instance, error) {
		var list []*instance
		for _, id := range in.IDs {
			if i := findTask(t, id); i != nil && !slices.Contains(list, i) {
				list = append(list, i)
			}
		}
		return list, nil
	})
	if err != nil {
		return err
	}
	return e.answerKilled(w, killed, d)
}

// findTask returns the instance whose present task that is, or nil.
func findTask(t *txn, task string) *instance {
	id, _, _ := strings.Cut(task, "._app.")
	if i := t.instance(id); i != nil && i.TaskID() == task {
		return i
	}
	return nil
}

func (e *Engine) answerKilled(w http.ResponseWriter, killed []taskView, d *deployment) error {
	if d != nil {
		return answerDeployment(w, http.StatusOK, d)
	}
	return answer(w, http.StatusOK, map[string]any{"tasks": killed})
}

// killTasks has tasks killed. Others come in their place, unless the client
// asked for scale: then the apps are made smaller by a deployment.
func (e *Engine) killTasks(r *http.Request, choose func(*txn) ([]*instance, error)) ([]taskView, *deployment, error) {
	scale, wipe := asked(r, "scale", false), asked(r, "wipe", false)
	if scale && wipe {
		return nil, nil, &apiError{Status: http.StatusBadRequest, Message: "You cannot use scale and wipe at the same time."}
	}
	g, killed := e.gallery(), []taskView{}
	var d *deployment
	err := e.records.change(e.hub, func(t *txn) error {
		list, err := choose(t)
		if err != nil {
			return err
		}
		for _, i := range list {
			killed = append(killed, g.task(i))
			e.killOne(t, i, scale)
		}
		if scale {
			d, err = e.deploy(t, change{apps: smaller(t, list), force: asked(r, "force", false)})
		}
		return err
	})
	poke(e.wake)
	return killed, d, err
}

func (e *Engine) killOne(t *txn, i *instance, retire bool) {
	if retire {
		e.retire(t, i)
		return
	}
	if i.Condition == provisioned || i.Condition == running {
		next := i.kill("", false)
		t.putInstance(next)
		e.tellState(t, next, "TASK_KILLING", "Killing", "")
	}
}

// smaller returns the wishes for the apps without the given instances.
func smaller(t *txn, gone []*instance) map[string]wish {
	wishes := map[string]wish{}
	for _, i := range gone {
		a := wishes[i.App].to
		if a == nil {
			a = t.definition(i.App)
		}
		if a != nil {
			wishes[i.App] = wish{to: a.withInstances(max(0, a.Instances-1))}
		}
	}
	return wishes
}
