package marathon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gomarathon "github.com/gambol99/go-marathon"
	"github.com/google/go-cmp/cmp"

	"seedbed"
)

func testWorkload() seedbed.Workload {
	return seedbed.Workload{
		ID: "/services/postgres", Image: "seedbed/postgres:1", Instances: 1, CPUs: 0.5, Memory: 256, Port: 5432, ServicePort: 15432,
		Env:    map[string]string{"A": "it's\n\"odd\""},
		Mounts: []seedbed.Mount{{Source: "/v/data", Target: "/data"}, {Source: "/v/ro", Target: "/ro", ReadOnly: true}},
		Health: seedbed.HealthCheck{Grace: 90 * time.Second, Interval: 1500 * time.Millisecond, Timeout: time.Second, Failures: 3},
		Labels: map[string]string{seedbed.DeploymentLabel: "r1"}, OneWriter: true,
	}
}

func TestDefinition(t *testing.T) {
	text, err := json.Marshal(definition(testWorkload()))
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`{
		"id": "/services/postgres", "instances": 1, "cpus": 0.5, "mem": 256, "ports": null, "dependencies": null,
		"networks": [{"mode": "container/bridge"}],
		"container": {"type": "DOCKER",
			"docker": {"image": "seedbed/postgres:1", "parameters": [{"key": "add-host", "value": "services.seedbed.internal:host-gateway"}]},
			"volumes": [{"hostPath": "/v/data", "containerPath": "/data", "mode": "RW"}, {"hostPath": "/v/ro", "containerPath": "/ro", "mode": "RO"}],
			"portMappings": [{"containerPort": 5432, "hostPort": 0, "name": "tcp", "protocol": "tcp"}]},
		"env": {"A": "it's\n\"odd\""},
		"labels": {"SEEDBED_DEPLOYMENT": "r1", "SEEDBED_SERVICE_PORT": "15432"},
		"healthChecks": [{"protocol": "TCP", "portIndex": 0, "gracePeriodSeconds": 90, "intervalSeconds": 2, "timeoutSeconds": 1, "maxConsecutiveFailures": 2}],
		"upgradeStrategy": {"minimumHealthCapacity": 0, "maximumOverCapacity": 0},
		"backoffSeconds": 1, "backoffFactor": 1.5, "maxLaunchDelaySeconds": 60, "taskKillGracePeriodSeconds": 15}`), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDefinition_HTTPAndRolling(t *testing.T) {
	w := testWorkload()
	w.Health.Path, w.OneWriter, w.Labels = "/health", false, nil
	app := definition(w)
	check := (*app.HealthChecks)[0]
	if check.Protocol != "HTTP" || *check.Path != "/health" || (*app.Container.PortMappings)[0].Name != "http" {
		t.Errorf("%+v", check)
	}
	if *app.UpgradeStrategy.MinimumHealthCapacity != 1 || *app.UpgradeStrategy.MaximumOverCapacity != 1 {
		t.Error("the old container stays until the new one is well")
	}
	for failures, want := range map[int]int{0: 0, 1: 1, 2: 1, 3: 2, 10: 9} {
		if got := maxConsecutiveFailures(failures); got != want {
			t.Errorf("%d failures: %d, want %d", failures, got, want)
		}
	}
}

// clientFor returns a client for a Marathon that answers as handle does.
func clientFor(t *testing.T, handle http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return clientAt(t, s.URL)
}

func clientAt(t *testing.T, urls ...string) *Client {
	t.Helper()
	c, err := New(Config{URLs: urls, User: "portal", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

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
	got, err := clientFor(t, answers(200, twoApps)).Observe(t.Context())
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
		"a.5": "It is being stopped.", "b.1": "The engine cannot tell now whether it runs.",
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
	got, err := clientFor(t, answers(200, `{"apps":[]}`)).Observe(t.Context())
	if err != nil || got == nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
}

func TestApply_ReplacesTheWholeByForce(t *testing.T) {
	var got string
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		got = fmt.Sprint(r.Method, " ", r.URL.RequestURI(), " ", user, ":", password)
		answers(200, `{}`)(w, r)
	})
	if err := c.Apply(t.Context(), testWorkload()); err != nil {
		t.Fatal(err)
	}
	if want := "PUT /v2/apps/services/postgres?force=true&partialUpdate=false portal:secret"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if err := c.Remove(t.Context(), "/sites/a"); err != nil {
		t.Fatal(err)
	}
	if want := "DELETE /v2/apps/sites/a?force=true portal:secret"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestErrors_KeepAllThatMarathonSaid(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   APIError
		code   seedbed.Code
	}{
		"places": {422, `{"message":"Object is not valid","details":[{"path":"/cpus","errors":["got 0","x"]}]}`,
			APIError{422, "Object is not valid", []string{"/cpus: got 0, x"}, nil}, seedbed.Invalid},
		"text":   {400, `{"message":"Invalid JSON","details":"Unexpected"}`, APIError{400, "Invalid JSON", []string{"Unexpected"}, nil}, seedbed.Invalid},
		"locked": {409, `{"message":"locked","deployments":[{"id":"d"}]}`, APIError{409, "locked", nil, []string{"d"}}, seedbed.Conflict},
		"page":   {502, "<html>Bad Gateway</html>\n", APIError{502, "<html>Bad Gateway</html>", nil, nil}, seedbed.Unavailable},
		"signin": {401, "", APIError{Status: 401}, seedbed.Unavailable},
	} {
		err := clientFor(t, answers(c.status, c.body)).Apply(t.Context(), testWorkload())
		var got *APIError
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, *got); diff != "" || seedbed.CodeOf(err) != c.code {
			t.Errorf("%s: code %s %s", name, seedbed.CodeOf(err), diff)
		}
	}
}

func TestRemove_OfWhatIsNotThereIsNoError(t *testing.T) {
	c := clientFor(t, answers(404, `{"message":"App '/a' does not exist"}`))
	if err := c.Remove(t.Context(), "/a"); err != nil {
		t.Error(err)
	}
}

func TestCall_AsksAnotherMaster(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	leaderless := httptest.NewServer(answers(502, `{"message":"Could not determine the current leader"}`))
	defer leaderless.Close()
	var asked atomic.Int32
	well := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		answers(200, `{"apps":[]}`)(w, r)
	}))
	defer well.Close()
	c := clientAt(t, gone.URL, leaderless.URL, well.URL)
	for n := range int32(3) {
		if _, err := c.Observe(t.Context()); err != nil || asked.Load() != n+1 {
			t.Fatalf("%v after %d", err, asked.Load())
		}
	}
	if c.preferred.Load() != 2 {
		t.Error("the one that answered is not asked first")
	}
}

// A redirect elsewhere must not carry the password along.
func TestCall_SignsInOnlyAtItsOwnMasters(t *testing.T) {
	var header string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Get("Authorization")
		answers(200, `{"apps":[]}`)(w, r)
	}))
	defer elsewhere.Close()
	here := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	defer here.Close()
	for want, urls := range map[bool][]string{false: {here.URL}, true: {here.URL, elsewhere.URL}} {
		header = ""
		if _, err := clientAt(t, urls...).Observe(t.Context()); err != nil {
			t.Fatal(err)
		}
		if (header != "") != want {
			t.Errorf("with %d masters it sends %q", len(urls), header)
		}
	}
}

func TestNew_RefusesWhatIsNoAddress(t *testing.T) {
	for _, urls := range [][]string{nil, {""}, {"ftp://x"}, {"http://"}, {"http://u:p@x"}, {"http://x", "\x00"}} {
		if _, err := New(Config{URLs: urls}); err == nil {
			t.Errorf("%q is taken", urls)
		} else if strings.Contains(err.Error(), "u:p@") {
			t.Errorf("a password is told: %v", err)
		}
	}
	if _, err := New(Config{URLs: []string{"http://x"}, HTTP: &http.Client{Timeout: time.Second}}); err == nil {
		t.Error("a client that cuts the event stream off is taken")
	}
}

func TestReadEvents_CountsWholeEvents(t *testing.T) {
	for name, c := range map[string]struct {
		stream string
		want   int
	}{
		"Marathon's":         {"event: a\r\ndata: {}\r\n\r\nevent: b\r\ndata: {}\r\n\r\n", 2},
		"heartbeats":         {"\r\n\r\n\r\n", 0},
		"comments":           {": hello\n\n", 0},
		"in between":         {"\r\nevent: a\r\ndata: {}\r\n\r\n\r\n", 1},
		"plain lines":        {"event: a\ndata: {}\n\n", 1},
		"data in many lines": {"data: 1\ndata: 2\n\n", 1},
		"cut off":            {"event: a\r\ndata: {", 0},
	} {
		n := 0
		if err := readEvents(strings.NewReader(c.stream), func() { n++ }); !errors.Is(err, io.ErrUnexpectedEOF) || n != c.want {
			t.Errorf("%s: %d events, %v", name, n, err)
		}
	}
}

func TestWatch_ConnectsAnewAndTellsSo(t *testing.T) {
	var connections atomic.Int32
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "text/event-stream" {
			t.Errorf("it accepts %q", r.Header.Get("Accept"))
		}
		connections.Add(1)
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "event: x\r\ndata: {}\r\n\r\n") // and is gone
	})
	ctx, cancel := context.WithCancel(t.Context())
	var changes int32
	c.Watch(ctx, func() {
		if changes++; connections.Load() >= 3 {
			cancel()
		}
	})
	if changes < 5 { // two for each whole connection, one at least for the last
		t.Errorf("%d changes were told in %d connections", changes, connections.Load())
	}
}

func TestWatch_DoesNotTakeAnErrorForAStream(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"error": answers(503, `{}`), "page": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
	} {
		c := clientFor(t, handle)
		if err := c.listen(t.Context(), c.urls[0], func() { t.Errorf("%s: a change is told", name) }); err == nil {
			t.Errorf("%s: taken for a stream", name)
		}
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
		if a.ID != their.ID || a.Instances != *their.Instances || len(a.Deployments) != len(their.Deployments) || len(*a.Tasks) != len(their.Tasks) {
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

func FuzzAPIError(f *testing.F) {
	f.Add(422, []byte(`{"message":"m","details":[{"path":"/","errors":["e"]}]}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if apiError(status, body).Error() == "" {
			t.Error("an error without words")
		}
	})
}
