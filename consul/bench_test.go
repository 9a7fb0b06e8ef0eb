//go:build integration

package consul

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"seedbed"
)

// The bridge against a real Consul: 100, 1,000 and 5,000 instances, each of a
// workload of its own with one label, over ten machines. FirstSync fills an empty
// Consul, by transaction and, for comparison, with a call to an agent for each
// instance; IdleSync finds nothing to do; Event is from a change at the engine
// until Consul's readers see it.
func BenchmarkBridge(b *testing.B) {
	for _, n := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprintf("FirstSync_%d", n), func(b *testing.B) { benchFirstSync(b, n) })
		b.Run(fmt.Sprintf("AgentCalls_%d", n), func(b *testing.B) { benchAgentCalls(b, n) })
		b.Run(fmt.Sprintf("IdleSync_%d", n), func(b *testing.B) { benchIdleSync(b, n) })
		b.Run(fmt.Sprintf("Event_%d", n), func(b *testing.B) { benchEvent(b, n) })
	}
}

func fleet(n int) (all []seedbed.Instance) {
	for i := range n {
		all = append(all, seedbed.Instance{
			ID: fmt.Sprintf("sites_app%d.1", i), Workload: seedbed.WorkloadID(fmt.Sprintf("/sites/app%d", i)), Host: fmt.Sprintf("10.0.0.%d", i%10+1),
			Ports: []int{31000 + i/10}, Healthy: true, Labels: map[string]string{"domain": fmt.Sprintf("app%d.example.org", i)},
		})
	}
	return all
}

// bridgeOf returns a bridge that is about to act on an empty Consul.
func bridgeOf(b *testing.B, a *Agent, address string, s *source) *Bridge {
	b.Helper()
	bridge, err := New(Config{Address: address, Token: a.Token(), Source: s, Interval: time.Hour, Log: quiet()})
	if err != nil {
		b.Fatal(err)
	}
	if err := bridge.lock.take(b.Context(), waits); err != nil {
		b.Fatal(err)
	}
	running(b, bridge.lock.keep)
	b.Cleanup(bridge.lock.release)
	return bridge
}

func benchAgent(b *testing.B) *Agent {
	b.Helper()
	c := agentConfig(b)
	c.Log = quiet()
	return startAgent(b, c)
}

func (b *Bridge) once(t testing.TB) {
	t.Helper()
	if a := b.audit(t.Context()); a.err != nil {
		t.Fatal(a.err)
	} else if err := b.conclude(t.Context(), a); err != nil {
		t.Fatal(err)
	}
}

// spent is the processor time that a process has used.
func spent(t testing.TB, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// timed measures what is spent on both sides while a part of a benchmark runs.
func timed(b *testing.B, a *Agent, reads, writes *atomic.Int64, run func()) {
	b.Helper()
	before, ours := spent(b, a.pid()), spent(b, os.Getpid())
	r, w := reads.Load(), writes.Load()
	b.ResetTimer()
	run()
	b.StopTimer()
	b.ReportMetric(float64(reads.Load()-r)/float64(b.N), "reads/op")
	b.ReportMetric(float64(writes.Load()-w)/float64(b.N), "writes/op")
	b.ReportMetric((spent(b, a.pid())-before).Seconds()*1000/float64(b.N), "consul-cpu-ms/op")
	b.ReportMetric((spent(b, os.Getpid())-ours).Seconds()*1000/float64(b.N), "own-cpu-ms/op")
}

func benchFirstSync(b *testing.B, n int) {
	for range b.N {
		b.StopTimer()
		a := benchAgent(b)
		address, reads, writes := counted(b, a)
		s := newSource()
		s.said = fleet(n)
		bridge := bridgeOf(b, a, address, s)
		before, ours, w, r := spent(b, a.pid()), spent(b, os.Getpid()), writes.Load(), reads.Load()
		b.StartTimer()
		bridge.once(b)
		b.StopTimer()
		b.ReportMetric(float64(writes.Load()-w+reads.Load()-r), "requests/op")
		b.ReportMetric((spent(b, a.pid())-before).Seconds()*1000, "consul-cpu-ms/op")
		b.ReportMetric((spent(b, os.Getpid())-ours).Seconds()*1000, "own-cpu-ms/op")
		if bridge.have.count() != n {
			b.Fatalf("%d of %d", bridge.have.count(), n)
		}
		bridge.lock.release()
		if err := a.Stop(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func benchAgentCalls(b *testing.B, n int) {
	if n > 1000 {
		b.Skip("it grows with the square: 12 s and more")
	}
	for range b.N {
		b.StopTimer()
		a := benchAgent(b)
		b.StartTimer()
		for _, i := range fleet(n) {
			r := &api.AgentServiceRegistration{ID: i.ID, Name: serviceName(i.Workload), Address: i.Host, Port: i.Ports[0], Meta: i.Labels,
				Check: &api.AgentServiceCheck{TTL: "1h", Status: api.HealthPassing}}
			if err := a.client.Agent().ServiceRegister(r); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		if err := a.Stop(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n), "requests/op")
}

func benchIdleSync(b *testing.B, n int) {
	a := benchAgent(b)
	address, reads, writes := counted(b, a)
	s := newSource()
	s.said = fleet(n)
	bridge := bridgeOf(b, a, address, s)
	bridge.once(b)
	timed(b, a, reads, writes, func() {
		for range b.N {
			bridge.once(b)
		}
	})
}

// benchEvent takes an instance out of rotation and back in, again and again,
// while the bridge runs as it usually does.
func benchEvent(b *testing.B, n int) {
	a := benchAgent(b)
	s := newSource()
	s.said = fleet(n)
	bridge, err := New(Config{Address: a.Address(), Token: a.Token(), Source: s, Log: quiet()})
	if err != nil {
		b.Fatal(err)
	}
	running(b, bridge.Run)
	eventually(b, "all are there", func() string {
		if got := bridge.Report().Instances; got != n {
			return fmt.Sprint(got)
		}
		return ""
	})
	var took []time.Duration
	for b.Loop() {
		for round := range 40 {
			took = append(took, flip(b, a, s, round))
		}
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
}

// flip changes the health of an instance and returns how long it takes until a
// reader who waits for that sees it.
func flip(b *testing.B, a *Agent, s *source, round int) time.Duration {
	b.Helper()
	s.mu.Lock()
	i := &s.said[round*97%len(s.said)]
	i.Healthy = !i.Healthy
	want, id, app := i.Healthy, i.ID, i.Workload
	s.mu.Unlock()
	_, meta, err := a.client.Health().Service(serviceName(app), "", false, nil)
	if err != nil {
		b.Fatal(err)
	}
	begun := time.Now()
	s.changed <- seedbed.Hint{Workloads: []seedbed.WorkloadID{app}}
	for index := meta.LastIndex; time.Since(begun) < testPatience; {
		entries, meta, err := a.client.Health().Service(serviceName(app), "", false, &api.QueryOptions{WaitIndex: index, WaitTime: testPatience})
		if err != nil || len(entries) != 1 || entries[0].Service.ID != id {
			b.Fatal(entries, err)
		}
		if (entries[0].Checks.AggregatedStatus() == api.HealthPassing) == want {
			return time.Since(begun)
		}
		index = meta.LastIndex
	}
	b.Fatal("Consul does not hear of it")
	return 0
}
