package marathon_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"seedbed"
	"seedbed/marathon"
	"seedbed/marathon/onebox"
)

// engine is a real engine that starts nothing, behind a real server. What is
// asked of it here is asked without the driver.
type engine struct {
	t *testing.T
	*httptest.Server
}

func newEngine(t *testing.T) *engine { return engineWith(t, "secret") }

// engineWith returns an engine that asks for a password, or lets everybody in.
func engineWith(t *testing.T, password string) *engine {
	t.Helper()
	e, err := onebox.New(onebox.Config{Dir: t.TempDir(), Installation: "test", User: "portal", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(e)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run the engine: %v", err)
		}
		server.Close()
		if err := e.Close(); err != nil {
			t.Errorf("close the engine: %v", err)
		}
	})
	return &engine{t, server}
}

// ask makes a request and decodes the answer, if into is not nil.
func (e *engine) ask(method, path string, into any) {
	e.t.Helper()
	req, err := http.NewRequest(method, e.URL+path, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	req.SetBasicAuth("portal", "secret")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode > 299 {
		e.t.Fatalf("%s %s: %s", method, path, res.Status)
	}
	if err := json.NewDecoder(res.Body).Decode(into); into != nil && err != nil {
		e.t.Fatal(err)
	}
}

// deployment returns the id of the only deployment that is under way.
func (e *engine) deployment() string {
	e.t.Helper()
	var list []struct{ ID string }
	if e.ask("GET", "/v2/deployments", &list); len(list) != 1 {
		e.t.Fatalf("deployments are %v", list)
	}
	return list[0].ID
}

// apps returns the mark of each app.
func (e *engine) apps() map[seedbed.WorkloadID]string {
	e.t.Helper()
	var in struct {
		Apps []struct {
			ID     seedbed.WorkloadID
			Labels map[string]string
		}
	}
	e.ask("GET", "/v2/apps", &in)
	out := map[seedbed.WorkloadID]string{}
	for _, a := range in.Apps {
		out[a.ID] = a.Labels[seedbed.DeploymentLabel]
	}
	return out
}

func (e *engine) versions(id seedbed.WorkloadID) int {
	e.t.Helper()
	var in struct{ Versions []string }
	e.ask("GET", "/v2/apps"+string(id)+"/versions", &in)
	return len(in.Versions)
}

// proxy stands between driver and engine. Meddle, if it is set, answers in place
// of the engine, or lets next do so.
type proxy struct {
	*httptest.Server
	mu     sync.Mutex
	meddle func(w http.ResponseWriter, r *http.Request, next http.Handler)
	leader string // in answers, in place of the engine's
}

func newProxy(t *testing.T, e *engine) *proxy {
	t.Helper()
	to, err := url.Parse(e.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{leader: e.URL}
	next := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		FlushInterval: -1, ErrorLog: quiet(),
		ModifyResponse: func(r *http.Response) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			r.Header.Set("X-Marathon-Leader", p.leader)
			return nil
		},
	}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		meddle := p.meddle
		p.mu.Unlock()
		if meddle == nil {
			next.ServeHTTP(w, r)
			return
		}
		meddle(w, r, next)
	}))
	p.Config.ErrorLog = quiet()
	p.Start()
	t.Cleanup(p.Close)
	t.Cleanup(p.CloseClientConnections)
	return p
}

func (p *proxy) set(meddle func(w http.ResponseWriter, r *http.Request, next http.Handler)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.meddle = meddle
}

// lose carries a request out and cuts the connection instead of answering.
func lose(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if isStream(r) {
		cut(w, r, next)
	}
	next.ServeHTTP(httptest.NewRecorder(), r)
	cut(w, r, next)
}

// cut cuts the connection.
func cut(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }

func driverOf(t *testing.T, urls ...string) *marathon.Client {
	t.Helper()
	return driver(t, marathon.Config{URLs: urls, User: "portal", Password: "secret"})
}

// load is a workload that the engine can start at once.
func load(id seedbed.WorkloadID, mark string) seedbed.Workload {
	return seedbed.Workload{ID: id, Image: "img:1", Instances: 1, CPUs: 0.1, Memory: 32, Labels: map[string]string{seedbed.DeploymentLabel: mark}}
}

// tooLarge is one that waits for a machine for ever, so its deployment goes on.
func tooLarge(id seedbed.WorkloadID, mark string) seedbed.Workload {
	w := load(id, mark)
	w.CPUs = 1e6
	return w
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline, again := time.NewTimer(20*time.Second), time.NewTicker(10*time.Millisecond)
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

// observed returns a workload as the driver sees it.
func observed(t *testing.T, m *marathon.Client, id seedbed.WorkloadID) seedbed.Observed {
	t.Helper()
	all, err := m.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all[id]
}

// page is what a proxy or a hotel answers.
func page(status int, body string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		if strings.HasPrefix(body, "<") {
			w.Header().Set("Content-Type", "text/html")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
