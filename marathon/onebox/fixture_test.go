package onebox

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

// fixture is an engine whose Docker does not answer, behind a real server.
type fixture struct {
	t      testing.TB
	engine *Engine
	server *httptest.Server
}

func newFixture(t testing.TB, adjust ...func(*Config)) *fixture {
	t.Helper()
	return fixtureOn(t, filepath.Join(t.TempDir(), "nobody.sock"), adjust...)
}

func fixtureOn(t testing.TB, socket string, adjust ...func(*Config)) *fixture {
	t.Helper()
	docker, err := client.New(client.WithHost("unix://" + socket))
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Dir: t.TempDir(), Docker: docker, Installation: "test", VolumeRoots: []string{"/srv/volumes"}}
	for _, f := range adjust {
		f(&cfg)
	}
	engine, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t, engine, httptest.NewServer(engine)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- engine.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		f.server.Close()
		if err := engine.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return f
}

// do makes a request and returns the status and the decoded answer.
func (f *fixture) do(method, path, body string) (int, map[string]any) {
	f.t.Helper()
	status, text := f.raw(method, path, body)
	out := map[string]any{}
	if len(text) > 0 && text[0] == '{' {
		if err := json.Unmarshal(text, &out); err != nil {
			f.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return status, out
}

func (f *fixture) raw(method, path, body string) (int, []byte) {
	f.t.Helper()
	req, err := http.NewRequest(method, f.server.URL+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	res, err := f.server.Client().Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return res.StatusCode, text
}

// expect makes a request and returns the answer, which must have that status.
func (f *fixture) expect(want int, method, path, body string) map[string]any {
	f.t.Helper()
	status, out := f.do(method, path, body)
	if status != want {
		f.t.Fatalf("%s %s: status %d, want %d: %v", method, path, status, want, out)
	}
	return out
}

const guide = `{"id":"/sites/guide","cpus":0.1,"mem":32,"networks":[{"mode":"container/bridge"}],
	"container":{"type":"DOCKER","docker":{"image":"img:1"},"portMappings":[{"containerPort":80,"name":"http"}]},
	"healthChecks":[{"protocol":"HTTP","path":"/"}],"labels":{"name":"guide"},"env":{"A":"1"}}`

// await polls for a condition with a deadline.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline, again := time.NewTimer(30*time.Second), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer again.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("waited in vain: %s", what)
		case <-again.C:
		}
	}
}
