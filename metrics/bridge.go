package metrics

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"seedbed"
)

// Bridge returns what Prometheus reads of a bridge, which reports anew each time.
func Bridge(report func() seedbed.BridgeReport) prometheus.Collector { return bridge{report} }

type bridge struct{ report func() seedbed.BridgeReport }

// Describe sends nothing: which series there are depends on the report.
func (bridge) Describe(chan<- *prometheus.Desc) {}

// Collect sends a sample for each figure of the report. What has not happened
// yet has none.
func (b bridge) Collect(samples chan<- prometheus.Metric) {
	r := b.report()
	one := func(name, help string, value float64) { samples <- gauge(describe("bridge_"+name, help), value) }
	one("acting", "1 if this bridge writes, 0 if it waits for another one.", truth(r.Role == seedbed.BridgeActs))
	if !r.SnapshotAt.IsZero() {
		one("snapshot_age_seconds", "How long ago the engine gave an answer that is complete and sound.", time.Since(r.SnapshotAt).Seconds())
	}
	one("instances", "Entries in Consul that this bridge keeps.", float64(r.Instances))
	one("held_removals", "Removals that are held back because they are too many at once.", float64(r.HeldCount))
	one("clashes", "Workloads with the same name, and instances that cannot be registered.", float64(len(r.Clashes)))
	drift := describe("bridge_drift", "How Consul differed from the engine at the last comparison, before that was mended.", "kind")
	samples <- gauge(drift, float64(r.Found.Missing), "missing")
	samples <- gauge(drift, float64(r.Found.Extra), "extra")
	samples <- gauge(drift, float64(r.Found.Different), "different")
	failed := describe("bridge_errors_total", "What went wrong since the start, by its cause.", "cause")
	for _, cause := range slices.Sorted(maps.Keys(r.Errors)) {
		samples <- prometheus.MustNewConstMetric(failed, prometheus.CounterValue, float64(r.Errors[cause]), cause)
	}
	collectLag(samples, r.Lag)
}

func collectLag(samples chan<- prometheus.Metric, l seedbed.BridgeLag) {
	if len(l.Counts) == 0 {
		return
	}
	buckets := map[float64]uint64{}
	for n, bound := range seedbed.LagBounds() {
		buckets[bound] = l.Counts[n]
	}
	lag := describe("bridge_event_lag_seconds", "From an event of the engine until Consul had what it changed.")
	samples <- prometheus.MustNewConstHistogram(lag, l.Counts[len(l.Counts)-1], l.Sum, buckets)
}

// ShowOwn answers a request with what is known of this process alone.
func (m *Metrics) ShowOwn(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}
