package onebox

import (
	"bytes"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

// When no host port is free, the app has failed in a way that people see, and
// is tried again less and less often.
func TestTurn_TellsThatNoPortIsFree(t *testing.T) {
	taken, err := net.Listen("tcp", "127.77.77.78:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	docker, err := client.New(client.WithHost("unix://" + t.TempDir() + "/nobody.sock"))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	now := testTime
	e, err := New(Config{
		Dir: t.TempDir(), Docker: docker, Installation: "test", HostIP: "127.77.77.78", PortMin: port, PortMax: port,
		Log: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	e.sights.set(sight{containers: map[string]container{}})
	answer := httptest.NewRecorder()
	if e.ServeHTTP(answer, httptest.NewRequest("PUT", "http://127.0.0.1/v2/apps/sites/guide", strings.NewReader(guide))); answer.Code != 201 {
		t.Fatal(answer.Body)
	}
	record := func() *appRecord { return e.records.snapshot().app("/sites/guide") }

	for range 4 { // turns, in none of which time passes
		e.turn(t.Context())
	}
	f := record().Failure
	if f == nil || f.State != "TASK_FAILED" || !strings.HasPrefix(f.Message, "All ports from ") || !strings.HasSuffix(f.Message, ".") {
		t.Fatalf("the failure is %+v", f)
	}
	first := record().Backoff
	if due := e.turn(t.Context()); first.Delay != time.Second || !due.Equal(first.Until) {
		t.Errorf("after the first failure it waits %v, the next turn is at %v", first.Delay, due)
	}
	if n := strings.Count(log.String(), "cannot be launched"); n != 1 || strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("it was logged %d times:\n%s", n, log.String())
	}

	now = first.Until
	e.turn(t.Context())
	if second := record().Backoff; second.Delay <= first.Delay {
		t.Errorf("after the second failure it waits %v", second.Delay)
	}

	taken.Close()
	now = record().Backoff.Until
	e.turn(t.Context())
	if list := e.records.snapshot().byApp["/sites/guide"]; len(list) != 1 || list[0].Condition != provisioned {
		t.Errorf("with a free port it is not launched: %+v", list)
	}
	e.workers.Wait()
}

// The end of an app is not over before Docker itself says that nothing is left
// that may write its volumes.
func TestTurn_AStopLastsUntilDockerConfirmsIt(t *testing.T) {
	docker, err := client.New(client.WithHost("unix://" + t.TempDir() + "/nobody.sock"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Config{Dir: t.TempDir(), Docker: docker, Installation: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, request := range []string{"PUT", "DELETE"} {
		answer := httptest.NewRecorder()
		e.ServeHTTP(answer, httptest.NewRequest(request, "http://127.0.0.1/v2/apps/sites/guide", strings.NewReader(guide)))
		if answer.Code >= 300 {
			t.Fatal(answer.Body)
		}
	}
	stray := container{ID: "x", TaskID: "sites_guide.instance-x._app.1", App: "/sites/guide", Running: true}
	dead := stray
	dead.Running, dead.Ended = false, true
	for _, look := range []struct {
		what string
		seen sight
		over bool
	}{
		{"Docker is away", sight{err: net.ErrClosed}, false},
		{"a container of it runs", sight{containers: map[string]container{stray.TaskID: stray}}, false},
		{"only a dead one is left", sight{containers: map[string]container{dead.TaskID: dead}}, true},
	} {
		e.sights.set(look.seen)
		e.turn(t.Context())
		if over := len(e.records.snapshot().deployments) == 0; over != look.over {
			t.Errorf("%s: over is %v", look.what, over)
		}
	}
	e.workers.Wait()
}
