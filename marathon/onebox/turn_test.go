package onebox

import (
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/moby/moby/client"
)

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
