package api_test

import (
	"crypto/rand"
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
		"GET /sites/{name}/visitors":                  "nyyyfy",
		"PATCH /sites/{name}/visitors":                "nfyyfy",
		"GET /sites/{name}/visits":                    "nyyyyy",
		"GET /sites/{name}/log":                       "nfyyyy",
		"POST /sites/{name}/retry":                    "nfyyfy",
		"POST /sites/{name}/return":                   "nfyyfy",
		"POST /sites/{name}/pause":                    "nfyyfy",
		"POST /sites/{name}/resume":                   "nfyyfy",
		"POST /sites/{name}/sign-in":                  "nffyfy",
		"GET /services":                               "yyyyyy",
		"GET /volumes":                                "yyyyyy",
		"GET /deployments":                            "yyyyyy",
		"GET /deployments/{id}":                       "nyyyyy",
		"GET /events":                                 "yyyyyy",
		"GET /sites/{name}/backups":                   "nyyyfy",
		"POST /sites/{name}/backups":                  "nfyyfy",
		"POST /sites/{name}/backups/{backup}/restore": "nffyfy",
		"DELETE /sites/{name}/backups/{backup}":       "nffyfy",
		"GET /sites/{name}/log/events":                "nfyyyy",
		"GET /sites/{name}/usage":                     "nyyyyy",
		"POST /sites/{name}/move":                     "nffyfy",
		"POST /sites/{name}/passwords":                "nfyyfy",
		"GET /sites/{name}/files":                     "nyyyfy", // of the site "pages"
		"PUT /sites/{name}/files":                     "nfyyfy",
		"POST /sites/{name}/files":                    "nfrrfr", // it is no zip
		"DELETE /sites/{name}/files":                  "nfyyfy",
		"POST /services/{kind}/restart":               "ffffyy",
		"GET /machines":                               "ffffyy",
		"PATCH /projects/{name}":                      "nffyfy",
		"DELETE /projects/{name}":                     "nffyfy",
		"POST /projects/{name}/invitations":           "nffyfy",
		"DELETE /projects/{name}/invitations/{id}":    "nffyfy",
		"PATCH /projects/{name}/members/{id}":         "nffyfy",
		"DELETE /projects/{name}/members/{id}":        "nffyfy",
		"PATCH /users/{id}":                           "fffffy",
		"POST /users/{id}/block":                      "fffffy",
		"POST /users/{id}/unblock":                    "fffffy",
		"POST /users/{id}/password-link":              "fffffy",
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
	callers["owner"].post("/sites", `{"template":"static-site","title":"Pages"}`).wants(202)
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

// bodies are what is sent to routes that take something. Nothing much comes of
// it for those who are let in.
func bodies() map[string]string {
	return map[string]string{
		"POST /sites": `{"template":"static-site","title":"More","project":"main"}`, "PATCH /sites/{name}": `{"title":"Handbook"}`, "PATCH /sites/{name}/visitors": `{"language":"sw"}`, "POST /tokens": `{"name":"t","scope":"read"}`,
		"POST /services": `{"kind":"redis"}`, "POST /projects": `{"title":"X"}`, "POST /sites/{name}/move": `{"project":"main"}`, "PUT /sites/{name}/files": "x",
		"PATCH /projects/{name}": `{"title":"Main"}`, "POST /projects/{name}/invitations": `{"role":"viewer"}`, "PATCH /projects/{name}/members/{id}": `{"role":"owner"}`,
		"PATCH /users/{id}": `{"role":"administrator"}`,
	}
}

// request fills a route in with what is there.
func (w *world) request(c *caller, route string) answer {
	w.Helper()
	method, path, _ := strings.Cut(route, " ")
	name, id, headers := "guide", int64(1), []string{} // the deployment
	switch {
	case strings.HasPrefix(path, "/tokens/"):
		id = 4 // Roles has the owner there; each made one token, and their own sees and ends it
	case strings.Contains(path, "/invitations/"):
		w.store.Invited(w.store.Project("main"), seedbed.Viewer, seedbed.Secret(rand.Text()))
		id = w.number(`SELECT max(id) FROM invitations`)
	case strings.Contains(path, "/members/"):
		id = w.number(`SELECT m.user_id FROM members m JOIN projects p ON p.id = m.project_id WHERE p.name = 'main' AND m.role = 'owner'`) // the last one: stays
	case strings.Contains(path, "/backups/"):
		w.backups["s1-guide"] = []seedbed.Backup{{ID: "b1", Title: "Guide"}}
	case strings.Contains(path, "/files"):
		if err := w.files.Put(w.Context(), seedbed.Volume{}, "a.html", strings.NewReader("x")); err != nil {
			w.Fatal(err)
		}
		name, headers = "pages", []string{"Content-Type", "application/zip"}
	}
	if strings.HasPrefix(path, "/projects") {
		name = "main"
	}
	path = strings.NewReplacer("{name}", name, "{backup}", "b1", "{id}", fmt.Sprint(id), "{kind}", "redis").Replace(path)
	if strings.HasSuffix(path, "/files") && (method == "PUT" || method == "DELETE") {
		path += "?file=a.html"
	}
	if strings.HasSuffix(path, "/log/events") {
		method = "HEAD" // which has no end to wait for
	}
	return c.do(method, path, bodies()[route], headers...)
}

func (w *world) number(query string) (n int64) {
	w.Helper()
	if _, err := fmt.Sscan(w.store.Column(query)[0], &n); err != nil {
		w.Fatal(err)
	}
	return n
}

// try sends one request as somebody. Who is refused changes nothing, and an
// outsider learns nothing of the site.
func (w *world) try(c *caller, route, role string, want byte) {
	w.Helper()
	before := w.store.Recorded()
	if strings.Contains(route, "/invitations/") {
		before++ // there is one to take back
	}
	a := w.request(c, route)
	if got := a.verdict(); got != want {
		w.Errorf("%s for the %s: %c (%d), want %c: %s", route, role, got, a.status, want, a.body)
	}
	if want != 'y' && w.store.Recorded() != before {
		w.Errorf("%s was refused to the %s, and something was done", route, role)
	}
	if role == "outsider" && route != "GET /openapi.json" {
		a.lacks("Guide", "Handbook", `"guide"`)
	}
}
