package onebox

import (
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// counts are what the engine counts from its start on.
type counts struct {
	launched, failed, killed, deployments atomic.Int64
}

// gauge is one number of the engine, under the name that Marathon has for it.
type gauge struct {
	name    string
	counter bool
	value   float64
}

// gaugesNow returns the engine's numbers of this moment.
func (e *Engine) gaugesNow() []gauge {
	g := e.gallery()
	var staged, running, healthy, unhealthy int
	waiting := 0
	for _, r := range g.apps {
		s, n, h, u := g.counts(g.byApp[r.App.ID])
		staged, running, healthy, unhealthy = staged+s, running+n, healthy+h, unhealthy+u
		if e.queueItem(r, g.byApp[r.App.ID]).Count > 0 {
			waiting++
		}
	}
	return []gauge{
		{"marathon.apps.active.gauge", false, float64(len(g.apps))},
		{"marathon.deployments.active.gauge", false, float64(len(g.deployments))},
		{"marathon.deployments.counter", true, float64(e.counts.deployments.Load())},
		{"marathon.http.event-streams.active.gauge", false, float64(e.hub.listening())},
		{"marathon.http.requests.active.gauge", false, float64(len(e.requests))},
		{"marathon.instances.running.gauge", false, float64(running)},
		{"marathon.instances.staged.gauge", false, float64(staged)},
		{"marathon.instances.healthy.gauge", false, float64(healthy)},
		{"marathon.instances.unhealthy.gauge", false, float64(unhealthy)},
		{"marathon.launch-queue.apps.gauge", false, float64(waiting)},
		{"marathon.tasks.launched.counter", true, float64(e.counts.launched.Load())},
		{"marathon.tasks.failed.counter", true, float64(e.counts.failed.Load())},
		{"marathon.tasks.killed.counter", true, float64(e.counts.killed.Load())},
		{"marathon.uptime.gauge.seconds", false, e.now().Sub(e.began).Seconds()},
	}
}

// showMetrics handles GET /metrics, in the form of Dropwizard's library.
func (e *Engine) showMetrics(w http.ResponseWriter, _ *http.Request) error {
	gauges, counters := map[string]any{}, map[string]any{}
	for _, g := range e.gaugesNow() {
		if g.counter {
			counters[g.name] = map[string]float64{"count": g.value}
		} else {
			gauges[g.name] = map[string]float64{"value": g.value}
		}
	}
	empty := map[string]any{}
	return answer(w, http.StatusOK, map[string]any{
		"version": "4.0.0", "start": stamp(e.began), "end": stamp(e.now()),
		"gauges": gauges, "counters": counters, "histograms": empty, "meters": empty, "timers": empty,
	})
}

// showPrometheus handles GET /metrics/prometheus.
func (e *Engine) showPrometheus(w http.ResponseWriter, r *http.Request) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collected(e.gaugesNow()))
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	return nil
}

// collected hands numbers that were taken already to Prometheus' library.
type collected []gauge

// Describe says nothing beforehand, which the library takes as "unchecked".
func (collected) Describe(chan<- *prometheus.Desc) {}

// Collect sends the numbers.
func (list collected) Collect(out chan<- prometheus.Metric) {
	names := strings.NewReplacer(".", "_", "-", "_")
	for _, g := range list {
		kind := prometheus.GaugeValue
		if g.counter {
			kind = prometheus.CounterValue
		}
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(names.Replace(g.name), g.name, nil, nil), kind, g.value)
	}
}
