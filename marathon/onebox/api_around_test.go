package onebox

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// ask makes a request with a header, and returns the answer.
func (f *fixture) ask(method, path string, header ...string) *http.Response {
	f.t.Helper()
	req, err := http.NewRequest(method, f.server.URL+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	for n := 0; n < len(header); n += 2 {
		req.Header.Set(header[n], header[n+1])
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { res.Body.Close() })
	return res
}

func text(t *testing.T, from io.Reader) string {
	t.Helper()
	all, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func dry(c *Config) { c.Docker = nil }

func TestAPI_ListsTasksAsTextForOldBridges(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/apps", guide)
	await(t, "the task runs", func() bool {
		return strings.Contains(text(t, f.ask("GET", "/v2/tasks", "Accept", "text/plain").Body), "127.0.0.1:")
	})
	for _, path := range []string{"/v2/tasks", "/v2/apps/sites/guide/tasks"} {
		got := text(t, f.ask("GET", path, "Accept", "text/plain").Body)
		if !strings.HasPrefix(got, "sites_guide\t10000\t127.0.0.1:31") || !strings.HasSuffix(got, "\t\n") {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestAPI_CompressesForWhoAsks(t *testing.T) {
	f := newFixture(t, dry)
	res := f.ask("GET", "/v2/info", "Accept-Encoding", "gzip")
	if res.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("the headers are %v", res.Header)
	}
	plain, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, plain); !strings.Contains(got, `"name":"marathon"`) {
		t.Error(got)
	}
	if res := f.ask("GET", "/v2/info", "Accept-Encoding", "identity"); res.Header.Get("Content-Encoding") != "" {
		t.Error("compressed for who did not ask")
	}
}

func TestAPI_HasNoPods(t *testing.T) {
	f := newFixture(t, dry)
	for method, want := range map[string]int{"HEAD": 404, "GET": 501, "POST": 501} {
		if status, _ := f.raw(method, "/v2/pods", ""); status != want {
			t.Errorf("%s: %d", method, status)
		}
	}
	f.expect(501, "GET", "/v2/pods/x::status", "")
}

func TestAPI_ShowsMetricsInBothForms(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/apps", guide)
	await(t, "the container is counted", func() bool {
		gauges := f.expect(200, "GET", "/metrics", "")["gauges"].(map[string]any)
		return gauges["marathon.instances.running.gauge"].(map[string]any)["value"] == 1.0
	})
	got := text(t, f.ask("GET", "/metrics/prometheus").Body)
	for _, want := range []string{"marathon_apps_active_gauge 1\n", "marathon_tasks_launched_counter 1\n", "# TYPE marathon_tasks_launched_counter counter"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestAPI_TurnsAwayWhatIsTooMuch(t *testing.T) {
	f := newFixture(t, dry)
	for range maxRequests {
		f.engine.requests <- struct{}{}
	}
	if said := f.expect(503, "GET", "/ping", "")["message"]; said != "Too many concurrent requests!" {
		t.Error(said)
	}
	<-f.engine.requests
	if status, _ := f.raw("GET", "/ping", ""); status != 200 {
		t.Errorf("with one place free: %d", status)
	}
}

func TestAPI_IsServedUnderItsOwnNamesOnly(t *testing.T) {
	f := newFixture(t, dry, func(c *Config) { c.HostNames = []string{"m1.example.org"} })
	for host, want := range map[string]int{"M1.example.org:8080": 200, "evil.example.org": 403, "localhost": 200, "[::1]:80": 200} {
		if res := f.ask("GET", "/ping", "Host", host); res.StatusCode != want {
			t.Errorf("%s: %d", host, res.StatusCode)
		}
	}
}

// subscriber is a client of Marathon before 1.5.
func subscriber(t *testing.T) (address string, events chan string) {
	t.Helper()
	events = make(chan string, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var e struct{ EventType string }
		if err := json.NewDecoder(r.Body).Decode(&e); err == nil {
			events <- e.EventType
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/here", events
}

func TestCallbacks_ArePostedAndOutlastARestart(t *testing.T) {
	dir := t.TempDir()
	at, events := subscriber(t)
	path := "/v2/eventSubscriptions?callbackUrl=" + url.QueryEscape(at)
	t.Run("first", func(t *testing.T) {
		f := newFixture(t, dry, func(c *Config) { c.Dir = dir })
		if said := f.expect(200, "POST", path, ""); said["eventType"] != "subscribe_event" || said["callbackUrl"] != at {
			t.Errorf("%v", said)
		}
		f.expect(200, "POST", path, "")
		if list := f.expect(200, "GET", "/v2/eventSubscriptions", "")["callbackUrls"].([]any); len(list) != 1 || list[0] != at {
			t.Errorf("%v", list)
		}
	})
	f := newFixture(t, dry, func(c *Config) { c.Dir = dir })
	f.expect(201, "POST", "/v2/apps", guide)
	seen := map[string]bool{}
	await(t, "the events are posted", func() bool {
		for len(events) > 0 {
			seen[<-events] = true
		}
		return seen["api_post_event"] && seen["deployment_info"] && seen["status_update_event"]
	})
	f.expect(200, "DELETE", path, "")
	if list := f.expect(200, "GET", "/v2/eventSubscriptions", "")["callbackUrls"].([]any); len(list) != 0 {
		t.Errorf("%v", list)
	}
}

func TestCallbacks_LeadNowhereElse(t *testing.T) {
	f := newFixture(t, dry)
	for _, at := range []string{"", "ftp://127.0.0.1/", "http://169.254.169.254/latest", "http://10.0.0.1:8500/v1/kv/x", "http://user:pw@127.0.0.1/", "not an address"} {
		f.expect(422, "POST", "/v2/eventSubscriptions?callbackUrl="+url.QueryEscape(at), "")
	}
	// A name may lead anywhere by the time of the call, so that is when it is looked at.
	client := f.engine.callbackClient(callback{})
	if res, err := client.Get(f.server.URL); err == nil || !strings.Contains(err.Error(), "is not among the hosts") {
		t.Errorf("%v %v", res, err)
	}
}

func TestAPI_TakesTheNamesOfOldMesosClients(t *testing.T) {
	f := newFixture(t, dry)
	for _, path := range []string{"/state.json", "/slave(1)/state.json", "/mesos/state.json", "/mesos/master/slaves", "/monitor/statistics.json",
		"/mesos/master/state-summary", "/mesos/state-summary", "/mesos/frameworks", "/mesos/master/frameworks", "/metrics/snapshot", "/mesos/metrics/snapshot", "/version", "/mesos/version"} {
		if status, _ := f.raw("GET", path, ""); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestWholeCharacters(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", "a\xc3": "a", "a\xc3\xa9": "a\xc3\xa9", "a\xf0\x9f\x8f": "a", "a\xff": "a\xff", "a\xa9\xa9\xa9": "a\xa9\xa9\xa9", "\xc3": "\xc3",
	} {
		if got := string(wholeCharacters([]byte(in))); got != want {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}
