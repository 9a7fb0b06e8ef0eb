package onebox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// unrun returns an engine that starts nothing and takes no turns by itself, with
// n apps that each have a healthy task.
func unrun(b *testing.B, n int) *Engine {
	b.Helper()
	e, err := New(Config{Dir: b.TempDir(), Installation: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := e.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := e.records.change(e.hub, func(t *txn) error { return manyApps(t, n) }); err != nil {
		b.Fatal(err)
	}
	e.sights.set(sight{containers: allRunning(e)})
	return e
}

func allRunning(e *Engine) map[string]container {
	seen := map[string]container{}
	for _, list := range e.records.snapshot().byApp {
		for _, i := range list {
			seen[i.TaskID()] = container{ID: i.TaskID(), TaskID: i.TaskID(), App: i.App, Running: true, IP: i.IP}
		}
	}
	return seen
}

func get(b *testing.B, e *Engine, path string) []byte {
	b.Helper()
	w := httptest.NewRecorder()
	if e.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1"+path, nil)); w.Code != http.StatusOK {
		b.Fatalf("%s: %d", path, w.Code)
	}
	return w.Body.Bytes()
}

// BenchmarkListApps_1000 reads what the bridge and the portal read all the time,
// and tells how many times as long as decoding the answer that takes.
func BenchmarkListApps_1000(b *testing.B) {
	e := unrun(b, 1000)
	var listing, decoding time.Duration
	for b.Loop() {
		start := time.Now()
		body := get(b, e, "/v2/apps?embed=apps.tasks")
		middle := time.Now()
		var answer any
		if err := json.Unmarshal(body, &answer); err != nil {
			b.Fatal(err)
		}
		listing, decoding = listing+middle.Sub(start), decoding+time.Since(middle)
	}
	b.ReportMetric(float64(listing)/float64(decoding), "times-decoding")
}

// BenchmarkTurn_1000 takes a turn in which nothing is to be done, and tells how
// many times as long as listing the apps that takes.
func BenchmarkTurn_1000(b *testing.B) {
	e := unrun(b, 1000)
	ctx, cancel := context.WithCancel(b.Context())
	cancel() // no health check is to begin
	var turning, listing time.Duration
	for b.Loop() {
		start := time.Now()
		e.turn(ctx)
		middle := time.Now()
		get(b, e, "/v2/apps?embed=apps.tasks")
		turning, listing = turning+middle.Sub(start), listing+time.Since(middle)
	}
	e.workers.Wait()
	b.ReportMetric(float64(turning)/float64(listing), "times-listing")
}

// BenchmarkMemory tells what an engine with 0, 100 and 1,000 apps keeps in
// memory, and how many times as much as their definitions' text that is.
func BenchmarkMemory(b *testing.B) {
	for _, n := range []int{0, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				e := unrun(b, n)
				used := heap() - before
				b.ReportMetric(float64(used)/(1<<20), "MB")
				if n > 0 {
					b.ReportMetric(float64(used)/float64(n*len(guide)), "times-text")
				}
				goruntime.KeepAlive(e)
			}
		})
	}
}

func heap() int64 {
	goruntime.GC()
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkEvents_50Listeners tells an event to 50 streams, and how many times as
// long as to one that takes.
func BenchmarkEvents_50Listeners(b *testing.B) {
	const events = 200
	var one, many time.Duration
	for b.Loop() {
		one += fanOut(b, 1, events)
		many += fanOut(b, 50, events)
	}
	b.ReportMetric(float64(many)/float64(one), "times-one")
	b.ReportMetric(float64(events)*float64(b.N)/many.Seconds(), "events/s")
}

// fanOut returns how long it takes until all listeners have read all events, as
// they are sent.
func fanOut(b *testing.B, listeners, events int) time.Duration {
	b.Helper()
	h := newHub(time.Now)
	done := make(chan error, listeners)
	for range listeners {
		l := h.listen("127.0.0.1", []string{"status_update_event"})
		go func() { done <- readAll(l, events) }()
	}
	start := time.Now()
	for n := range events {
		h.publish(event{"status_update_event", map[string]any{"appId": "/sites/guide", "taskId": fmt.Sprint(n), "taskStatus": "TASK_RUNNING"}})
	}
	for range listeners {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}

// readAll writes events out until that many of them were told, besides the
// listener's own attachment.
func readAll(l *listener, events int) error {
	for n := 0; n < events+1; n++ {
		e, open := <-l.queue
		if !open {
			return fmt.Errorf("cut off after %d events", n)
		}
		if _, err := e.frame(); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkAnswers_While20Deploy asks for the apps while 20 deployments of ten
// instances run, and tells the median and the worst of a hundred answers and how
// many times as long as in peace the median takes.
func BenchmarkAnswers_While20Deploy(b *testing.B) {
	f := newFixture(b, func(c *Config) { c.Docker = nil })
	for round := 0; b.Loop(); round++ {
		peace := answers(f)
		for n := range 20 {
			id := fmt.Sprintf("/busy/app%d-%d", round, n)
			body := strings.Replace(strings.Replace(guide, "/sites/guide", id, 1), `"mem":32`, `"mem":32,"instances":10`, 1)
			f.expect(201, "PUT", "/v2/apps"+id, body)
		}
		busy := answers(f)
		b.ReportMetric(float64(busy[50].Microseconds())/1000, "ms-median")
		b.ReportMetric(float64(busy[99].Microseconds())/1000, "ms-worst")
		b.ReportMetric(float64(busy[50])/float64(peace[50]), "times-peace")
		for n := range 20 {
			f.expect(200, "DELETE", fmt.Sprintf("/v2/apps/busy/app%d-%d", round, n), "")
		}
	}
}

// answers returns how long a hundred answers took, the shortest first.
func answers(f *fixture) []time.Duration {
	var took []time.Duration
	for range 100 {
		start := time.Now()
		f.raw("GET", "/v2/apps/busy/*?embed=apps.tasks", "")
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took
}

func manyApps(t *txn, n int) error {
	for k := range n {
		a, err := decodeApp([]byte(guide), "/sites/guide")
		if err != nil {
			return err
		}
		a.ID = fmt.Sprintf("/sites/guide-%d", k)
		t.putApp(&appRecord{App: a})
		i := newInstance(newUUID(), a, testTime).provision(a, []int{31000 + k}, testTime).started("172.18.0.2", testTime)
		i.Health[0] = healthResult{Alive: true, FirstSuccess: testTime, LastSuccess: testTime}
		t.putInstance(i)
	}
	return nil
}
