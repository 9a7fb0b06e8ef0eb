package onebox

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestCheck_WaitsAsDefined(t *testing.T) {
	delay := 15.0
	mesos := healthCheck{Protocol: "MESOS_TCP", DelaySeconds: &delay, IntervalSeconds: 60, GracePeriodSeconds: 10}
	marathons := healthCheck{Protocol: "HTTP", DelaySeconds: &delay, IntervalSeconds: 60, GracePeriodSeconds: 10}
	for name, c := range map[string]struct{ got, want time.Duration }{
		"Mesos' first check":            {mesos.firstWait(testTime, testTime.Add(5*time.Second)), 10 * time.Second},
		"after the engine began anew":   {mesos.firstWait(testTime, testTime.Add(time.Hour)), 0},
		"Marathon's first check":        {marathons.firstWait(testTime, testTime), eager},
		"while failures are forgiven":   {marathons.forgivenWait(testTime, testTime.Add(5*time.Second)), eager},
		"when failures count":           {marathons.forgivenWait(testTime, testTime.Add(11*time.Second)), time.Minute},
		"after the clock lost a second": {marathons.forgivenWait(testTime, testTime.Add(-time.Second)), eager},
		"after the clock lost an hour":  {marathons.forgivenWait(testTime, testTime.Add(-time.Hour)), time.Minute},
		"Mesos' first check, then":      {mesos.firstWait(testTime, testTime.Add(-time.Hour)), 15 * time.Second},
		"an interval of nothing at all": {healthCheck{}.forgivenWait(testTime, testTime), shortest},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}

func TestDecode_DelayOfZeroStays(t *testing.T) {
	for text, want := range map[string]float64{`"delaySeconds":0,`: 0, `"delaySeconds":3,`: 3, ``: 15} {
		a, err := decodeApp([]byte(`{"id":"/x","cmd":"y","healthChecks":[{`+text+`"protocol":"MESOS_TCP"}]}`), "")
		if err != nil {
			t.Fatal(err)
		}
		again, err := updateApp(a, []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := *again.HealthChecks[0].DelaySeconds; got != want {
			t.Errorf("%q becomes %v, want %v", text, got, want)
		}
	}
}

func TestAskHTTP_JudgesStatuses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/101":
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"))
			_ = conn.Close()
		case "/302":
			http.Redirect(w, r, "/500", http.StatusFound)
		case "/500":
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	ask := func(path string, ignore bool) error {
		return askHTTP(t.Context(), new(net.Dialer).DialContext, "http", server.Listener.Addr().String(), healthCheck{Path: path, IgnoreHTTP1xx: ignore})
	}
	for _, path := range []string{"/200", "/302", "no-slash"} {
		if err := ask(path, false); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := ask("/500", false); err == nil || !strings.Contains(err.Error(), "HTTP/1.1 500") {
		t.Errorf("500: %v", err)
	}
	if err := ask("/101", true); !errors.Is(err, errNoVerdict) {
		t.Errorf("101, ignored: %v", err)
	}
	if err := ask("/101", false); err == nil || errors.Is(err, errNoVerdict) {
		t.Errorf("101: %v", err)
	}
}
