package marathon

import (
	"encoding/json"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"seedbed"
)

// What go-marathon does to those who use it, and must not do to us; DESIGN.md has
// the list, with the tests of the others.

// go-marathon leaves out what is 0, and Marathon then takes its default: a whole
// processor, five minutes, a minute.
func TestTraps_ZeroIsNotLeftOut(t *testing.T) {
	w := testWorkload()
	w.CPUs, w.Instances, w.Memory, w.Health = 0, 0, 0, seedbed.HealthCheck{}
	text, err := json.Marshal(group("").definition(w))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"cpus":0.001`, `"instances":0`, `"mem":0`, `"gracePeriodSeconds":1`, `"intervalSeconds":1`, `"timeoutSeconds":1`, `"maxConsecutiveFailures":0`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}

// go-marathon sends back what it has read, and Marathon refuses that: a version
// may stand alone only. It sends fetch without saying extract, which means no.
func TestTraps_NothingIsSentThatWasNotMeant(t *testing.T) {
	text, err := json.Marshal(group("").definition(testWorkload()))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"version", "versionInfo", "tasks", "tasksRunning", "deployments", "lastTaskFailure", "taskStats", "fetch", "uris", "network"} {
		if strings.Contains(string(text), `"`+key+`":`) {
			t.Errorf("%s is in %s", key, text)
		}
	}
}

// go-marathon ends with a panic for tasks of apps without Docker or without ports,
// and misses the results of health checks, which Marathon gives by instance.
func TestTraps_AppsOfOthersAreRead(t *testing.T) {
	c := clientFor(t, engine(`{"apps":[
		{"id":"/cmd","instances":1,"deployments":[],"container":null,"healthChecks":[{}],"tasks":[{"id":"cmd.1","host":"10.0.0.1","ports":null,"state":"TASK_RUNNING",
			"healthCheckResults":[{"instanceId":"cmd.instance-1","alive":true,"lastFailureCause":null}]}]},
		{"id":"/odd","instances":0,"deployments":[],"ports":{"not":"a list"},"env":{"A":{"secret":"s"}},"tasks":[]}]}`, "", ""))
	list, err := c.Instances(t.Context())
	if err != nil || len(list) != 1 || !list[0].Healthy || len(list[0].Ports) != 0 {
		t.Errorf("%+v %v", list, err)
	}
}

// go-marathon marks a master that answered 500 once as down, hides what it said,
// and asks nobody any more until a clock of its own has rung.
func TestTraps_OneFaultIsHeldAgainstNobody(t *testing.T) {
	broken := true
	lists := engine("", "", "")
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		if broken {
			answers(500, `{"message":"the disk is full"}`)(w, r)
			return
		}
		lists(w, r)
	})
	if _, err := c.Observe(t.Context()); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("what it said is hidden: %v", err)
	}
	broken = false
	if _, err := c.Observe(t.Context()); err != nil {
		t.Errorf("when it is well again: %v", err)
	}
}

// go-marathon goes on pinging and listening for as long as the process lives.
func TestTraps_AClientStartsNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 50 {
		clientAt(t, "http://127.0.0.1:1", "http://127.0.0.1:2")
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines became %d", before, runtime.NumGoroutine())
		}
	}
}
