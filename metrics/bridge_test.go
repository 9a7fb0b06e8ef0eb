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

func TestBridge_TellsHowFarConsulIsRight(t *testing.T) {
	report := seedbed.BridgeReport{
		Role: seedbed.BridgeActs, SnapshotAt: time.Now().Add(-time.Hour), Found: seedbed.BridgeDrift{Missing: 1, Extra: 2, Different: 3},
		Instances: 40, HeldCount: 5, Errors: map[string]uint64{"engine": 7},
	}
	report.Lag.Add(20 * time.Millisecond)
	report.Lag.Add(2 * time.Second)
	w := httptest.NewRecorder()
	metrics.New(metrics.Bridge(func() seedbed.BridgeReport { return report })).ShowOwn(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		"seedbed_bridge_acting 1", "seedbed_bridge_snapshot_age_seconds 3600.", "seedbed_bridge_instances 40", "seedbed_bridge_held_removals 5",
		`seedbed_bridge_drift{kind="missing"} 1`, `seedbed_bridge_drift{kind="extra"} 2`, `seedbed_bridge_drift{kind="different"} 3`,
		`seedbed_bridge_errors_total{cause="engine"} 7`, `seedbed_bridge_event_lag_seconds_bucket{le="0.025"} 1`,
		`seedbed_bridge_event_lag_seconds_bucket{le="5"} 2`, "seedbed_bridge_event_lag_seconds_count 2", "seedbed_bridge_event_lag_seconds_sum 2.02",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("it lacks %s:\n%s", want, w.Body)
		}
	}
}
