package onebox

import (
	"net/http"
	"path"
	"strings"
)

// appMethods are the methods of the paths below /v2/apps/.
func (e *Engine) appMethods() map[string]endpoint {
	return map[string]endpoint{
		"GET": e.getBelowApp, "POST": e.postBelowApp, "DELETE": e.deleteBelowApp,
		"PUT": e.putApp, "PATCH": e.putApp,
	}
}

// getBelowApp handles GET /v2/apps/{id}, …/tasks, …/versions and
// …/versions/{version}, and with {group}/* in place of {id} the first two.
func (e *Engine) getBelowApp(w http.ResponseWriter, r *http.Request) error {
	id, suffix, rest := splitPath(r.PathValue("path"))
	switch {
	case suffix == "" && strings.HasSuffix(id, "/*"):
		return e.listBelow(w, r, strings.TrimSuffix(id, "*"))
	case suffix == "":
		return e.showApp(w, r, id)
	case suffix == "tasks" && rest == "" && strings.HasSuffix(id, "/*"):
		return e.listGroupTasks(w, r, strings.TrimSuffix(id, "*"))
	case suffix == "tasks" && rest == "":
		return e.listAppTasks(w, r, id)
	case suffix == "versions" && rest == "":
		return e.listVersions(w, id)
	case suffix == "versions":
		return e.showVersion(w, id, rest)
	}
	return unknownURI(w, r)
}

// postBelowApp handles POST /v2/apps/{id}/restart.
func (e *Engine) postBelowApp(w http.ResponseWriter, r *http.Request) error {
	id, suffix, rest := splitPath(r.PathValue("path"))
	if suffix != "restart" || rest != "" {
		return unknownURI(w, r)
	}
	d, err := e.begin(r, path.Dir(id), func(t *txn) (map[string]wish, error) {
		old := t.definition(id)
		if old == nil {
			return nil, appNotFound(id)
		}
		t.remember(id, func(r appRecord) appRecord {
			r.Backoff = backoff{}
			return r
		})
		return map[string]wish{id: {to: old, anew: true}}, nil
	})
	if err != nil {
		return err
	}
	return answerDeployment(w, http.StatusOK, d)
}

// deleteBelowApp handles DELETE /v2/apps/{id}, …/tasks and …/tasks/{task}.
func (e *Engine) deleteBelowApp(w http.ResponseWriter, r *http.Request) error {
	id, suffix, rest := splitPath(r.PathValue("path"))
	switch {
	case suffix == "":
		return e.deleteApp(w, r, id)
	case suffix == "tasks" && rest == "":
		return e.deleteAppTasks(w, r, id)
	case suffix == "tasks":
		return e.deleteTask(w, r, id, rest)
	}
	return unknownURI(w, r)
}

// showApp handles GET /v2/apps/{id}.
func (e *Engine) showApp(w http.ResponseWriter, r *http.Request, id string) error {
	e.awaitFirstLook(r)
	g := e.gallery()
	record := g.app(id)
	if record == nil {
		return appNotFound(id)
	}
	with := parseEmbed(r.URL.Query()["embed"])
	with.tasks, with.failure = true, true
	return answer(w, http.StatusOK, map[string]any{"app": g.appInfo(record, with)})
}

// listBelow handles GET /v2/apps/{group}/*.
func (e *Engine) listBelow(w http.ResponseWriter, r *http.Request, prefix string) error {
	e.awaitFirstLook(r)
	g, list, id := e.gallery(), []appInfo{}, cleanID(prefix)
	if _, there := g.root.Groups[id]; !there {
		return groupNotFound(id)
	}
	for _, record := range g.apps {
		if strings.HasPrefix(record.App.ID, prefix) {
			list = append(list, g.appInfo(record, parseEmbed(r.URL.Query()["embed"])))
		}
	}
	return answer(w, http.StatusOK, map[string]any{"*": list})
}

// putApp handles PUT and PATCH /v2/apps/{id}.
func (e *Engine) putApp(w http.ResponseWriter, r *http.Request) error {
	id, suffix, _ := splitPath(r.PathValue("path"))
	if suffix != "" {
		return unknownURI(w, r)
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	patch, status := r.Method == http.MethodPatch, http.StatusOK
	c := appChange{id: id, body: body, partial: patch || asked(r, "partialUpdate", true), mustExist: patch}
	d, err := e.begin(r, path.Dir(id), func(t *txn) (map[string]wish, error) {
		if t.app(id) == nil {
			status = http.StatusCreated
		}
		a, err := c.wish(e, t)
		if err != nil {
			return nil, err
		}
		t.emit(definitionPosted(r, a))
		return map[string]wish{id: {to: a}}, nil
	})
	if err != nil {
		return err
	}
	if status == http.StatusCreated {
		w.Header().Set("Location", address(r)+id)
	}
	return answerDeployment(w, status, d)
}

// deleteApp handles DELETE /v2/apps/{id}. Unlike elsewhere, force is true if it
// is not given.
func (e *Engine) deleteApp(w http.ResponseWriter, r *http.Request, id string) error {
	d, err := e.begin(r, path.Dir(id), func(t *txn) (map[string]wish, error) {
		if t.app(id) == nil {
			return nil, appNotFound(id)
		}
		return map[string]wish{id: {}}, nil
	})
	if err != nil {
		return err
	}
	return answerDeployment(w, http.StatusOK, d)
}

// listVersions handles GET /v2/apps/{id}/versions.
func (e *Engine) listVersions(w http.ResponseWriter, id string) error {
	if e.records.snapshot().app(id) == nil {
		return appNotFound(id)
	}
	list, err := e.records.store.versions(id)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, map[string]any{"versions": list})
}

// showVersion handles GET /v2/apps/{id}/versions/{version}.
func (e *Engine) showVersion(w http.ResponseWriter, id, version string) error {
	if e.records.snapshot().app(id) == nil {
		return appNotFound(id)
	}
	a, err := findVersion(e.records, id, version)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, a)
}
