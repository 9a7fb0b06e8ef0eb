package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"seedbed"
)

// Router returns what Prometheus reads of a router, which reports anew each time.
func Router(report func() seedbed.RouterReport) prometheus.Collector { return router{report} }

type router struct{ report func() seedbed.RouterReport }

// Describe sends nothing: which series there are depends on the report.
func (router) Describe(chan<- *prometheus.Desc) {}

// Collect sends a sample for each figure of the report. What has not happened
// yet has none.
func (r router) Collect(samples chan<- prometheus.Metric) {
	report := r.report()
	one := func(name, help string, value float64) { samples <- gauge(describe("router_"+name, help), value) }
	if !report.SeenAt.IsZero() {
		one("view_age_seconds", "How long ago Consul was last known to hold what is served.", time.Since(report.SeenAt).Seconds())
	}
	one("sites", "Sites that are served.", float64(report.Sites))
	one("instances", "Instances that visitors are led to.", float64(report.Instances))
	one("services", "Shared services that have a port.", float64(report.Services))
	one("refused", "Workloads of which something is not served.", float64(report.Refused))
	one("held_sites", "Sites that keep instances that are gone, because too many went at once.", float64(report.Held))
	one("left_out_sites", "Sites that nginx refuses as they are now.", float64(report.LeftOut))
	one("old_generations", "Earlier configurations that old workers of nginx still serve.", float64(report.OldGenerations))
	count := func(name, help string, value uint64) {
		samples <- prometheus.MustNewConstMetric(describe("router_"+name, help), prometheus.CounterValue, float64(value))
	}
	count("failed_rounds_total", "Attempts to bring nginx up to date that came to nothing.", report.FailedRounds)
	count("visits_total", "Requests of visitors that were counted.", report.Visits)
	count("unreadable_visits_total", "Lines of the log of visits that cannot be read.", report.UnreadableVisits)
	took := describe("router_apply_seconds", "From the test of a configuration until nginx has proved to serve it.")
	buckets := map[float64]uint64{}
	for _, class := range report.ApplyTook {
		buckets[class.AtMost] = class.Count
	}
	samples <- prometheus.MustNewConstHistogram(took, report.Applies, report.ApplySum.Seconds(), buckets)
}

// OfRouter answers a request with what is known of a process that is a router
// alone.
func OfRouter(report func() seedbed.RouterReport) http.Handler {
	return promhttp.HandlerFor(New(Router(report)).registry, promhttp.HandlerOpts{})
}
