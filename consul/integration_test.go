//go:build integration

package consul

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/consul/api"

	"seedbed"
	"seedbed/daemon"
)

const testPatience = 40 * time.Second

// eventually waits until check returns "", which it repeats.
func eventually(t testing.TB, what string, check func() string) {
	t.Helper()
	why := ""
	err := daemon.Poll(t.Context(), testPatience, func(context.Context) error {
		if why = check(); why != "" {
			return errors.New(why)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// given holds the ports that freePort has returned.
var given sync.Map

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

// running runs a part until the returned function is called, or the test ends.
func running(t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(testPatience):
			t.Error("Run does not return")
		}
	})
	t.Cleanup(stop)
	return stop
}

// source is a Source whose answers a test sets.
type source struct {
	mu      sync.Mutex
	said    []seedbed.Instance
	apps    []seedbed.WorkloadID // besides those of the instances
	err     error
	asked   int // for all
	one     int // for one
	changed chan seedbed.Hint
	others  []chan seedbed.Hint
	// lie makes another answer of the right one, while it is not nil.
	lie func(map[seedbed.WorkloadID][]seedbed.Instance) (map[seedbed.WorkloadID][]seedbed.Instance, error)
}

func newSource() *source { return &source{changed: make(chan seedbed.Hint, 10_000)} }

func (s *source) all() map[seedbed.WorkloadID][]seedbed.Instance {
	all := map[seedbed.WorkloadID][]seedbed.Instance{}
	for _, id := range s.apps {
		all[id] = nil
	}
	for _, i := range s.said {
		all[i.Workload] = append(all[i.Workload], i)
	}
	return all
}

func (s *source) Running(context.Context) (map[seedbed.WorkloadID][]seedbed.Instance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.lie != nil {
		return s.lie(s.all())
	}
	return s.all(), s.err
}

func (s *source) RunningOf(_ context.Context, id seedbed.WorkloadID) ([]seedbed.Instance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.one++
	if s.lie != nil {
		return nil, errors.New("it is not to be asked now")
	}
	instances, there := []seedbed.Instance(nil), slices.Contains(s.apps, id)
	for _, i := range s.said {
		if i.Workload == id {
			instances, there = append(instances, i), true
		}
	}
	if !there && s.err == nil {
		return nil, seedbed.Missing("There is no such app.")
	}
	return instances, s.err
}

// heard is the same source for one of several bridges, each of which hears all
// hints.
type heard struct {
	*source
	changed chan seedbed.Hint
}

func (s *source) heardBy() heard {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := heard{s, make(chan seedbed.Hint, 100)}
	s.others = append(s.others, h.changed)
	return h
}

func (h heard) Follow(ctx context.Context, told func(seedbed.Hint)) {
	told(seedbed.Hint{Missed: true, All: true})
	for {
		select {
		case <-ctx.Done():
			return
		case hint := <-h.changed:
			told(hint)
		}
	}
}

// tell tells all who hear. Who does not listen misses it.
func (s *source) tell(h seedbed.Hint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, to := range s.others {
		select {
		case to <- h:
		default:
		}
	}
}

func (s *source) Follow(ctx context.Context, told func(seedbed.Hint)) {
	told(seedbed.Hint{Missed: true, All: true})
	for {
		select {
		case <-ctx.Done():
			return
		case h := <-s.changed:
			told(h)
		}
	}
}

func (s *source) set(err error, said ...seedbed.Instance) {
	s.mu.Lock()
	s.err, s.said = err, said
	s.mu.Unlock()
	s.poke()
}

// end takes away an instance and tells so.
func (s *source) end(id string) {
	s.mu.Lock()
	var h seedbed.Hint
	s.said = slices.DeleteFunc(slices.Clone(s.said), func(i seedbed.Instance) bool {
		if i.ID == id {
			h = seedbed.Hint{Workloads: []seedbed.WorkloadID{i.Workload}, Ended: []string{id}}
		}
		return i.ID == id
	})
	s.mu.Unlock()
	s.changed <- h
}

func (s *source) poke() { s.changed <- seedbed.Hint{Missed: true, All: true} }

// rounds waits until the source has been asked a few more times.
func (s *source) rounds(t *testing.T, count int) {
	t.Helper()
	s.mu.Lock()
	end := s.asked + count
	s.mu.Unlock()
	eventually(t, "rounds", func() string {
		s.poke()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.asked < end {
			return "not asked"
		}
		return ""
	})
}

func startBridge(t *testing.T, a *Agent, id string) *source {
	t.Helper()
	return startBridgeAt(t, a, a.Address(), id)
}

func startBridgeAt(t *testing.T, a *Agent, address, id string) *source {
	t.Helper()
	s := newSource()
	b, err := New(Config{Address: address, Token: a.Token(), Source: s, ID: id, Interval: time.Second, Log: a.Log})
	if err != nil {
		t.Fatal(err)
	}
	running(t, b.Run)
	return s
}

// statuses returns the status of each instance in Consul, as its readers see it.
func statuses(t *testing.T, a *Agent, service string) map[string]string {
	t.Helper()
	entries, _, err := a.client.Health().Service(service, "", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, e := range entries {
		found[e.Service.ID] = e.Checks.AggregatedStatus()
	}
	return found
}

func has(t *testing.T, a *Agent, service string, want map[string]string) func() string {
	return func() string { return cmp.Diff(want, statuses(t, a, service)) }
}

// counted returns an address that leads to Consul, and how many requests to read
// and others came by there.
func counted(t testing.TB, a *Agent) (address string, reads, writes *atomic.Int64) {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: a.Address()})
	reads, writes = &atomic.Int64{}, &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/v1/session/renew/"): // Consul writes nothing down for this
		case r.Method != http.MethodGet:
			writes.Add(1)
		default:
			reads.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), reads, writes
}

func TestBridge_WritesToConsulAndThenNothing(t *testing.T) {
	a := startAgent(t, agentConfig(t))
	address, _, writes := counted(t, a)
	s := startBridgeAt(t, a, address, "")
	sick := inst("wiki.2", "/sites/wiki", 31002)
	sick.Healthy = false
	s.set(nil, inst("wiki.1", "/sites/wiki", 31001), sick)
	eventually(t, "registered", has(t, a, "sites-wiki", map[string]string{"wiki.1": "passing", "wiki.2": "critical"}))
	s.rounds(t, 2)
	before := writes.Load()
	s.rounds(t, 5)
	if after := writes.Load(); after != before || before == 0 {
		t.Errorf("there were %d writes and then %d", before, after)
	}
	s.end("wiki.1")
	s.set(nil, inst("wiki.2", "/sites/wiki", 31002))
	eventually(t, "changed", has(t, a, "sites-wiki", map[string]string{"wiki.2": "passing"}))
}

func TestBridge_KeepsServicesWhenTheEngineFails(t *testing.T) {
	t.Parallel()
	a := startAgent(t, agentConfig(t))
	s := startBridge(t, a, "")
	want := map[string]string{"wiki.1": "passing"}
	s.set(nil, inst("wiki.1", "/sites/wiki", 31001))
	eventually(t, "registered", has(t, a, "sites-wiki", want))
	s.set(errors.New("503 from the engine"))
	s.rounds(t, 3)
	s.set(nil) // an empty answer
	s.rounds(t, 1)
	s.set(errors.New("503 again"))
	s.rounds(t, 1)
	if diff := cmp.Diff(want, statuses(t, a, "sites-wiki")); diff != "" {
		t.Error(diff)
	}
	s.set(nil)
	begun := time.Now()
	eventually(t, "removed", has(t, a, "sites-wiki", map[string]string{}))
	if took := time.Since(begun); took < absentFor {
		t.Errorf("an empty answer was believed after %v", took)
	}
}

func TestBridge_FillsConsulAnew(t *testing.T) {
	t.Parallel()
	a := startAgent(t, agentConfig(t))
	s := startBridge(t, a, "")
	want := map[string]string{"wiki.1": "passing"}
	s.set(nil, inst("wiki.1", "/sites/wiki", 31001))
	eventually(t, "registered", has(t, a, "sites-wiki", want))
	if err := a.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(a.dataDir()); err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "registered again", has(t, a, "sites-wiki", want))
	eventually(t, "labels are there again", func() string {
		pair, _, err := a.client.KV().Get("consular/sites-wiki/domain", nil)
		if err != nil || pair == nil || string(pair.Value) != `"a.localhost"` {
			return fmt.Sprint(pair, err)
		}
		return ""
	})
}

func TestBridge_SharesConsulWithOthers(t *testing.T) {
	t.Parallel()
	a := startAgent(t, agentConfig(t))
	_, err := a.client.Catalog().Register(&api.CatalogRegistration{
		Node: "somewhere", Address: "10.9.9.9", NodeMeta: nodeMeta(""),
		Service: &api.AgentService{ID: "foreign", Service: "sites-wiki", Port: 1},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	one, two := startBridge(t, a, "one"), startBridge(t, a, "two")
	one.set(nil, inst("one.1", "/sites/wiki", 31001), inst("one.x", "/x", 31003))
	two.set(nil, inst("two.1", "/sites/wiki", 31002), inst("two.x", "/x", 31004))
	all := map[string]string{"foreign": "passing", "one.1": "passing", "two.1": "passing"}
	eventually(t, "registered", has(t, a, "sites-wiki", all))
	one.end("one.1")
	delete(all, "one.1")
	eventually(t, "removed", has(t, a, "sites-wiki", all))
	two.rounds(t, 2)
	if diff := cmp.Diff(all, statuses(t, a, "sites-wiki")); diff != "" {
		t.Error(diff)
	}
}

func TestBridge_WritesManyInFewTransactions(t *testing.T) {
	a := startAgent(t, agentConfig(t))
	address, _, writes := counted(t, a)
	s := startBridgeAt(t, a, address, "")
	var many []seedbed.Instance
	for n := range 1000 {
		i := inst(fmt.Sprintf("app%d.1", n), fmt.Sprintf("/apps/app%d", n), 31001)
		i.Host = fmt.Sprintf("10.0.0.%d", n%10)
		many = append(many, i)
	}
	s.set(nil, many...)
	eventually(t, "all registered", func() string {
		services, _, err := a.client.Catalog().Services(nil)
		if err != nil || len(services) < len(many) {
			return fmt.Sprint(len(services), err)
		}
		return ""
	})
	// An instance takes two operations and two labels one each, 63 in a transaction.
	if count := writes.Load(); count > 4*1000/60+5 {
		t.Errorf("it took %d requests", count)
	}
}
