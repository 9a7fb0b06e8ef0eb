package web_test

import (
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seedbed"
	"seedbed/control"
	"seedbed/web"
	"seedbed/web/webtest"
)

const password = "four quiet garden gates"

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

// world is a portal with all that it asks.
type world struct {
	*testing.T
	clock   *clock
	store   *webtest.Store
	board   *webtest.Board
	files   *webtest.Files
	storage *webtest.Storage
	backups webtest.Backups
	control *control.Control
	server  *httptest.Server
	pokes   atomic.Int32
	logged  *strings.Builder // only to be read when no request is under way
}

// config is all that a test can change of a world before it begins.
type config struct {
	control control.Config
	web     web.Config
}

// newWorld starts a portal in which nobody has an account yet. Nothing is shared
// between worlds, so their tests run beside each other.
func newWorld(t *testing.T, changes ...func(*config)) *world {
	t.Helper()
	t.Parallel()
	var err error
	w := &world{T: t, clock: &clock{now: time.Date(2025, 5, 6, 14, 2, 0, 0, time.UTC)}, board: &webtest.Board{}, files: &webtest.Files{}, storage: &webtest.Storage{}, backups: webtest.Backups{}, logged: &strings.Builder{}}
	w.store = webtest.NewStore(t, w.clock.Now)
	c := config{
		control: control.Config{
			Store: w.store, Board: w.board, Catalog: webtest.Templates(), Files: w.files, Storage: w.storage, Backups: w.backups,
			Poke:    func() { w.pokes.Add(1) },
			SiteURL: func(h seedbed.HostName) string { return "http://" + string(h) + ":8480/" },
			Domain:  "localhost", Now: w.clock.Now, Rand: rand.Reader,
		},
		web: web.Config{
			Store: w.store, Domain: "localhost", Scratch: t.TempDir(), Hashing: webtest.Hashing(), Now: w.clock.Now, Rand: rand.Reader,
			Log: slog.New(slog.NewTextHandler(w.logged, nil)),
		},
	}
	for _, change := range changes {
		change(&c)
	}
	if c.control.Engine != nil {
		c.control.Gauge = control.NewGauge(c.control.Engine, w.clock.Now)
		var running sync.WaitGroup
		running.Go(func() { c.control.Gauge.Run(t.Context()) })
		t.Cleanup(running.Wait)
	}
	w.control, err = control.New(c.control)
	if err != nil {
		t.Fatal(err)
	}
	c.web.Control = w.control
	handler, err := web.New(c.web)
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(handler)
	t.Cleanup(w.server.Close)
	return w
}

// browser keeps cookies and follows no redirects.
type browser struct {
	w      *world
	client *http.Client
}

func (w *world) browser() *browser {
	w.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	// Connections of its own: a server that another test closes closes those of
	// the default transport.
	return &browser{w, &http.Client{Transport: w.server.Client().Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// amina is the browser of the first administrator, signed in.
func (w *world) amina() *browser {
	w.Helper()
	b := w.browser()
	b.post("/setup", "code", "the-code", "user", "Amina", "password", password, "again", password).wants(http.StatusSeeOther)
	return b
}

// answer is what came back.
type answer struct {
	w      *world
	from   *browser
	status int
	header http.Header
	body   string
}

func (b *browser) get(path string) answer {
	b.w.Helper()
	return b.do(httptest.NewRequest(http.MethodGet, b.w.server.URL+path, nil))
}

// post sends a form: names and values by turns.
func (b *browser) post(path string, pairs ...string) answer {
	b.w.Helper()
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, b.w.server.URL+path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func (b *browser) do(r *http.Request) answer {
	b.w.Helper()
	r.RequestURI = ""
	response, err := b.client.Do(r)
	if err != nil {
		b.w.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.w.Fatal(err)
	}
	return answer{b.w, b, response.StatusCode, response.Header, string(body)}
}

// wants demands a status.
func (a answer) wants(status int) answer {
	a.w.Helper()
	if a.status != status {
		a.w.Fatalf("status %d, want %d; body:\n%s", a.status, status, a.body)
	}
	return a
}

// to demands a redirect.
func (a answer) to(path string) answer {
	a.w.Helper()
	a.wants(http.StatusSeeOther)
	if got := a.header.Get("Location"); got != path {
		a.w.Fatalf("sent to %q, want %q", got, path)
	}
	return a
}

// next is the page that a change leads to.
func (a answer) next() answer {
	a.w.Helper()
	return a.from.get(a.wants(http.StatusSeeOther).header.Get("Location"))
}

// has demands that the page holds each of the texts.
func (a answer) has(texts ...string) answer {
	a.w.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.w.Errorf("no %q in:\n%s", text, a.body)
		}
	}
	return a
}

// lacks demands that the page holds none of the texts.
func (a answer) lacks(texts ...string) answer {
	a.w.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.w.Errorf("%q is in:\n%s", text, a.body)
		}
	}
	return a
}

// aSite makes a site and returns its deployment.
func (b *browser) aSite(template, name string) seedbed.Deployment {
	b.w.Helper()
	a := b.post("/sites", "template", template, "name", name).wants(http.StatusSeeOther)
	var id int64
	for _, c := range strings.TrimPrefix(a.header.Get("Location"), "/deployments/") {
		id = id*10 + int64(c-'0')
	}
	d, err := b.w.store.Deployment(b.w.Context(), id)
	if err != nil {
		b.w.Fatal(err)
	}
	return d
}

// finish carries a deployment through.
func (w *world) finish(id int64) {
	w.store.Update(id, func(d *seedbed.Deployment) {
		d.State, d.Ended = seedbed.Done, w.clock.Now()
		for i := range d.Steps {
			d.Steps[i].Started, d.Steps[i].Ended = w.clock.Now().Add(-time.Second), w.clock.Now()
		}
	})
	w.board.Tell()
}
