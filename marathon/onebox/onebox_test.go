package onebox

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

func TestConfig_RefusesWhatCannotWork(t *testing.T) {
	docker, err := client.New()
	if err != nil {
		t.Fatal(err)
	}
	good := Config{Dir: t.TempDir(), Docker: docker, Installation: "x"}
	for name, spoil := range map[string]func(*Config){
		"no dir":          func(c *Config) { c.Dir = "" },
		"no installation": func(c *Config) { c.Installation = "" },
		"odd name":        func(c *Config) { c.Installation = "a=b" },
		"address":         func(c *Config) { c.HostIP = "localhost" },
		"ports":           func(c *Config) { c.PortMin, c.PortMax = 10, 5 },
		"root":            func(c *Config) { c.VolumeRoots = []string{"/"} },
		"relative root":   func(c *Config) { c.VolumeRoots = []string{"var"} },
	} {
		c := good
		spoil(&c)
		if e, err := New(c); err == nil {
			t.Errorf("%s: taken", name)
			_ = e.Close()
		}
	}
	e, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := New(good); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("two engines on one folder: %v %v", second, err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestAPI_KeepsStrangersOut(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.User, c.Password = "portal", "secret" })
	send := func(change func(*http.Request)) int {
		req, err := http.NewRequest("POST", f.server.URL+"/v2/apps", strings.NewReader(guide))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("portal", "secret")
		change(req)
		res, err := f.server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"no password":       {func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		"wrong password":    {func(r *http.Request) { r.SetBasicAuth("portal", "secret2") }, 401},
		"wrong user":        {func(r *http.Request) { r.SetBasicAuth("other", "secret") }, 401},
		"another origin":    {func(r *http.Request) { r.Header.Set("Origin", "http://evil.example.org") }, 403},
		"from another site": {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"rebound name":      {func(r *http.Request) { r.Host = "evil.example.org" }, 403},
		"the portal":        {func(*http.Request) {}, 201},
	} {
		if got := send(c.change); got != c.want {
			t.Errorf("%s: status %d, want %d", name, got, c.want)
		}
	}
}

// With a Docker that takes connections and never answers, the API answers all
// the same.
func TestAPI_AnswersWhileDockerHangs(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "hang.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	f := fixtureOn(t, socket)
	f.expect(201, "PUT", "/v2/apps/sites/guide", guide)
	f.expect(200, "GET", "/v2/apps/sites/guide", "")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if f.engine.CheckDocker(ctx) == nil {
		t.Error("a Docker that hangs is called well")
	}
}

func FuzzDecodeApp(f *testing.F) {
	f.Add([]byte(guide))
	f.Add([]byte(`{"id":"a","container":{"docker":{"network":"BRIDGE"}},"healthChecks":[{"portIndex":-1}]}`))
	p := policy{roots: []string{"/srv/volumes"}}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := decodeApp(body, "")
		if err != nil || a.validate() != nil || p.check(a) != nil {
			return
		}
		again, err := json.Marshal(a)
		if err != nil {
			t.Fatalf("what was taken cannot be shown: %v", err)
		}
		if b, err := decodeApp(again, ""); err != nil || !a.sameConfig(b) {
			t.Errorf("%s is read differently again: %v", again, err)
		}
	})
}
