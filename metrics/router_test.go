package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/metrics"
)

func TestRouter_TellsHowRoutesAre(t *testing.T) {
	report := seedbed.RouterReport{
		SeenAt: time.Now().Add(-time.Hour), Sites: 40, Instances: 55, Services: 3, Refused: 2, Held: 1, LeftOut: 4, OldGenerations: 5,
		Applies: 7, ApplySum: 2 * time.Second, ApplyTook: []seedbed.TimeClass{{AtMost: 0.1, Count: 3}, {AtMost: 1, Count: 7}}, FailedRounds: 6, Visits: 1000, UnreadableVisits: 8,
	}
	w := httptest.NewRecorder()
	metrics.OfRouter(func() seedbed.RouterReport { return report }).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		"seedbed_router_view_age_seconds 3600.", "seedbed_router_sites 40", "seedbed_router_instances 55", "seedbed_router_services 3",
		"seedbed_router_refused 2", "seedbed_router_held_sites 1", "seedbed_router_left_out_sites 4", "seedbed_router_old_generations 5",
		`seedbed_router_apply_seconds_bucket{le="0.1"} 3`, "seedbed_router_apply_seconds_count 7", "seedbed_router_apply_seconds_sum 2",
		"seedbed_router_failed_rounds_total 6", "seedbed_router_visits_total 1000", "seedbed_router_unreadable_visits_total 8", "process_resident_memory_bytes",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("it lacks %s:\n%s", want, w.Body)
		}
	}
}
