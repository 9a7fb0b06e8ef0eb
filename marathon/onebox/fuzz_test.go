package onebox

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// An id that is taken has one form, is told apart from every other in task ids,
// and is found again in a path.
func FuzzIDs(f *testing.F) {
	for _, id := range []string{"/sites/wiki", "a", "a.b/c-d", "/../x", "//a//", "tasks/a", "a/tasks", "A", "a_b", ".", "/versions/restart", "ä"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id := cleanID(text)
		if cleanID(id) != id || !strings.HasPrefix(id, "/") {
			t.Fatalf("%q becomes %q, and that %q", text, id, cleanID(id))
		}
		if len(idMistakes(id)) > 0 {
			return
		}
		if back := "/" + strings.ReplaceAll(safeID(id), "_", "/"); back != id {
			t.Errorf("%q is %q in task ids, which may mean %q", id, safeID(id), back)
		}
		if slices.ContainsFunc(strings.Split(id[1:], "/"), func(s string) bool { return slices.Contains(suffixes, s) }) {
			return // a word of the API wins over a part of an id
		}
		for _, suffix := range append([]string{""}, suffixes...) {
			if gotID, got, rest := splitPath(strings.TrimSuffix(id[1:]+"/"+suffix, "/")); gotID != id || got != suffix || rest != "" {
				t.Errorf("%q with %q is split into %q, %q and %q", id, suffix, gotID, got, rest)
			}
		}
	})
}

// Whatever a client asks, the answer is Marathon's: JSON, and never a mistake of
// the engine.
func FuzzRequest(f *testing.F) {
	for _, path := range []string{"/v2/apps", "/v2/apps/a/b/tasks", "/v2/apps//x/../y", "/v2/apps/*", "/v2/groups", "/v2/groups/a/versions/x", "/v2/queue/a/delay",
		"/v2/tasks/delete", "/v2/deployments/x", "/v2/pods", "/v2/eventSubscriptions", "/metrics", "/files/read", "/mesos/slaves", "/v2/apps/%00", "/"} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			f.Add(method, path, "force=true&label=a", guide)
		}
	}
	f.Add("PUT", "/v2/groups/g", "dryRun=true", `{"id":"g","apps":[{"id":"a","cmd":"x","dependencies":["../g"]}],"groups":[{"id":"h","groups":[null]}],"scaleBy":-1}`)
	f.Add("PATCH", "/v2/apps", "partialUpdate=false", `[{"id":"a"},null,7,[]]`)
	f.Add("POST", "/v2/tasks/delete", "scale=true", `{"ids":["a.b",null]}`)
	f.Add("GET", "/v2/apps", "embed=apps.tasks&embed=.&cmd=&label=a%20in%20(", "")
	engine := runForFuzzing(f)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if strings.Contains(path, "events") {
			ctx, cancel = context.WithTimeout(ctx, 10*time.Millisecond)
		}
		defer cancel()
		r := (&http.Request{
			Method: method, URL: &url.URL{Path: path, RawQuery: query}, Host: "127.0.0.1:8080", Header: http.Header{"Accept": {"text/event-stream"}},
			Body: io.NopCloser(strings.NewReader(body)), RemoteAddr: "127.0.0.1:1",
		}).WithContext(ctx)
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Errorf("%s %q?%q %q: %d %s", method, path, query, body, w.Code, w.Body)
		}
		if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %q: no JSON: %q", method, path, w.Body)
		}
	})
}

// runForFuzzing runs an engine that starts nothing until the end of the test.
func runForFuzzing(f *testing.F) *Engine {
	f.Helper()
	engine, err := New(Config{Dir: f.TempDir(), Installation: "fuzz"})
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- engine.Run(ctx) }()
	f.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			f.Errorf("Run: %v", err)
		}
		if err := engine.Close(); err != nil {
			f.Errorf("Close: %v", err)
		}
	})
	return engine
}
