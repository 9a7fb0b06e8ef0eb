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

func show(m *metrics.Metrics, s metrics.Sight) string {
	w := httptest.NewRecorder()
	m.Show(w, httptest.NewRequest(http.MethodGet, "/metrics", nil), s)
	return w.Body.String()
}

func TestShow_TellsHowEverythingWasSeen(t *testing.T) {
	at := time.Unix(1_746_500_000, 0)
	got := show(metrics.New(), metrics.Sight{
		Sites: []metrics.Site{
			{"guide", "main", seedbed.Status{State: seedbed.Live, Answer: seedbed.Answer{At: at, Took: 120 * time.Millisecond, Status: 200}}},
			{"reports", "main", seedbed.Status{State: seedbed.Broken, Answer: seedbed.Answer{At: at, Status: 503}}},
			{"new", "main", seedbed.Status{State: seedbed.AtWork}},
		},
		Services: []metrics.Service{{"postgres", seedbed.Status{State: seedbed.Live}}, {"redis", seedbed.Status{State: seedbed.Broken}}},
		Parts:    []seedbed.PartStatus{{Name: "Docker", OK: true}, {Name: "nginx"}},
	})
	for _, want := range []string{
		`seedbed_site_up{project="main",site="guide"} 1`, `seedbed_site_up{project="main",site="reports"} 0`,
		`seedbed_site_answer_seconds{project="main",site="guide"} 0.12`, `seedbed_site_asked_timestamp_seconds{project="main",site="guide"} 1.7465e+09`,
		`seedbed_sites{state="live"} 1`, `seedbed_sites{state="at-work"} 1`, `seedbed_sites{state="attention"} 0`,
		`seedbed_service_up{service="postgres"} 1`, `seedbed_service_up{service="redis"} 0`,
		`seedbed_part_up{part="Docker"} 1`, `seedbed_part_up{part="nginx"} 0`, "go_goroutines ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %s", want)
		}
	}
	if strings.Contains(got, `site="new"`) {
		t.Error("a site that was not asked yet has a sample")
	}
}

func TestCount_KnowsMethodsAndStatus(t *testing.T) {
	m := metrics.New()
	h := m.Count(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("flush: %v", err)
		}
	}))
	missing := m.Count(http.NotFoundHandler())
	for range 3 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	missing.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("BREW", "/", nil))
	got := show(m, metrics.Sight{})
	for _, want := range []string{`seedbed_http_requests_total{code="200",method="GET"} 3`, `seedbed_http_requests_total{code="404",method="other"} 1`} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %s:\n%s", want, got)
		}
	}
}

func TestCount_LetsHandlersSetDeadlines(t *testing.T) {
	m := metrics.New()
	var err error
	server := httptest.NewServer(m.Count(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		err = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Minute))
	})))
	defer server.Close()
	answer, failed := http.Get(server.URL)
	if failed != nil {
		t.Fatal(failed)
	}
	answer.Body.Close()
	if err != nil {
		t.Errorf("the deadline cannot be set: %v", err)
	}
}
