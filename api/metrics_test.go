package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"seedbed"
	"seedbed/api"
	"seedbed/web/webtest"
)

// scrape asks for the metrics as Prometheus does.
func (c *caller) scrape() answer {
	r := httptest.NewRequest(http.MethodGet, api.MetricsPath, nil)
	r.RemoteAddr = c.from
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	recorder := httptest.NewRecorder()
	c.w.handler.ServeHTTP(recorder, r)
	return answer{c.w, recorder.Code, recorder.Header(), recorder.Body.String()}
}

func TestMetrics_AreForProgramsOfOperators(t *testing.T) {
	var cast map[string]seedbed.User
	w := newWorldOf(t, func(w *world) error {
		cast = w.store.Cast()
		return nil
	})
	w.program(cast["owner"], "admin").post("/sites", `{"template":"wiki","title":"Guide"}`).wants(202)
	w.as("").scrape().wants(401).lacks("seedbed_")
	for _, role := range webtest.Roles() {
		got := w.program(cast[role], "read").scrape()
		if role == "operator" || role == "administrator" {
			got.wants(200).has("seedbed_sites{state=", `seedbed_service_up{service="postgres"}`)
		} else {
			got.wants(403).lacks("seedbed_")
		}
	}
}
