package onebox

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
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

// brokenDocker takes connections and never answers, or hangs up at once. It
// returns its socket, and how often it was called.
func brokenDocker(t *testing.T, hangsUp bool) (socket string, calls *atomic.Int64) {
	t.Helper()
	socket, calls = filepath.Join(t.TempDir(), "broken.sock"), new(atomic.Int64)
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			if hangsUp {
				_ = conn.Close()
			} else {
				t.Cleanup(func() { _ = conn.Close() })
			}
		}
	}()
	return socket, calls
}

// While Docker hangs or is away it is asked now and then, and turns are taken
// now and then, whatever there is to do.
func TestEngine_DoesNotHurryADockerThatIsNotThere(t *testing.T) {
	for name, hangsUp := range map[string]bool{"hangs": false, "hangs up": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			socket, calls := brokenDocker(t, hangsUp)
			var clock atomic.Int64
			f := fixtureOn(t, socket, func(c *Config) {
				c.Now = func() time.Time { clock.Add(1); return time.Now() }
			})
			for n := range 5 {
				f.expect(201, "PUT", fmt.Sprintf("/v2/apps/sites/guide%d", n), strings.Replace(guide, "/sites/guide", fmt.Sprintf("/sites/guide%d", n), 1))
			}
			clock.Store(0)
			window := time.NewTimer(4 * time.Second) // what is counted has to have time to happen
			<-window.C
			if asked, looked := calls.Load(), clock.Load(); asked < 1 || asked > 30 || looked > 2000 {
				t.Errorf("Docker was called %d times, and the clock was asked %d times", asked, looked)
			}
		})
	}
}

// With a Docker that takes connections and never answers, the API answers all
// the same, and says that it cannot see.
func TestAPI_AnswersWhileDockerHangs(t *testing.T) {
	socket, _ := brokenDocker(t, false)
	f := fixtureOn(t, socket)
	f.expect(201, "PUT", "/v2/apps/sites/guide", guide)
	f.expect(200, "GET", "/v2/apps/sites/guide", "")
	began := time.Now()
	if status, list := f.raw("GET", "/monitor/statistics", ""); status != 200 || string(list) != "[]" {
		t.Errorf("%d: %s", status, list)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	if list := f.expect(200, "GET", "/mesos/slaves", "")["slaves"].([]any); list[0].(map[string]any)["active"] != false {
		t.Errorf("the machine is %v", list)
	}
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
