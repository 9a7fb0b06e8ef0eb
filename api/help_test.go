package api_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seedbed"
	"seedbed/api"
	"seedbed/control"
	"seedbed/metrics"
	"seedbed/web/webtest"
)

// clock is a time that only tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is an API with all that it asks; the database is the real one.
type world struct {
	*testing.T
	clock    *clock
	store    *webtest.Store
	board    *webtest.Board
	files    *webtest.Files
	engine   *webtest.Engine
	backups  webtest.Backups
	visits   *visits
	control  *control.Control
	handler  http.Handler
	contract *contract
	logged   *strings.Builder
	pokes    atomic.Int32
	user     seedbed.User
	config   api.Config
}

// newWorld has the administrator Amina, and nobody else.
func newWorld(t *testing.T, changes ...func(*api.Config)) *world {
	t.Helper()
	return newWorldOf(t, func(w *world) (err error) {
		w.user, err = w.store.CreateFirstUser(t.Context(), webtest.SetupCode, seedbed.User{Name: "Amina", PasswordHash: "none"}, "192.0.2.1")
		return err
	}, changes...)
}

// newWorldOf has the people that settle makes. Nothing is shared between worlds,
// so their tests run beside each other.
func newWorldOf(t *testing.T, settle func(*world) error, changes ...func(*api.Config)) *world {
	t.Helper()
	t.Parallel()
	var err error
	w := &world{T: t, clock: &clock{now: time.Date(2025, 5, 6, 14, 2, 0, 0, time.UTC)}, board: &webtest.Board{}, files: &webtest.Files{}, engine: &webtest.Engine{}, backups: webtest.Backups{}, visits: &visits{known: true}, logged: &strings.Builder{}}
	w.store = webtest.NewStore(t, w.clock.Now)
	if err := settle(w); err != nil {
		t.Fatal(err)
	}
	gauge := control.NewGauge(engine{w.engine}, w.clock.Now)
	var running sync.WaitGroup
	running.Go(func() { gauge.Run(t.Context()) })
	t.Cleanup(running.Wait)
	w.control, err = control.New(control.Config{
		Gauge: gauge,
		Store: w.store, Board: w.board, Catalog: webtest.Templates(), Files: w.files, Storage: &webtest.Storage{}, Engine: engine{w.engine}, Backups: w.backups, Visits: counted{w.visits}, Poke: func() { w.pokes.Add(1) },
		SiteURL: func(h seedbed.HostName) string { return "http://" + string(h) + ":8480" }, Domain: "localhost", Now: w.clock.Now, Rand: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.config = api.Config{Control: w.control, Store: w.store, Metrics: metrics.New(), Log: slog.New(slog.NewTextHandler(w.logged, nil)), Now: w.clock.Now}
	for _, change := range changes {
		change(&w.config)
	}
	w.restart()
	w.contract = readContract(t, []byte(w.as("").get("/openapi.json").body))
	return w
}

// visits are those of every site, if they are known.
type visits struct {
	seedbed.Visits
	known bool
}

// ofAll returns them.
func (v *visits) ofAll() (seedbed.Visits, error) {
	if !v.known {
		return seedbed.Visits{}, &seedbed.Error{Code: seedbed.Unavailable, Message: "The router here does not count visits."}
	}
	return v.Visits, nil
}

// counted is visits as Control asks for them.
type counted struct{ *visits }

// Visits returns those of all.
func (c counted) Visits(context.Context, seedbed.WorkloadID) (seedbed.Visits, error) {
	return c.ofAll()
}

// restart is a new process on the same database.
func (w *world) restart() {
	w.Helper()
	handler, err := api.New(w.config)
	if err != nil {
		w.Fatal(err)
	}
	w.handler = handler
}

// caller is a program with a token.
type caller struct {
	w     *world
	token string
	from  string
}

func (w *world) as(token string) *caller { return &caller{w: w, token: token, from: "192.0.2.7:4000"} }

// amina is a program of the administrator with a scope.
func (w *world) amina(scope string) *caller {
	w.Helper()
	return w.program(w.user, scope)
}

// program is one of somebody, with a scope.
func (w *world) program(user seedbed.User, scope string) *caller {
	w.Helper()
	_, text, err := w.control.CreateToken(w.Context(), control.Person(user, "test"), control.TokenWish{Name: "a " + scope + " program", Scope: scope})
	if err != nil {
		w.Fatal(err)
	}
	return w.as(text.Reveal())
}

// answer is what came back.
type answer struct {
	*world
	status int
	header http.Header
	body   string
}

func (c *caller) get(path string, headers ...string) answer { return c.do("GET", path, "", headers...) }

func (c *caller) post(path, body string, headers ...string) answer {
	return c.do("POST", path, body, headers...)
}

// do sends a request, and compares what comes back with the document. headers
// are names and values in turn.
func (c *caller) do(method, path, body string, headers ...string) answer {
	c.w.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, api.Prefix+path, strings.NewReader(body))
	r.RemoteAddr = c.from
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	c.w.handler.ServeHTTP(recorder, r)
	result := recorder.Result()
	content, err := io.ReadAll(result.Body)
	if err != nil {
		c.w.Fatal(err)
	}
	if c.w.contract != nil {
		c.w.contract.check(c.w, method, c.w.routeOf(path), result, content)
	}
	return answer{c.w, result.StatusCode, result.Header, string(content)}
}

// routeOf is the path of the document that a path belongs to.
func (w *world) routeOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	if w.contract.Paths.Value(path) != nil {
		return path
	}
	parts := strings.Split(path, "/")
	for route := range w.contract.Paths.Map() {
		if fits(strings.Split(route, "/"), parts) {
			return route
		}
	}
	return path
}

func fits(route, parts []string) bool {
	if len(route) != len(parts) {
		return false
	}
	for i := range route {
		if route[i] != parts[i] && !strings.HasPrefix(route[i], "{") {
			return false
		}
	}
	return true
}

func (a answer) wants(status int) answer {
	a.Helper()
	if a.status != status {
		a.Errorf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

func (a answer) has(texts ...string) answer {
	a.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.Errorf("%q is not in %s", text, a.body)
		}
	}
	return a
}

func (a answer) lacks(texts ...string) answer {
	a.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.Errorf("%q is in %s", text, a.body)
		}
	}
	return a
}

// in reads the body into a shape.
func in[T any](a answer) (v T) {
	a.Helper()
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		a.Fatalf("%v: %s", err, a.body)
	}
	return v
}

// finish has the reconciler's work done.
func (w *world) finish(id int64) {
	w.Helper()
	w.store.Update(id, func(d *seedbed.Deployment) { *d = d.Completed(w.clock.Now()) })
}
