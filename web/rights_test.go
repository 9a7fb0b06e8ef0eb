package web_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/control"
	"seedbed/web/webtest"
)

// gets says for every route what comes back to whom, in the order of a stranger
// who is not signed in and then webtest.Roles. The routes about one site ask for
// the site "guide" or "pages" of the project "main".
//
//	s is sent to the sign-in page, n finds nothing there, f is told that it is
//	forbidden, y is let in (also if what was sent is then refused)
func gets() map[string]string {
	return map[string]string{
		//                                      stranger, outsider, viewer, editor, owner, operator, administrator
		"GET /healthz":                                     "yyyyyyy",
		"GET /static/{hash}/{file}":                        "nnnnnnn",
		"GET /setup":                                       "sssssss",
		"POST /setup":                                      "sssssss",
		"GET /sign-in":                                     "yyyyyyy",
		"POST /sign-in":                                    "yyyyyyy",
		"POST /sign-out":                                   "sssssss",
		"GET /invitation":                                  "yyyyyyy",
		"POST /invitation":                                 "yyyyyyy",
		"GET /new-password":                                "yyyyyyy",
		"POST /new-password":                               "yyyyyyy",
		"GET /":                                            "syyyyyy",
		"GET /services":                                    "syyyyyy",
		"GET /activity":                                    "syyyyyy",
		"GET /operations/machines":                         "sffffyy",
		"GET /operations/routing":                          "sffffyy",
		"GET /sites/{name}/logs":                           "snfyyyy",
		"GET /sites/{name}/logs/events":                    "snfyyyy",
		"GET /sites/{name}/logs/download":                  "snfyyyy",
		"POST /services":                                   "sffffyy",
		"GET /services/new":                                "sffffyy",
		"GET /services/new/{kind}":                         "sffffyy",
		"POST /services/{kind}/retry":                      "sffffyy",
		"GET /operations/storage":                          "sffffyy",
		"GET /once/{id}":                                   "snnnnnn",
		"GET /account":                                     "syyyyyy",
		"POST /account/password":                           "syyyyyy",
		"GET /account/tokens":                              "syyyyyy",
		"POST /account/tokens":                             "syyyyyy",
		"POST /account/tokens/{id}/revoke":                 "snnnnnn", // it is nobody's
		"POST /account/sign-out":                           "sssssss",
		"GET /deployments/{id}":                            "snyyyyy",
		"GET /deployments/{id}/events":                     "snyyyyy",
		"POST /sites":                                      "snfyyfy",
		"GET /sites/new":                                   "syfyyfy",
		"GET /sites/new/{template}":                        "syfyyfy",
		"POST /sites/new/{template}":                       "syfyyfy",
		"POST /sites/new/{template}/review":                "snfyyfy",
		"GET /sites/new/{template}/review":                 "snfyyfy",
		"GET /sites/{name}/":                               "snyyyyy",
		"POST /sites/{name}/retry":                         "snfyyfy",
		"POST /sites/{name}/return":                        "snfyyfy",
		"POST /sites/{name}/pause":                         "snfyyfy",
		"POST /sites/{name}/resume":                        "snfyyfy",
		"POST /sites/{name}/sign-in":                       "snffyfy",
		"GET /sites/{name}/settings":                       "snfyyfy",
		"POST /sites/{name}/settings":                      "snfyyfy",
		"GET /sites/{name}/visitors":                       "snyyyfy",
		"POST /sites/{name}/visitors":                      "snfyyfy",
		"GET /sites/{name}/files":                          "snyyyfy",
		"POST /sites/{name}/files":                         "snfyyfy",
		"POST /sites/{name}/files/delete":                  "snfyyfy",
		"GET /sites/{name}/backups":                        "snyyyfy",
		"POST /sites/{name}/passwords":                     "snfyyfy",
		"POST /sites/{name}/backups":                       "snfyyfy",
		"GET /sites/{name}/backups/{backup}/restore":       "snffyfy",
		"POST /sites/{name}/backups/{backup}/restore":      "snffyfy",
		"POST /sites/{name}/backups/{backup}/delete":       "snffyfy",
		"GET /sites/{name}/move":                           "snffyfy",
		"POST /sites/{name}/move":                          "snffyfy",
		"GET /sites/{name}/delete":                         "snffyfy",
		"POST /sites/{name}/delete":                        "snffyfy",
		"GET /projects/":                                   "syyyyyy",
		"POST /projects/":                                  "sfffffy",
		"GET /projects/new":                                "sfffffy",
		"GET /projects/{project}":                          "snyyyyy",
		"POST /projects/{project}/name":                    "snffyfy",
		"POST /projects/{project}/delete":                  "snffyfy",
		"POST /projects/{project}/members/{id}":            "snffyfy",
		"POST /projects/{project}/members/{id}/remove":     "snffyfy",
		"POST /projects/{project}/invitations":             "snffyfy",
		"POST /projects/{project}/invitations/{id}/revoke": "snffyfy",
		"GET /people/":                                     "sffffyy",
		"POST /people/{id}/role":                           "sfffffy",
		"POST /people/{id}/block":                          "sfffffy",
		"POST /people/{id}/unblock":                        "sfffffy",
		"POST /people/{id}/password":                       "sfffffy",
	}
}

// theatre is a portal with one user for each role.
type theatre struct {
	*world
	cast map[string]seedbed.User
}

func newTheatre(t *testing.T) *theatre {
	w := newWorld(t)
	s := &theatre{w, w.store.Cast()}
	for _, wish := range []control.SiteWish{{Template: "wiki", Title: "Guide"}, {Template: "static-site", Title: "Pages"}} {
		d, err := w.control.CreateSite(t.Context(), control.Person(s.cast["owner"], ""), wish)
		if err != nil {
			t.Fatal(err)
		}
		w.finish(d.ID)
	}
	return s
}

// as is a browser in which somebody is signed in, in a session of its own.
func (s *theatre) as(role string) *browser {
	s.Helper()
	b := s.browser()
	if role == "stranger" {
		return b
	}
	id := rand.Text()
	sum := sha256.Sum256([]byte(id))
	if err := s.store.StartSession(s.Context(), hex.EncodeToString(sum[:]), s.cast[role].ID, s.clock.Now()); err != nil {
		s.Fatal(err)
	}
	home, err := url.Parse(s.server.URL)
	if err != nil {
		s.Fatal(err)
	}
	b.client.Jar.SetCookies(home, []*http.Cookie{{Name: "seedbed", Value: id}})
	return b
}

// request fills a route in with what is there. Forms are such that nothing much
// comes of those that are let in.
func (s *theatre) request(method, route string) *http.Request {
	s.Helper()
	code, offer := rand.Text(), seedbed.Secret(rand.Text())
	form := url.Values{"project": {"main"}, "template": {"wiki"}, "role": {"viewer"}, "kind": {"postgres"}}
	fill := map[string]string{"{name}": "guide", "{template}": "wiki", "{project}": "main", "{id}": "1", "{kind}": "postgres", "{backup}": "b1"}
	s.backups["s1-guide"] = []seedbed.Backup{{ID: "b1"}}
	switch {
	case strings.Contains(route, "/files"):
		fill["{name}"] = "pages"
		if err := s.files.Put(s.Context(), seedbed.Volume{}, "a.html", strings.NewReader("x")); err != nil {
			s.Fatal(err)
		}
		form.Set("file", "a.html")
	case strings.Contains(route, "/members/"):
		fill["{id}"] = number(s.cast["owner"].ID) // the last one: stays
	case strings.Contains(route, "/invitations/"):
		s.store.Invited(s.store.Project("main"), seedbed.Viewer, seedbed.Secret(code))
		fill["{id}"] = s.store.Column(`SELECT max(id) FROM invitations`)[0]
	case route == "/activity":
		form = url.Values{}
	case route == "/people/{id}/role":
		form.Set("role", "")
		fill["{id}"] = number(s.cast["administrator"].ID) // the last one: stays
	case route == "/invitation":
		s.store.Invited(s.store.Project("other"), seedbed.Viewer, seedbed.Secret(code))
		form.Set("code", code)
	case route == "/new-password":
		by := seedbed.Author{UserID: s.cast["administrator"].ID}
		if err := s.store.OfferPassword(s.Context(), s.cast["viewer"].ID, offer, s.clock.Now().Add(time.Hour), by); err != nil {
			s.Fatal(err)
		}
		form.Set("code", offer.Reveal())
	case strings.HasSuffix(route, "/review"):
		form.Set("name", "New")
	case strings.HasPrefix(route, "/people/"):
		fill["{id}"] = number(s.cast["administrator"].ID) // not blocked by themselves
	}
	path := s.server.URL + route
	for from, to := range fill {
		path = strings.ReplaceAll(path, from, to)
	}
	if method == http.MethodGet {
		return httptest.NewRequest(method, path+"?"+form.Encode(), nil)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (a answer) verdict() byte {
	switch {
	case a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/sign-in"):
		return 's'
	case a.status == http.StatusNotFound:
		return 'n'
	case a.status == http.StatusForbidden:
		return 'f'
	case a.status >= 500 && a.status != http.StatusServiceUnavailable: // there is no engine here
		return '!'
	}
	return 'y'
}

func TestPortal_GivesEachRoleWhatIsItsOwn(t *testing.T) {
	s := newTheatre(t)
	want, walked, browsers := gets(), map[string]bool{}, map[string]*browser{}
	err := chi.Walk(s.server.Config.Handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		key := method + " " + route
		walked[key] = true
		roles := append([]string{"stranger"}, webtest.Roles()...)
		if len(want[key]) != len(roles) {
			t.Errorf("the route %s has no line in gets: say what comes back to whom", key)
			return nil
		}
		for n, role := range roles {
			if browsers[role] == nil {
				browsers[role] = s.as(role)
			}
			s.try(method, route, role, browsers[role], want[key][n])
			if strings.Contains(route, "sign-out") {
				delete(browsers, role)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range want {
		if !walked[key] {
			t.Errorf("there is no route %s any more", key)
		}
	}
}

// try sends one request as somebody. Who is refused changes nothing and learns
// nothing of the site.
func (s *theatre) try(method, route, role string, b *browser, want byte) {
	s.Helper()
	r := s.request(method, route)
	before := s.store.Recorded()
	a := b.do(r)
	if got := a.verdict(); got != want {
		s.Errorf("%s %s for the %s: %c (%d), want %c", method, route, role, got, a.status, want)
	}
	if want == 'y' || strings.Contains(route, "sign-out") {
		return
	}
	if s.store.Recorded() != before {
		s.Errorf("%s %s was refused to the %s, and something was done", method, route, role)
	}
	if (role == "stranger" || role == "outsider") && strings.Contains(a.body, "Guide") {
		s.Errorf("%s %s tells the %s of the site", method, route, role)
	}
}

func TestPortal_ShowsOnlyWhatOneMaySee(t *testing.T) {
	s := newTheatre(t)
	d, err := s.control.CreateSite(t.Context(), control.Person(s.cast["outsider"], ""), control.SiteWish{Template: "wiki", Title: "Theirs"})
	if err != nil {
		t.Fatal(err)
	}
	s.finish(d.ID)
	for _, path := range []string{"/", "/services", "/activity", "/projects/other"} {
		s.as("outsider").get(path).has("Theirs").lacks("Guide")
		if path != "/projects/other" {
			s.as("viewer").get(path).has("Guide").lacks("Theirs")
			s.as("administrator").get(path).has("Guide", "Theirs")
		}
	}
	s.as("viewer").get("/").lacks("New site")
	s.as("viewer").get("/sites/guide").lacks("Delete this site", "Settings", "Show the sign-in", "Move to")
	s.as("operator").get("/sites/guide").lacks("How it is set up", "Delete this site")
	s.as("editor").get("/sites/guide").has("Settings").lacks("Delete this site", "Show the sign-in")
	s.as("owner").get("/sites/guide").has("Settings", "Delete this site", "Show the sign-in", "Move to")
	s.as("viewer").get("/sites/pages/files").lacks("Upload", "Delete")
	s.as("outsider").get("/activity?site=guide").wants(http.StatusNotFound)
	s.as("outsider").get("/activity?project=main").wants(http.StatusNotFound)
}

func TestPortal_SaysOnlyThatAnAddressIsTaken(t *testing.T) {
	s := newTheatre(t)
	s.as("outsider").post("/sites", "template", "wiki", "project", "other", "name", "Else", "address", "guide").
		wants(http.StatusUnprocessableEntity).has("This address is taken.").lacks(">Main<", "owner")
	s.as("outsider").post("/sites", "template", "wiki", "project", "other", "name", "gUide", "address", "another").
		wants(http.StatusUnprocessableEntity).has("This name is taken. Choose another one.").lacks(">Main<", "Guide")
}

func TestVariables_AreNotOnThePageOfWhoMayNotChangeThem(t *testing.T) {
	s := newTheatre(t)
	wish := control.SiteWish{Template: "own-container", Title: "Shop", Project: "main", Answers: map[string]string{"health_path": "/healthy", "variables": "PAY_KEY=of-the-shop"}}
	if _, err := s.control.CreateSite(t.Context(), control.Person(s.cast["owner"], ""), wish); err != nil {
		t.Fatal(err)
	}
	s.as("viewer").get("/sites/shop").wants(http.StatusOK).has("/healthy").lacks("Further environment variables", "PAY_KEY", "of-the-shop")
	s.as("operator").get("/sites/shop").wants(http.StatusOK).lacks("A page that answers", "/healthy", "of-the-shop")
	s.as("viewer").get("/sites/shop/settings").wants(http.StatusForbidden).lacks("of-the-shop")
	s.as("editor").get("/sites/shop").wants(http.StatusOK).has("PAY_KEY").lacks("of-the-shop")
	s.as("editor").get("/sites/shop/settings").wants(http.StatusOK).has("PAY_KEY=of-the-shop")
}
