//go:build integration

package consul

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/consul/api"

	"seedbed"
)

// TestBridge_GoesOn holds what a bridge does when something is wrong, on one
// Consul.
func TestBridge_GoesOn(t *testing.T) {
	t.Parallel()
	a := startAgent(t, agentConfig(t))
	for name, test := range map[string]func(*testing.T, *Agent){
		"a change that Consul refuses holds up no other": refusedChange,
		"many starts and ends leave nothing behind":      manyPairs,
		"entries that somebody changes are mended":       mends,
		"a Consular is taken over":                       takesOver,
		"a dry run changes nothing":                      dryRun,
		"another cluster's bridge is not disturbed":      otherCluster,
	} {
		t.Run(name, func(t *testing.T) { test(t, a) })
	}
}

func startWith(t *testing.T, a *Agent, c Config) (*Bridge, *source) {
	t.Helper()
	s := newSource()
	c.Address, c.Token, c.Log = a.Address(), a.Token(), a.Log
	if c.Source == nil {
		c.Source = s
	}
	if c.Interval == 0 {
		c.Interval = time.Second
	}
	b, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return b, s
}

// refusedChange gives a workload a label that is too large for a transaction of
// Consul, and for its KV store.
func refusedChange(t *testing.T, a *Agent) {
	b, s := startWith(t, a, Config{ID: "refused"})
	bad := inst("bad.1", "/refused/bad", 31001)
	bad.Labels = map[string]string{strings.Repeat("k", 200<<10): "x"}
	s.set(nil, bad, inst("good.1", "/refused/good", 31002))
	running(t, b.Run)
	eventually(t, "the good one", has(t, a, "refused-good", map[string]string{"good.1": "passing"}))
	eventually(t, "the bad one without its label", has(t, a, "refused-bad", map[string]string{"bad.1": "passing"}))
	s.end("good.1")
	eventually(t, "the next change", has(t, a, "refused-good", map[string]string{}))
	mark := func() string {
		r := registry{client: a.client, owner: owner{"refused", "seedbed"}}
		held, err := r.read(t.Context())
		if err != nil {
			return err.Error()
		}
		e, _ := held.mark("refused")
		return cmp.Diff([]string{fmt.Sprint(held.count()), hex16(held.digest)}, []string{e.Meta[metaInstances], e.Meta[metaDigest]})
	}
	eventually(t, "the count is right", mark)
}

// manyPairs starts and ends instances as fast as it can.
func manyPairs(t *testing.T, a *Agent) {
	b, s := startWith(t, a, Config{ID: "pairs", Interval: time.Minute})
	s.set(nil, inst("stays", "/pairs/stays", 31000))
	running(t, b.Run)
	eventually(t, "the first", has(t, a, "pairs-stays", map[string]string{"stays": "passing"}))
	for n := range 300 {
		i := inst(fmt.Sprintf("p.%d", n), fmt.Sprintf("/pairs/p%d", n%7), 31001)
		s.mu.Lock()
		s.apps = append(s.apps, i.Workload)
		s.said = append(slices.Clone(s.said), i)
		s.mu.Unlock()
		s.changed <- seedbed.Hint{Workloads: []seedbed.WorkloadID{i.Workload}}
		time.Sleep(time.Duration(n%6) * time.Millisecond)
		if n%50 != 49 {
			s.end(i.ID)
		}
	}
	eventually(t, "equality", func() string {
		all := map[string]string{}
		for n := range 7 {
			for id, status := range statuses(t, a, fmt.Sprintf("pairs-p%d", n)) {
				if status == api.HealthPassing {
					all[id] = status
				}
			}
		}
		want := map[string]string{}
		for n := 49; n < 300; n += 50 {
			want[fmt.Sprintf("p.%d", n)] = "passing"
		}
		return cmp.Diff(want, all)
	})
}

func mends(t *testing.T, a *Agent) {
	b, s := startWith(t, a, Config{ID: "mends"})
	s.set(nil, inst("m.1", "/mends", 31001), inst("m.2", "/mends", 31002))
	running(t, b.Run)
	all := map[string]string{"m.1": "passing", "m.2": "passing"}
	eventually(t, "registered", has(t, a, "mends", all))
	if _, err := a.client.Catalog().Deregister(&api.CatalogDeregistration{Node: "marathon-10.0.0.1", ServiceID: "m.1"}, nil); err != nil {
		t.Fatal(err)
	}
	gone := change{ops: api.TxnOps{{Check: &api.CheckTxnOp{Verb: api.CheckDelete, Check: api.HealthCheck{Node: "marathon-10.0.0.1", CheckID: "seedbed:m.2"}}}}}
	if err := commit(t.Context(), a.client, nil, []change{gone}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "mended", func() string {
		entries, _, err := a.client.Health().Service("mends", "", false, nil)
		if err != nil {
			return err.Error()
		}
		for _, e := range entries {
			if len(e.Checks) != 1 {
				return "its check is not there"
			}
		}
		return cmp.Diff(all, statuses(t, a, "mends"))
	})
	if b.Report().Lag.Counts != nil {
		t.Error("it says that this was an event")
	}
}

// takesOver has registrations in the form of Consular's at the agent, one of
// them of a task that this bridge knows nothing of.
func takesOver(t *testing.T, a *Agent) {
	for id, app := range map[string]string{"old.1": "/old", "other.1": "/other"} {
		if err := a.client.Agent().ServiceRegister(&api.AgentServiceRegistration{
			ID: id, Name: serviceName(seedbed.WorkloadID(app)), Port: 31001, Address: "10.0.0.1",
			Tags: []string{"consular-reg-id=seed-stack", "consular-app-id=" + app},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.client.KV().Put(&api.KVPair{Key: "consular/old/domain", Value: []byte(`"a.localhost"`)}, nil); err != nil {
		t.Fatal(err)
	}
	b, s := startWith(t, a, Config{ID: "heir", TakeOver: "seed-stack"})
	s.set(nil, inst("old.1", "/old", 31001))
	running(t, b.Run)
	eventually(t, "taken over", func() string {
		services, err := a.client.Agent().Services()
		if err != nil || services["old.1"] != nil || services["other.1"] == nil {
			return fmt.Sprint(services, err)
		}
		entries, _, err := a.client.Health().Service("old", "", true, nil)
		if err != nil || len(entries) != 1 || entries[0].Node.Node != "marathon-10.0.0.1" {
			return fmt.Sprint(entries, err)
		}
		pair, _, err := a.client.KV().Get("consular/old/domain", nil)
		if err != nil || pair == nil || pair.Flags != b.registry.flags() {
			return fmt.Sprint(pair, err)
		}
		return ""
	})
}

func dryRun(t *testing.T, a *Agent) {
	b, s := startWith(t, a, Config{ID: "dry"})
	s.set(nil, inst("d.1", "/dry", 31001))
	lines, err := b.Difference(t.Context())
	if err != nil || !slices.Contains(lines, "register d.1 of dry as passing") {
		t.Errorf("it says %v, %v", lines, err)
	}
	if got := statuses(t, a, "dry"); len(got) > 0 {
		t.Errorf("it wrote %v", got)
	}
	stop := running(t, b.Run)
	eventually(t, "registered", has(t, a, "dry", map[string]string{"d.1": "passing"}))
	stop()
	s.set(nil)
	if lines, err = b.Difference(t.Context()); err != nil || !slices.Contains(lines, "remove d.1 of dry") {
		t.Errorf("after an end it says %v, %v", lines, err)
	}
}

func otherCluster(t *testing.T, a *Agent) {
	first, one := startWith(t, a, Config{ID: "shared", Cluster: "north"})
	one.set(nil, inst("n.1", "/north", 31001))
	stop := running(t, first.Run)
	eventually(t, "registered", has(t, a, "north", map[string]string{"n.1": "passing"}))
	stop()
	second, two := startWith(t, a, Config{ID: "shared", Cluster: "south"})
	two.set(nil)
	running(t, second.Run)
	two.rounds(t, 3)
	if got := statuses(t, a, "north"); len(got) != 1 || !strings.Contains(second.Report().Trouble, `bridge of another cluster, "north"`) || second.Ready() == nil {
		t.Errorf("there are %v, and it says %q", got, second.Report().Trouble)
	}
}

func TestBridge_KeepsAllThroughWrongAnswers(t *testing.T) {
	t.Parallel()
	a := startAgent(t, agentConfig(t))
	b, s := startWith(t, a, Config{})
	s.said = fleet(1000)
	running(t, b.Run)
	eventually(t, "all are there", func() string { return cmp.Diff(1000, b.Report().Instances) })
	for name, lie := range map[string]func(map[seedbed.WorkloadID][]seedbed.Instance) (map[seedbed.WorkloadID][]seedbed.Instance, error){
		"nothing": func(map[seedbed.WorkloadID][]seedbed.Instance) (map[seedbed.WorkloadID][]seedbed.Instance, error) {
			return nil, nil
		},
		"half": func(all map[seedbed.WorkloadID][]seedbed.Instance) (map[seedbed.WorkloadID][]seedbed.Instance, error) {
			for _, i := range fleet(500) {
				delete(all, i.Workload)
			}
			return all, nil
		},
	} {
		s.mu.Lock()
		s.lie = lie
		s.mu.Unlock()
		s.rounds(t, 2)
		rest(t.Context(), absentFor+500*time.Millisecond)
		s.rounds(t, 2)
		r := b.Report()
		if r.HeldCount < 500 || b.Alarm() == nil || len(r.Held) != seedbed.MaxHeld {
			t.Errorf("%s: %d are held back, and the alarm is %v", name, r.HeldCount, b.Alarm())
		}
		passing, _, err := a.client.Health().State(api.HealthPassing, nil)
		if err != nil || len(passing) < 1001 {
			t.Errorf("%s: %d are passing, %v", name, len(passing), err)
		}
		s.mu.Lock()
		s.lie = nil
		s.mu.Unlock()
		s.rounds(t, 2)
	}
	eventually(t, "the alarm ends", func() string {
		if err := b.Alarm(); err != nil {
			return err.Error()
		}
		return ""
	})
}
