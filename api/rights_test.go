package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"seedbed"
	"seedbed/web/webtest"
)

// gets says for every route what comes back to a program with the scope admin
// of whom, in the order of webtest.Roles: y is let in, n finds nothing there, f
// is told that it is forbidden, r is refused for what was sent. The routes about
// one site ask for the site "guide" of the project "main".
func gets() map[string]string {
	return map[string]string{
		//       outsider, viewer, editor, owner, operator, administrator
		"GET /openapi.json":                           "yyyyyy",
		"GET /me":                                     "yyyyyy",
		"GET /templates":                              "yyyyyy",
		"GET /sites":                                  "yyyyyy",
		"POST /sites":                                 "rfyyfy",
		"GET /sites/{name}":                           "nyyyyy",
		"PATCH /sites/{name}":                         "nfyyfy",
		"DELETE /sites/{name}":                        "nffyfy",
		"GET /sites/{name}/status":                    "nyyyyy",
		"GET /sites/{name}/revisions":                 "nyyyfy",
		"GET /sites/{name}/log":                       "nfyyyy",
		"POST /sites/{name}/retry":                    "nfyyfy",
		"POST /sites/{name}/sign-in":                  "nffyfy",
		"GET /services":                               "yyyyyy",
		"GET /volumes":                                "yyyyyy",
		"GET /deployments":                            "yyyyyy",
		"GET /deployments/{id}":                       "nyyyyy",
		"GET /events":                                 "yyyyyy",
		"GET /sites/{name}/backups":                   "nyyyfy",
		"POST /sites/{name}/backups":                  "nfyyfy",
		"POST /sites/{name}/backups/{backup}/restore": "nffyfy",
		"POST /services":                              "ffffyy",
		"GET /projects":                               "yyyyyy",
		"POST /projects":                              "fffffy",
		"GET /projects/{name}":                        "nyyyyy",
		"GET /users":                                  "ffffyy",
		"GET /tokens":                                 "yyyyyy",
		"POST /tokens":                                "yyyyyy",
		"GET /tokens/{id}":                            "nnnynn", // the owner's
		"DELETE /tokens/{id}":                         "nnnynn",
	}
}

func (a answer) verdict() byte {
	switch {
	case a.status == 404:
		return 'n'
	case a.status == 403:
		return 'f'
	case a.status == 422:
		return 'r'
	case a.status >= 500:
		return '!'
	}
	return 'y' // done, or too late: somebody did it before
}

func TestAPI_GivesEachRoleWhatIsItsOwn(t *testing.T) {
	var cast map[string]seedbed.User
	w := newWorldOf(t, func(w *world) error {
		cast = w.store.Cast()
		return nil
	})
	callers := map[string]*caller{}
	for _, role := range webtest.Roles() {
		callers[role] = w.program(cast[role], "admin")
	}
	callers["owner"].post("/sites", `{"template":"wiki","title":"Guide"}`).wants(202)
	w.backups["s1-guide"] = []seedbed.Backup{{ID: "b1", Title: "Guide"}}
	for _, route := range deletesLast(routesOf(t, w.handler)) {
		want := gets()[route]
		if len(want) != len(webtest.Roles()) {
			t.Errorf("the route %s has no line in gets: say what comes back to whom", route)
			continue
		}
		for n, role := range webtest.Roles() {
			w.try(callers[role], route, role, want[n])
		}
	}
}

func deletesLast(routes []string) []string {
	deletes := func(route string) int { return strings.Count(route, "DELETE ") }
	slices.SortStableFunc(routes, func(a, b string) int { return deletes(a) - deletes(b) })
	return routes
}

// try sends one request as somebody. Who is refused changes nothing, and an
// outsider learns nothing of the site.
func (w *world) try(c *caller, route, role string, want byte) {
	w.Helper()
	method, path, _ := strings.Cut(route, " ")
	id := 1 // the deployment
	if strings.HasPrefix(path, "/tokens/") {
		id = 4 // Roles has the owner there; each made one token, and their own sees and ends it
	}
	name := "guide"
	if strings.HasPrefix(path, "/projects") {
		name = "main"
	}
	bodies := map[string]string{
		"POST /sites": `{"template":"static-site","title":"More","project":"main"}`, "PATCH /sites/{name}": `{"title":"Handbook"}`, "POST /tokens": `{"name":"t","scope":"read"}`, "POST /services": `{"kind":"redis"}`, "POST /projects": `{"title":"X"}`,
	}
	before := w.store.Recorded()
	a := c.do(method, strings.NewReplacer("{name}", name, "{backup}", "b1", "{id}", fmt.Sprint(id)).Replace(path), bodies[route])
	if got := a.verdict(); got != want {
		w.Errorf("%s for the %s: %c (%d), want %c: %s", route, role, got, a.status, want, a.body)
	}
	if want != 'y' && w.store.Recorded() != before {
		w.Errorf("%s was refused to the %s, and something was done", route, role)
	}
	if role == "outsider" && path != "/openapi.json" {
		a.lacks("Guide", "Handbook", `"guide"`)
	}
}
