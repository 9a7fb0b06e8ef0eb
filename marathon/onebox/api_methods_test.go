package onebox

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// send makes a request with headers, name and value in turn, and follows nothing.
func (f *fixture) send(method, path, body string, headers ...string) *http.Response {
	f.t.Helper()
	req, err := http.NewRequest(method, f.server.URL, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.URL.RawPath, req.URL.RawQuery, _ = strings.Cut(path, "?") // as it stands
	if req.URL.Path, err = url.PathUnescape(req.URL.RawPath); err != nil {
		f.t.Fatal(err)
	}
	for n := 0; n < len(headers); n += 2 {
		req.Header.Set(headers[n], headers[n+1])
	}
	res, err := f.server.Client().Transport.RoundTrip(req)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func TestAPI_TellsWhichMethodsAPathHas(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/apps", small("/g/a"))
	for path, want := range map[string]string{
		"/v2/apps": "GET, HEAD, OPTIONS, PATCH, POST, PUT", "/v2/apps/g/a": "DELETE, GET, HEAD, OPTIONS, PATCH, PUT", "/v2/apps/g/*": "GET, HEAD, OPTIONS",
		"/v2/apps/g/a/restart": "OPTIONS, POST", "/v2/apps/g/a/tasks": "DELETE, GET, HEAD, OPTIONS", "/v2/apps/g/a/tasks/x": "DELETE, OPTIONS",
		"/v2/apps/g/a/versions": "GET, HEAD, OPTIONS", "/v2/apps/g/a/versions/x": "GET, HEAD, OPTIONS", "/v2/groups/g": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
		"/v2/deployments/x": "DELETE, OPTIONS", "/v2/info": "GET, HEAD, OPTIONS", "/v2/leader": "DELETE, GET, HEAD, OPTIONS", "/ping": "GET, HEAD, OPTIONS",
		"/": "GET, HEAD, OPTIONS", "/logging": "GET, HEAD, OPTIONS", "/v2/events": "GET, HEAD, OPTIONS",
	} {
		res := f.send("OPTIONS", path, "")
		if res.StatusCode != 200 || res.Header.Get("Allow") != want || res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} {
			if has := strings.Contains(", "+want+",", " "+method+","); has || path == "/v2/events" {
				continue
			}
			if res := f.send(method, path, ""); res.StatusCode != 405 || res.Header.Get("Allow") != want {
				t.Errorf("%s %s: %d %v", method, path, res.StatusCode, res.Header.Get("Allow"))
			}
		}
	}
	for _, path := range []string{"/x", "/v2", "/v2/apps/g/a/restart/x", "/v2/nobody"} {
		if res := f.send("OPTIONS", path, ""); res.StatusCode != 404 {
			t.Errorf("OPTIONS %s: %d", path, res.StatusCode)
		}
	}
}

func TestAPI_HEADIsGETWithoutABody(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/apps", small("/g/a"))
	for _, path := range []string{"/", "/ui/", "/help", "/logging", "/ping", "/v2/apps", "/v2/apps/g/a", "/v2/apps/g/*", "/v2/apps/g/a/tasks", "/v2/apps/g/a/versions",
		"/v2/groups", "/v2/tasks", "/v2/deployments", "/v2/queue", "/v2/info", "/v2/leader", "/v2/eventSubscriptions", "/metrics", "/metrics/prometheus", "/state", "/v2/apps/none", "/none"} {
		get, head := f.send("GET", path, ""), f.send("HEAD", path, "")
		body, err := io.ReadAll(head.Body)
		if err != nil || get.StatusCode != head.StatusCode || len(body) > 0 || get.Header.Get("Content-Type") != head.Header.Get("Content-Type") {
			t.Errorf("%s: GET %d, HEAD %d with %d bytes (%v)", path, get.StatusCode, head.StatusCode, len(body), err)
		}
	}
	if res := f.send("HEAD", "/v2/events", "", "Accept", "text/event-stream"); res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("HEAD /v2/events: %d", res.StatusCode)
	}
}

func TestAPI_SlashesAndDotsInPathsLeadNowhereElse(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/apps", small("/g/a"))
	for path, want := range map[string]int{
		"//v2//apps": 200, "/v2/apps/": 200, "///v2/apps///g//a//": 200, "/v2/apps/%2Fg%2Fa": 200, "/v2/./apps/g/../g/a": 200, "/v2/apps/..%2f..%2fping": 200,
		"/v2/apps/../../../../etc/passwd": 404, "/V2/apps": 404, "/v2/apps/g/a/tasks/": 200, "//help/": 200, "/v2/apps/%00": 404, "/v2/apps/g/b%20": 404,
	} {
		if res := f.send("GET", path, ""); res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
	}
}

func TestAPI_TakesNothingButJSON(t *testing.T) {
	f := newFixture(t, dry)
	for kind, want := range map[string]int{
		"application/json": 200, "application/json; charset=utf-8": 200, "APPLICATION/JSON": 200, "": 200,
		"text/plain": 415, "application/x-www-form-urlencoded": 415, "multipart/form-data; boundary=x": 415, "application/xml": 415, "nonsense;;": 415, "text/json": 415,
	} {
		headers := []string{"Content-Type", kind}
		if kind == "" {
			headers = nil
		}
		if res := f.send("PUT", "/v2/groups?dryRun=true", `{"id":"/"}`, headers...); res.StatusCode != want {
			t.Errorf("%q: %d, want %d", kind, res.StatusCode, want)
		}
	}
	f.expect(201, "POST", "/v2/apps", small("/a"))
	f.idle()
	if res := f.send("DELETE", "/v2/apps/a", "x=1", "Content-Type", "application/x-www-form-urlencoded"); res.StatusCode != 200 {
		t.Errorf("a body that nobody reads: %d", res.StatusCode)
	}
}

// Clients that ask for something else get JSON nevertheless, for there is nothing else.
func TestAPI_AnswersInJSONWhateverIsAskedFor(t *testing.T) {
	f := newFixture(t, dry)
	for _, accept := range []string{"*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/xml", "application/*", "nonsense", "text/plain"} {
		for path, want := range map[string]int{"/v2/apps": 200, "/v2/info": 200, "/v2/apps/none": 404, "/none": 404, "/v2/events": 405} {
			if res := f.send("GET", path, "", "Accept", accept); res.StatusCode != want || res.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s for %q: %d %s", path, accept, res.StatusCode, res.Header.Get("Content-Type"))
			}
		}
	}
}

func TestAPI_SaysWhereThingsAreThatMarathonHasAtItsRoot(t *testing.T) {
	f := newFixture(t, dry)
	if res := f.send("GET", "/", ""); res.StatusCode != 302 || res.Header.Get("Location") != "/ui/" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	for path, want := range map[string]string{"/ui/": "no pages of its own", "/help": "/v2/apps\tGET, HEAD, OPTIONS, PATCH, POST, PUT\n", "/logging": `{"ROOT":"`} {
		res := f.send("GET", path, "")
		if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 200 || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %s (%v)", path, res.StatusCode, body, err)
		}
	}
}
