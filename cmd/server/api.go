package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"seedbed/api"
	"seedbed/control"
	"seedbed/metrics"
)

// collectors are what /metrics shows besides what the portal itself knows.
func (s *server) collectors() (all []prometheus.Collector) {
	if s.keeper != nil {
		all = append(all, s.keeper)
	}
	if s.bridge != nil {
		all = append(all, metrics.Bridge(s.bridge.Report))
	}
	if s.own != nil {
		all = append(all, metrics.Router(s.own.Report))
	}
	return all
}

// withAPI puts the API beside the portal, on the same port. Neither sees the
// other's requests: the portal's cookies mean nothing to the API.
func (s *server) withAPI(portal http.Handler, wishes *control.Control) (http.Handler, error) {
	counts := metrics.New(s.collectors()...)
	programs, err := api.New(api.Config{Control: wishes, Store: s.store, Metrics: counts, Scratch: s.path("uploads"), Log: s.log.With("part", "api"), Now: time.Now})
	if err != nil {
		return nil, err
	}
	return counts.Count(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == api.MetricsPath || r.URL.Path == api.Prefix || strings.HasPrefix(r.URL.Path, api.Prefix+"/") {
			programs.ServeHTTP(w, r)
			return
		}
		portal.ServeHTTP(w, r)
	})), nil
}
