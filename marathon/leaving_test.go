package marathon

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

const leavingTasks = `{"tasks":[
	{"id":"c.1","appId":"/sites/c","state":"TASK_KILLING"},
	{"id":"d.1","appId":"/sites/d","state":"TASK_UNREACHABLE"},
	{"id":"d.2","appId":"/sites/d","state":"TASK_RUNNING"},
	{"id":"e.1","appId":"/sites/e","state":"TASK_KILLED"},
	{"id":"e.2","appId":"/sites/e","state":"TASK_GONE_BY_OPERATOR"},
	{"id":"f.1","appId":"/sites/f","state":"TASK_LOST"},
	{"id":"a.1","appId":"/sites/a","state":"TASK_RUNNING"}]}`

// What Marathon has dropped as an app is there until it has really ended, for
// volumes are deleted after that.
func TestObserve_ListsWhatIsLeaving(t *testing.T) {
	deployments := `[{"id":"1","affectedApps":["/sites/b","/sites/a"],"steps":[{"actions":[{"action":"ScalePod","pod":"/p"}]}]}]`
	got, err := clientFor(t, engine(twoApps, deployments, leavingTasks)).Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a := got["/sites/a"]; a.Instances != 2 || !a.Settled {
		t.Errorf("an app that is there is %+v", a)
	}
	delete(got, "/sites/a")
	delete(got, "/other/b")
	want := map[seedbed.WorkloadID]seedbed.Observed{
		"/sites/b": {ID: "/sites/b"}, "/sites/c": {ID: "/sites/c"}, "/sites/d": {ID: "/sites/d", Running: 1, Unseen: true}, "/sites/f": {ID: "/sites/f"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// An app may be dropped between any two questions: it is never missed if the
// apps are asked for first.
func TestObserve_AsksForTheAppsFirst(t *testing.T) {
	var asked []string
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		engine("", "", "")(w, r)
	})
	if _, err := c.Observe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"/v2/apps", "/v2/deployments", "/v2/tasks"}; !slices.Equal(asked, want) {
		t.Errorf("asked %v, want %v", asked, want)
	}
}

func TestObserve_NeedsAllThreeAnswers(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"deployments null":         engine("", `null`, ""),
		"deployments of no apps":   engine("", `[{"id":"x"}]`, ""),
		"deployments as an object": engine("", `{}`, ""),
		"no tasks":                 engine("", "", `{}`),
		"tasks null":               engine("", "", `{"tasks":null}`),
		"a task of no app":         engine("", "", `{"tasks":[{"id":"x","state":"TASK_RUNNING"}]}`),
		"deployments 404":          failing("/v2/deployments", 404),
		"deployments 503":          failing("/v2/deployments", 503),
		"tasks 404":                failing("/v2/tasks", 404),
		"tasks 401":                failing("/v2/tasks", 401),
	} {
		if got, err := clientFor(t, handle).Observe(t.Context()); seedbed.CodeOf(err) != seedbed.Unavailable || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// failing is a Marathon that answers one question with an error.
func failing(path string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			answers(status, `{"message":"x"}`)(w, r)
			return
		}
		engine("", "", "")(w, r)
	}
}
