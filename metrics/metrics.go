// Package metrics is what Prometheus reads of an installation: how sites,
// services and the machinery were when they were looked at last, and how many
// requests the portal and the API have answered.
//
// It looks at nothing itself and decides nothing about who may read it.
package metrics

import (
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"seedbed"
)

// Metrics counts what happens in this process, from New on.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
}

// New returns a Metrics with a registry of its own, in which more are as well.
func New(more ...prometheus.Collector) *Metrics {
	m := &Metrics{prometheus.NewRegistry(), prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seedbed_http_requests_total", Help: "Requests that the portal and the API have answered, by method and status.",
	}, []string{"method", "code"})}
	m.registry.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(more...)
	return m
}

// Count counts the requests that next answers.
func (m *Metrics) Count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			m.requests.WithLabelValues(known(r.Method), strconv.Itoa(max(answer.Status(), http.StatusOK))).Inc()
		}()
		next.ServeHTTP(answer, r)
	})
}

// known keeps strangers from making a series of every word that they send as a
// method.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodPut, http.MethodOptions:
		return method
	}
	return "other"
}

// Site is a site and how it was when it was looked at last.
type Site struct {
	Name    seedbed.Label
	Project string
	Status  seedbed.Status
}

// Service is the same of a shared service.
type Service struct {
	Kind   string
	Status seedbed.Status
}

// Sight is all that was looked at.
type Sight struct {
	Sites    []Site
	Services []Service
	Parts    []seedbed.PartStatus
}

// Show answers a request with everything that is known, in the format that it
// asks for: Prometheus' text or OpenMetrics.
func (m *Metrics) Show(w http.ResponseWriter, r *http.Request, s Sight) {
	seen := prometheus.NewRegistry()
	seen.MustRegister(s)
	promhttp.HandlerFor(prometheus.Gatherers{m.registry, seen}, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}
