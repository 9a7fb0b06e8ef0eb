//go:build integration

package nginxconf_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"seedbed/consul"
	"seedbed/nginxconf"
)

// writer writes entries to Consul as the bridge does, but nothing else, so that
// only the router is measured.
type writer struct {
	t     testing.TB
	agent *consul.Agent
	ports map[int]int // of each site, by its number
}

func (w *writer) entry(site int) map[string]any {
	node, id := fmt.Sprintf("marathon-10.0.0.%d", site%10), fmt.Sprintf("s%d.1", site)
	return service(node, id, fmt.Sprintf("s%d", site), w.ports[site], map[string]string{
		"seedbed-bridge": "seedbed", "seedbed-app": fmt.Sprintf("/sites/s%d", site), "seedbed-task": id, "seedbed-port": "0",
		"seedbed-health": "passing", "seedbed-hash": fmt.Sprintf("%016x", w.hash(site)), "domain": fmt.Sprintf("s%d.localhost s%d.example.org", site, site),
	})
}

func (w *writer) hash(site int) uint64 {
	h := fnv.New64()
	fmt.Fprint(h, site, w.ports[site])
	return h.Sum64()
}

func (w *writer) mark() map[string]any {
	sum := uint64(0)
	for site := range w.ports {
		sum += w.hash(site)
	}
	return service("seedbed-bridge-seedbed", "seedbed-bridge-seedbed", "seedbed-bridge", 0, map[string]string{
		"seedbed-bridge": "seedbed", "seedbed-instances": strconv.Itoa(len(w.ports)), "seedbed-digest": fmt.Sprintf("%016x", sum),
	})
}

func service(node, id, name string, port int, meta map[string]string) map[string]any {
	return map[string]any{"Service": map[string]any{"Verb": "set", "Node": node, "Service": map[string]any{
		"ID": id, "Service": name, "Address": "127.0.0.1", "Port": port, "Meta": meta,
	}}}
}

func node(name string) map[string]any {
	return map[string]any{"Node": map[string]any{"Verb": "set", "Node": map[string]any{
		"Node": name, "Address": "127.0.0.1", "Meta": map[string]string{"external-node": "true", "external-probe": "false"},
	}}}
}

// fill writes so many sites on ten nodes.
func (w *writer) fill(sites, port int) {
	ops := []map[string]any{node("seedbed-bridge-seedbed")}
	for n := range 10 {
		ops = append(ops, node(fmt.Sprintf("marathon-10.0.0.%d", n)))
	}
	for site := range sites {
		w.ports[site] = port
		ops = append(ops, w.entry(site))
	}
	for part := range slices.Chunk(append(ops, w.mark()), 63) {
		w.write(part...)
	}
}

// move gives a site another port, and the mark with it.
func (w *writer) move(site, port int) {
	w.ports[site] = port
	w.write(w.entry(site), w.mark())
}

func (w *writer) write(ops ...map[string]any) {
	w.t.Helper()
	body, err := json.Marshal(ops)
	if err != nil {
		w.t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPut, "http://"+w.agent.Address()+"/v1/txn", bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("X-Consul-Token", w.agent.Token().Reveal())
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		w.t.Fatalf("Consul answers %d: %.300s", answer.StatusCode, text)
	}
}

// BenchmarkChange tells how long it takes from a change in Consul until nginx
// serves it, with so many sites on ten nodes, what of this is the writing itself,
// and how much memory this process uses.
func BenchmarkChange(b *testing.B) {
	for _, sites := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprintf("%d sites", sites), func(b *testing.B) { benchmarkChange(b, sites) })
	}
}

func benchmarkChange(b *testing.B, sites int) {
	w := &writer{b, startConsul(b), map[int]int{}}
	_, first := backend(b, "the first")
	_, second := backend(b, "the second")
	w.fill(sites, first)
	at := startAlone(b, w).Listen
	waitFor(b, at, "s0.localhost", "the first")
	var all []time.Duration
	words, ports := []string{"the second", "the first"}, []int{second, first}
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		time.Sleep(1200 * time.Millisecond) // until a change is again the first
		b.StartTimer()
		begun := time.Now()
		w.move(7, ports[i%2])
		waitFor(b, at, "s7.localhost", words[i%2])
		all = append(all, time.Since(begun))
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Milliseconds()), "ms-p50")
	b.ReportMetric(float64(all[len(all)*99/100].Milliseconds()), "ms-p99")
	b.ReportMetric(float64(residentMB(b)), "MB-process")
	b.ReportMetric(0, "ns/op")
}

// startAlone starts a router that reads what w writes.
func startAlone(t testing.TB, w *writer) *nginxconf.Router {
	router, err := nginxconf.New(nginxconf.Config{
		Dir: routerDir(t, 0o711), ConsulAddr: w.agent.Address(), ConsulToken: w.agent.RouterToken(),
		Listen: "127.0.0.1:" + strconv.Itoa(freePort(t)), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := router.Stop(context.Background()); err != nil {
			t.Log(err)
		}
	})
	if err := router.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running(t, router.Run))
	return router
}

// waitFor asks a host until it answers with words.
func waitFor(t testing.TB, at, host, words string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		request, err := http.NewRequest(http.MethodGet, "http://"+at+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		answer, err := client.Do(request)
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if string(text) == words {
			return
		}
	}
	t.Fatalf("%s does not answer %q", host, words)
}

func residentMB(t testing.TB) int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb >> 10
}

func TestRouter_GathersManyChanges(t *testing.T) {
	w := &writer{t, startConsul(t), map[int]int{}}
	_, first := backend(t, "the first")
	_, second := backend(t, "the second")
	w.fill(200, first)
	router := startAlone(t, w)
	waitFor(t, router.Listen, "s0.localhost", "the first")
	eventually(t, "at rest", func() string {
		if router.Report().Instances != 200 {
			return "not all are served"
		}
		return ""
	})
	time.Sleep(2 * time.Second) // the first change is one after a rest
	before := router.Report().Applies
	ticks := time.NewTicker(20 * time.Millisecond)
	defer ticks.Stop()
	for site := range 100 {
		w.move(site, second)
		<-ticks.C
	}
	waitFor(t, router.Listen, "s99.localhost", "the second")
	eventually(t, "all are served", func() string {
		for site := range 100 {
			waitFor(t, router.Listen, fmt.Sprintf("s%d.localhost", site), "the second")
		}
		return ""
	})
	took := router.Report().Applies - before
	if t.Logf("%d reloads for 100 changes in 2 seconds", took); took > 3 {
		t.Errorf("%d reloads", took)
	}
}
