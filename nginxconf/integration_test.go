//go:build integration

package nginxconf_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"seedbed"
	"seedbed/consul"
	"seedbed/nginxconf"
)

const patience = 30 * time.Second

// eventually waits until check returns "", which it repeats.
func eventually(t *testing.T, what string, check func() string) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	ticks := time.NewTicker(20 * time.Millisecond)
	defer ticks.Stop()
	for {
		why := check()
		if why == "" {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("%s: not within %v: %s", what, patience, why)
		case <-ticks.C:
		}
	}
}

// freePort returns a port that nothing listens on and that it has not returned
// before.
func freePort(t testing.TB) int {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		port := l.Addr().(*net.TCPAddr).Port
		if _, before := given.LoadOrStore(port, true); !before {
			return port
		}
	}
}

// given holds the ports that freePort has returned.
var given sync.Map

func consulBinary() string {
	if path := os.Getenv("SEEDBED_CONSUL"); path != "" {
		return path
	}
	return filepath.Join("..", "bin", "consul")
}

// engine is a Source whose answers a test sets.
type engine struct {
	mu        sync.Mutex
	instances []seedbed.Instance
	changed   chan seedbed.Hint
}

func (e *engine) Running(context.Context) (map[seedbed.WorkloadID][]seedbed.Instance, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	apps := map[seedbed.WorkloadID][]seedbed.Instance{}
	for _, i := range e.instances {
		apps[i.Workload] = append(apps[i.Workload], i)
	}
	return apps, nil
}

func (e *engine) RunningOf(ctx context.Context, id seedbed.WorkloadID) ([]seedbed.Instance, error) {
	apps, err := e.Running(ctx)
	if instances, there := apps[id]; there || err != nil {
		return instances, err
	}
	return nil, seedbed.Missing("There is no such workload.")
}

func (e *engine) Follow(ctx context.Context, told func(seedbed.Hint)) {
	told(seedbed.Hint{Missed: true, All: true})
	for {
		select {
		case <-ctx.Done():
			return
		case hint := <-e.changed:
			told(hint)
		}
	}
}

// set replaces all instances and tells the end of those that are gone.
func (e *engine) set(instances ...seedbed.Instance) {
	hint := seedbed.Hint{Missed: true, All: true}
	e.mu.Lock()
	for _, old := range e.instances {
		if !slices.ContainsFunc(instances, func(i seedbed.Instance) bool { return i.ID == old.ID }) {
			hint.Ended = append(hint.Ended, old.ID)
		}
	}
	e.instances = instances
	e.mu.Unlock()
	e.changed <- hint
}

// world is everything between an engine and a visitor, all of it real.
type world struct {
	t           *testing.T
	engine      *engine
	agent       *consul.Agent
	config      nginxconf.Config
	router      *nginxconf.Router
	stopRouter  func()
	servicePort int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, engine: &engine{changed: make(chan seedbed.Hint, 1000)}, servicePort: freePort(t)}
	w.agent = startConsul(t)
	w.startBridge()
	w.config = nginxconf.Config{
		Dir:        routerDir(t, 0o711),
		ConsulAddr: w.agent.Address(), ConsulToken: w.agent.RouterToken(),
		Listen: "127.0.0.1:" + strconv.Itoa(freePort(t)),
		ServiceAddr: func(context.Context) (netip.Addr, error) {
			return netip.MustParseAddr("127.0.0.1"), nil
		},
		Log: testLog(t),
	}
	w.startRouter()
	return w
}

// routerDir returns a folder below one with the given rights for others.
func routerDir(t testing.TB, rights os.FileMode) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), rights); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "nginx")
}

func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

func startConsul(t testing.TB) *consul.Agent {
	t.Helper()
	binary, err := filepath.Abs(consulBinary())
	if err != nil {
		t.Fatal(err)
	}
	agent, err := consul.NewAgent(consul.AgentConfig{
		Binary: binary, Dir: filepath.Join(t.TempDir(), "consul"),
		HTTP: freePort(t), Serf: freePort(t), RPC: freePort(t), Log: testLog(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := agent.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := agent.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return agent
}

func (w *world) startBridge() {
	bridge, err := consul.New(consul.Config{
		Address: w.agent.Address(), Token: w.agent.Token(), Source: w.engine, Interval: time.Second, Log: testLog(w.t),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(running(w.t, bridge.Run))
}

// running runs a part until the returned function is called, or the test ends.
func running(t testing.TB, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			t.Error("Run does not return")
		}
	})
}

// startRouter makes a new router on the same folder, as a new process would.
func (w *world) startRouter() {
	w.t.Helper()
	router, err := nginxconf.New(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := router.Stop(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
	if err := router.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.router, w.stopRouter = router, running(w.t, router.Run)
	w.t.Cleanup(w.stopRouter)
}

// backend is a site's program; its instance answers with words.
func backend(t testing.TB, words string) (host string, port int) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Seedbed-Page", "a lie")
		switch r.URL.Path {
		case "/missing":
			http.NotFound(w, r)
		case "/headers":
			fmt.Fprint(w, r.Host, "|", r.Header.Get("X-Forwarded-For"), "|", r.Header.Get("X-Forwarded-Proto"), "|",
				r.Header.Get("X-Forwarded-Host"), "|", r.Header.Get("Forwarded"), "|", r.Header.Get("Proxy"))
		case "/upload":
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, n, err)
		case "/accel":
			w.Header().Set("X-Accel-Redirect", "@large")
			fmt.Fprint(w, words)
		default:
			fmt.Fprint(w, words)
		}
	}))
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().(*net.TCPAddr)
	return "127.0.0.1", addr.Port
}

func instance(id, workload, domain string, port int) seedbed.Instance {
	return seedbed.Instance{
		ID: id, Workload: seedbed.WorkloadID(workload), Host: "127.0.0.1", Ports: []int{port}, Healthy: true,
		Labels: map[string]string{"domain": domain, "name": "x"},
	}
}

// visit requests a path of a host through nginx.
func (w *world) visit(host, path string, headers ...string) (status int, body, page string) {
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+w.config.Listen+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	request.Host = host
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}).Do(request)
	if err != nil {
		return 0, err.Error(), ""
	}
	defer answer.Body.Close()
	var b strings.Builder
	if err := answer.Write(&b); err != nil {
		return 0, err.Error(), ""
	}
	_, body, _ = strings.Cut(b.String(), "\r\n\r\n")
	return answer.StatusCode, body, answer.Header.Get("X-Seedbed-Page")
}

func (w *world) answers(host, words string) func() string {
	return func() string {
		if status, body, _ := w.visit(host, "/"); status != 200 || !strings.Contains(body, words) {
			return fmt.Sprintf("%s answers %d %q", host, status, body)
		}
		return ""
	}
}

// serves is answers once nginx has proved that it leads to the host, so that no
// old worker is of another opinion.
func (w *world) serves(host, words string) func() string {
	return func() string {
		routes, err := w.router.Routes(w.t.Context())
		if err != nil || routes.Hosts[seedbed.HostName(host)].Instances == 0 {
			return fmt.Sprint(routes, err)
		}
		return w.answers(host, words)()
	}
}

func (w *world) shows(host string, status int, page string) func() string {
	return func() string {
		if s, body, p := w.visit(host, "/"); s != status || p != page {
			return fmt.Sprintf("%s answers %d with page %q: %q", host, s, p, body)
		}
		return ""
	}
}
