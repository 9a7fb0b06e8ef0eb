package nginxconf

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seedbed/daemon"
)

func TestMain(m *testing.M) {
	log.SetOutput(LogFilter(slog.New(slog.NewTextHandler(os.Stderr, nil))))
	os.Exit(m.Run())
}

// catalog answers as much of Consul's API as watching needs: five nodes with
// one instance each, and the bridge's own one. It answers each query once, lets
// a second one wait, whatever changes, and fails while it is broken.
type catalog struct {
	broken  atomic.Bool
	partial atomic.Bool // one node has nothing
	moved   atomic.Bool // all instances have another port
	digest  atomic.Bool // the bridge's own entry has one
	asked   atomic.Int64
	probed  atomic.Int64
}

func (c *catalog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/txn" {
		c.probed.Add(1)
		_ = json.NewEncoder(w).Encode(map[string]any{"Results": []any{map[string]any{"Service": map[string]any{"Meta": c.mark()}}}})
		return
	}
	c.asked.Add(1)
	if c.broken.Load() {
		http.Error(w, "no leader", http.StatusInternalServerError)
		return
	}
	if r.URL.Query().Get("index") != "" && !c.waits(r) {
		http.Error(w, "shutting down", http.StatusInternalServerError)
		return
	}
	w.Header().Set("X-Consul-Index", "5")
	meta := map[string]string{"external-node": "true"}
	if strings.HasPrefix(r.URL.Path, "/v1/kv/") {
		http.NotFound(w, r) // no portal publishes
		return
	}
	name, one := strings.CutPrefix(r.URL.Path, "/v1/catalog/node/")
	if one {
		_ = json.NewEncoder(w).Encode(map[string]any{"Node": map[string]any{"Node": name, "Meta": meta}, "Services": c.services(name)})
		return
	}
	nodes := []any{map[string]any{"Node": "an agent's own", "Meta": nil}, map[string]any{"Node": "bridge", "Meta": meta}}
	for n := range 5 {
		nodes = append(nodes, map[string]any{"Node": fmt.Sprintf("node%d", n), "Meta": meta})
	}
	_ = json.NewEncoder(w).Encode(nodes)
}

// waits lets a query wait as long as it wants to, and returns false if the
// catalog breaks meanwhile.
func (c *catalog) waits(r *http.Request) bool {
	patience, err := time.ParseDuration(r.URL.Query().Get("wait"))
	if err != nil {
		return false
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if r.Context().Err() != nil || c.broken.Load() {
			return false
		}
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
	return true
}

func (c *catalog) services(node string) map[string]any {
	port := c.port()
	e := one("/sites/"+node, port, "domain", node+".localhost", metaHash, fmt.Sprintf("%016x", port))
	if c.partial.Load() && node == "node4" {
		return nil
	}
	if node == "bridge" {
		e.Meta = c.mark()
	}
	return map[string]any{node: map[string]any{"ID": e.ID, "Service": "x", "Address": e.Address, "Port": e.Port, "Meta": e.Meta}}
}

func (c *catalog) port() int {
	if c.moved.Load() {
		return 31001
	}
	return 31000
}

func (c *catalog) mark() map[string]string {
	meta := map[string]string{metaBridge: "seedbed", metaInstances: "5"}
	if c.digest.Load() {
		meta[metaDigest] = fmt.Sprintf("%016x", 5*c.port())
	}
	return meta
}

func newTestRouter(t *testing.T, consul string) *Router {
	t.Helper()
	r, err := New(Config{Dir: t.TempDir(), ConsulAddr: consul, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// eventually waits until check returns true, which it repeats.
func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	err := daemon.Poll(t.Context(), 20*time.Second, func(context.Context) error {
		if !check() {
			return fmt.Errorf("not yet")
		}
		return nil
	})
	if err != nil {
		t.Fatal(what, err)
	}
}

func TestWatchConsul_ReadsAgainAfterTroubleAndLeavesNothingBehind(t *testing.T) {
	consul := &catalog{}
	server := httptest.NewServer(consul)
	defer server.Close()
	r := newTestRouter(t, server.Listener.Addr().String())
	r.lives.longWait = r.lives.shortWait
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); r.watchConsul(ctx) }()
	for range 2 {
		eventually(t, "read", func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.known && len(r.view.entries) == 5
		})
		consul.broken.Store(true)
		before := consul.asked.Load()
		eventually(t, "asked in vain", func() bool { return consul.asked.Load() > before+2 })
		r.mu.Lock()
		if len(r.view.entries) != 5 {
			t.Errorf("%d entries are left", len(r.view.entries))
		}
		r.known, r.view.entries = false, nil
		r.mu.Unlock()
		consul.broken.Store(false)
	}
	eventually(t, "read", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.known
	})
	cancel()
	<-ended
	eventually(t, "all goroutines of consul-template ended", func() bool { return goroutinesOf("consul-template") == 0 })
}

// watched returns a router that watches a catalog with runners that live
// shortly, and a function that says how many of its instances have a port.
func watched(t *testing.T, consul *catalog) (at func(port int) int) {
	t.Helper()
	server := httptest.NewServer(consul)
	t.Cleanup(server.Close)
	r := newTestRouter(t, server.Listener.Addr().String())
	r.lives = lives{longWait: 5 * time.Second, shortWait: time.Second, long: time.Hour, short: 2 * time.Second, partial: 300 * time.Millisecond, probe: 500 * time.Millisecond}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); r.watchConsul(ctx) }()
	t.Cleanup(func() { cancel(); <-ended; server.CloseClientConnections() })
	return func(port int) (count int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, e := range r.view.entries {
			if e.Port == port {
				count++
			}
		}
		return count
	}
}

func TestWatchConsul_LooksAnewWhileItSeesTooLittle(t *testing.T) {
	consul := &catalog{}
	consul.partial.Store(true)
	at := watched(t, consul)
	eventually(t, "looked more than once", func() bool { return consul.asked.Load() > 20 })
	if count := at(31000); count != 0 {
		t.Errorf("%d instances are taken from a partial view", count)
	}
	consul.partial.Store(false) // without a word to those who wait
	eventually(t, "seen", func() bool { return at(31000) == 5 })
}

func TestWatchConsul_SeesWhatItWasNeverToldOf(t *testing.T) {
	consul := &catalog{}
	at := watched(t, consul)
	eventually(t, "seen", func() bool { return at(31000) == 5 })
	consul.moved.Store(true)
	eventually(t, "seen where they are now", func() bool { return at(31001) == 5 })
}

func TestWatchConsul_KnowsByTheDigestWhatItWasNeverToldOf(t *testing.T) {
	consul := &catalog{}
	consul.digest.Store(true)
	at := watched(t, consul)
	eventually(t, "seen", func() bool { return at(31000) == 5 })
	asked, probed := consul.asked.Load(), consul.probed.Load()
	eventually(t, "probed", func() bool { return consul.probed.Load() > probed+5 })
	if now := consul.asked.Load(); now > asked+8 {
		t.Errorf("%d queries although nothing has changed", now-asked)
	}
	consul.moved.Store(true)
	eventually(t, "seen where they are now", func() bool { return at(31001) == 5 })
}

func TestWatchConsul_KeepsTheTokenOutOfTheLog(t *testing.T) {
	server := httptest.NewServer(&catalog{})
	defer server.Close()
	defer server.CloseClientConnections()
	var all, passed syncBuffer
	before := log.Writer()
	defer log.SetOutput(before)
	log.SetOutput(io.MultiWriter(&all, LogFilter(slog.New(slog.NewTextHandler(&passed, &slog.HandlerOptions{Level: slog.LevelDebug})))))
	r, err := New(Config{Dir: t.TempDir(), ConsulAddr: server.Listener.Addr().String(), ConsulToken: "a-token-of-consul",
		Log: slog.New(slog.NewTextHandler(&passed, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	r.lives.longWait = time.Second
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); r.watchConsul(ctx) }()
	eventually(t, "read", func() bool { count, _ := r.seen(); return count > 0 })
	cancel()
	<-ended
	if !strings.Contains(all.String(), "a-token-of-consul") {
		t.Error("consul-template does not write the token any more; this test shows nothing")
	}
	if strings.Contains(passed.String(), "a-token-of-consul") {
		t.Error("the token is in the log")
	}
}

// syncBuffer may be written to by several at once.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *syncBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(text)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// goroutinesOf counts the goroutines that are inside a library.
func goroutinesOf(library string) int {
	var b strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&b, 2); err != nil {
		return -1
	}
	count := 0
	for stack := range strings.SplitSeq(b.String(), "\n\n") {
		if strings.Contains(stack, library) {
			count++
		}
	}
	return count
}
