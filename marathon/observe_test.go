package marathon

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	gomarathon "github.com/gambol99/go-marathon"
	"github.com/google/go-cmp/cmp"

	"seedbed"
)

const twoApps = `{"apps":[
	{"id":"/sites/a","instances":2,"labels":{"SEEDBED_DEPLOYMENT":"d7","domain":"a.localhost"},"healthChecks":[{}],"deployments":[],
	 "version":"2026-01-02T00:00:00.000Z","versionInfo":{"lastConfigChangeAt":"2026-01-02T00:00:00.000Z"},
	 "lastTaskFailure":{"message":"Container exited with status 1","state":"TASK_FAILED","timestamp":"2026-01-02T03:04:05.678Z"},
	 "tasks":[
		{"id":"a.1","host":"h1","ports":[31001],"state":"TASK_RUNNING","version":"2026-01-02T00:00:00.000Z","healthCheckResults":[{"alive":true}]},
		{"id":"a.2","host":"h1","ports":[31002],"state":"TASK_RUNNING","version":"2026-01-02T00:00:00.000Z","healthCheckResults":[{"alive":false,"lastFailureCause":"HTTP/1.1 503"}]},
		{"id":"a.3","host":"h1","ports":[31003],"state":"TASK_RUNNING","version":"2026-01-02T00:00:00.000Z"},
		{"id":"a.4","host":"h1","ports":[31004],"state":"TASK_RUNNING","version":"2026-01-01T00:00:00.000Z","healthCheckResults":[{"alive":true}]},
		{"id":"a.5","host":"h1","ports":[31005],"state":"TASK_KILLING","version":"2026-01-02T00:00:00.000Z","healthCheckResults":[{"alive":true}]},
		{"id":"a.6","host":"h1","ports":[],"state":"TASK_STAGING"}]},
	{"id":"/other/b","instances":1,"deployments":[{"id":"x"}],"env":{"ODD":{"secret":"x"}},
	 "tasks":[{"id":"b.1","host":"h2","ports":[31009],"state":"TASK_UNREACHABLE"}]}]}`

func TestObserve(t *testing.T) {
	got, err := clientFor(t, engine(twoApps, "", "")).Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[seedbed.WorkloadID]seedbed.Observed{
		"/sites/a": {ID: "/sites/a", Deployment: "d7", Instances: 2, Running: 4, Healthy: 1, Settled: true, Failure: &seedbed.Failure{
			At: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC), Message: "Container exited with status 1"}},
		"/other/b": {ID: "/other/b", Instances: 1, Unseen: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestInstances(t *testing.T) {
	got, err := clientFor(t, answers(200, twoApps)).Instances(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	for _, i := range got {
		reasons[i.ID] = i.Reason
		if i.Healthy != (i.Reason == "") {
			t.Errorf("%+v", i)
		}
	}
	want := map[string]string{
		"a.1": "", "a.2": "HTTP/1.1 503", "a.3": "Its health was not checked yet.", "a.4": "",
		"a.5": "It is being stopped.", "b.1": "", // out of sight, and well when it was last seen
	}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Error(diff)
	}
	if first := got[0]; first.Workload != "/sites/a" || first.Host != "h1" || first.Ports[0] != 31001 || first.Labels["domain"] != "a.localhost" {
		t.Errorf("%+v", first)
	}
}

// Whatever is not surely the answer is an error, never an empty list.
func TestObserve_NeverTakesTroubleForNothing(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"503":            answers(503, `{"apps":[]}`),
		"404":            answers(404, `{"message":"URI not found"}`),
		"401":            answers(401, ``),
		"422":            answers(422, `{"message":"x"}`),
		"empty":          answers(200, ``),
		"no apps":        answers(200, `{}`),
		"null":           answers(200, `{"apps":null}`),
		"a list":         answers(200, `[]`),
		"a page":         answers(200, `<html>sign in</html>`),
		"cut off":        answers(200, `{"apps":[{"id":"/a"`),
		"no tasks":       answers(200, `{"apps":[{"id":"/a"}]}`),
		"no deployments": answers(200, `{"apps":[{"id":"/a","instances":1,"tasks":[]}]}`),
		"no instances":   answers(200, `{"apps":[{"id":"/a","deployments":[],"tasks":[]}]}`),
		"no id":          answers(200, `{"apps":[{"tasks":[]}]}`),
		"another's form": answers(200, `{"apps":{"app":[]}}`),
		"breaks off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"apps":[]}`)
		},
	} {
		c := clientFor(t, handle)
		if got, err := c.Observe(t.Context()); seedbed.CodeOf(err) != seedbed.Unavailable || got != nil {
			t.Errorf("%s: Observe gives %v, %v", name, got, err)
		}
		if got, err := c.Instances(t.Context()); seedbed.CodeOf(err) != seedbed.Unavailable || got != nil {
			t.Errorf("%s: Instances gives %v, %v", name, got, err)
		}
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	if err := clientAt(t, gone.URL).Check(t.Context()); seedbed.CodeOf(err) != seedbed.Unavailable {
		t.Errorf("nobody there: %v", err)
	}
}

// A Marathon without apps is one.
func TestObserve_EmptyIsEmpty(t *testing.T) {
	got, err := clientFor(t, engine("", "", "")).Observe(t.Context())
	if err != nil || got == nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
}

// The recorded answers that go-marathon tests itself with come from servers of
// several versions; our reading agrees with go-marathon's about them.
func TestObserve_ReadsRecordedAnswers(t *testing.T) {
	recorded := recordedApps(t)
	var theirs gomarathon.Applications
	if err := json.Unmarshal(recorded, &theirs); err != nil {
		t.Fatal(err)
	}
	var ours struct{ Apps []appState }
	if err := json.Unmarshal(recorded, &ours); err != nil {
		t.Fatal(err)
	}
	if len(ours.Apps) != len(theirs.Apps) || len(ours.Apps) == 0 {
		t.Fatalf("%d apps, go-marathon reads %d", len(ours.Apps), len(theirs.Apps))
	}
	for n, a := range ours.Apps {
		their := theirs.Apps[n]
		if a.ID != their.ID || *a.Instances != *their.Instances || len(*a.Deployments) != len(their.Deployments) || len(*a.Tasks) != len(their.Tasks) {
			t.Errorf("%+v, go-marathon reads %+v", a, their)
		}
	}
}

// recordedApps returns a list with the app that go-marathon has recorded; its
// source is tests/rest-api/methods.yml there (Apache-2.0).
func recordedApps(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/recorded_app.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		App json.RawMessage `json:"app"`
	}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(nil, `{"apps":[%s]}`, recorded.App)
}
