package marathon

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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
	text, err := json.Marshal(group("").definition(testWorkload()))
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
	app := group("").definition(w)
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

// engine is a Marathon with these answers to its three questions; empty ones
// are that there is nothing.
func engine(apps, deployments, tasks string) http.HandlerFunc {
	lists := map[string]string{
		"/v2/apps": defaulted(apps, `{"apps":[]}`), "/v2/deployments": defaulted(deployments, `[]`), "/v2/tasks": defaulted(tasks, `{"tasks":[]}`),
	}
	return func(w http.ResponseWriter, r *http.Request) { answers(200, lists[r.URL.Path])(w, r) }
}

// taken is the answer to a change.
const taken = `{"version":"2026-01-02T03:04:05.678Z","deploymentId":"d"}`

func TestApply_ReplacesTheWholeByForce(t *testing.T) {
	var got string
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		got = fmt.Sprint(r.Method, " ", r.URL.RequestURI(), " ", user, ":", password)
		answers(200, taken)(w, r)
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
		engine("", "", "")(w, r)
	}))
	defer well.Close()
	c := clientAt(t, gone.URL, leaderless.URL, well.URL)
	for n := range int32(3) {
		if _, err := c.Observe(t.Context()); err != nil || asked.Load() != 3*(n+1) {
			t.Fatalf("%v after %d", err, asked.Load())
		}
	}
	if c.preferred.Load() != 2 {
		t.Error("the one that answered is not asked first")
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
