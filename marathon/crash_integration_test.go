//go:build integration

package marathon_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"seedbed/marathon/internal/enginetest"
)

const crashes = 100

// TestEngine_KilledAHundredTimesHasExactlyWhatWasAskedFor orders at random and
// kills the engine at random moments, in the middle of deployments. Then what it
// had confirmed is there, whole, once, and nothing else is.
func TestEngine_KilledAHundredTimesHasExactlyWhatWasAskedFor(t *testing.T) {
	c := &crashing{world: newWorld(t), chance: rand.New(rand.NewPCG(7, 11)), wanted: map[string]wanted{}}
	for range crashes {
		for range 1 + c.chance.IntN(2) {
			c.order()
		}
		moment := time.NewTimer(time.Duration(c.chance.IntN(250)) * time.Millisecond)
		<-moment.C
		cutOff := c.orderUnheard()
		c.kill()
		<-cutOff
		c.start()
	}
	for id := range c.wanted {
		c.repeat(id) // what was cut off may have been taken or not; said again, it is known
	}
	c.settle()
	c.compare()
}

// crashing is the world with what it was asked for.
type crashing struct {
	*world
	chance *rand.Rand
	count  int
	wanted map[string]wanted // by app
}

// wanted is the last order for an app, and every version that was confirmed
// since it was made last.
type wanted struct {
	instances int // -1: it shall be gone
	mark      string
	versions  []string
}

// order gives one random order and has it confirmed.
func (c *crashing) order() {
	id, w := c.newOrder()
	c.wanted[id] = w
	c.repeat(id)
}

func (c *crashing) newOrder() (id string, w wanted) {
	c.count++
	id = fmt.Sprintf("/crash/app%d", c.chance.IntN(4))
	w = c.wanted[id]
	w.instances, w.mark = c.chance.IntN(3), fmt.Sprintf("order %d", c.count)
	if c.chance.IntN(6) == 0 {
		w.instances = -1
	}
	return id, w
}

func (c *crashing) definition(w wanted) string {
	return fmt.Sprintf(`{"cpus":0.1,"mem":32,"instances":%d,"env":{"TEXT":%q},"networks":[{"mode":"container/bridge"}],
		"taskKillGracePeriodSeconds":1,"container":{"docker":{"image":%q},"portMappings":[{"containerPort":8080}]}}`, max(0, w.instances), w.mark, c.image)
}

// orderUnheard begins a random order that the kill may cut off anywhere; whether
// it was taken is not known. The channel is closed when it is over.
func (c *crashing) orderUnheard() <-chan struct{} {
	id, w := c.newOrder()
	w.versions = nil
	c.wanted[id] = w
	over := make(chan struct{})
	req, err := http.NewRequestWithContext(c.t.Context(), "PUT", c.url+"/v2/apps"+id+"?force=true&partialUpdate=false", strings.NewReader(c.definition(w)))
	if err != nil {
		c.t.Fatal(err)
	}
	if w.instances < 0 {
		req.Method = "DELETE"
	}
	req.SetBasicAuth("portal", password)
	go func() {
		defer close(over)
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
		}
	}()
	wait := time.NewTimer(time.Duration(c.chance.IntN(6)) * time.Millisecond)
	<-wait.C
	return over
}

// repeat gives the last order for an app.
func (c *crashing) repeat(id string) {
	w := c.wanted[id]
	if w.instances < 0 {
		if status, _ := c.request("DELETE", "/v2/apps"+id, ""); status != 200 && status != 404 {
			c.t.Fatalf("DELETE %s: %d", id, status)
		}
		w.versions = nil
		c.wanted[id] = w
		return
	}
	status, answer := c.request("PUT", "/v2/apps"+id+"?force=true&partialUpdate=false", c.definition(w))
	if status != 200 && status != 201 {
		c.t.Fatalf("PUT %s: %d %s", id, status, answer)
	}
	var app struct {
		App struct{ Version string }
	}
	c.read("/v2/apps"+id, &app)
	w.versions = append(w.versions, app.App.Version)
	c.wanted[id] = w
}

func (c *crashing) request(method, path, body string) (int, []byte) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.SetBasicAuth("portal", password)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, answer
}

func (c *crashing) read(path string, into any) {
	c.t.Helper()
	status, answer := c.request("GET", path, "")
	if status != 200 {
		c.t.Fatalf("GET %s: %d %s", path, status, answer)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		c.t.Fatal(err)
	}
}

func (c *crashing) settle() {
	enginetest.Await(c.t, 2*time.Minute, "all deployments are done", func() bool {
		var deployments []any
		c.read("/v2/deployments", &deployments)
		return len(deployments) == 0
	})
	// An order that is given again has nothing to do, so no deployment waits for
	// what the first one has begun.
	enginetest.Await(c.t, 30*time.Second, "what is wanted runs, and nothing else is there", func() bool {
		var list struct {
			Tasks []struct{ State string }
		}
		c.read("/v2/tasks?status=running", &list)
		return len(list.Tasks) == c.total() && len(c.containers()) == c.total()
	})
}

func (c *crashing) total() (n int) {
	for _, w := range c.wanted {
		n += max(0, w.instances)
	}
	return n
}

// compare finds each app as it was ordered last, its containers, and every
// version that was confirmed.
func (c *crashing) compare() {
	var list struct {
		Apps []struct {
			ID           string
			Instances    int
			TasksRunning int
			Env          map[string]string
		}
	}
	c.read("/v2/apps", &list)
	got := map[string]bool{}
	for _, a := range list.Apps {
		w := c.wanted[a.ID]
		got[a.ID] = true
		if a.Instances != w.instances || a.TasksRunning != w.instances || a.Env["TEXT"] != w.mark {
			c.t.Errorf("%s: %+v, want %+v", a.ID, a, w)
		}
		c.compareVersions(a.ID, w.versions)
	}
	for id, w := range c.wanted {
		if got[id] != (w.instances >= 0) {
			c.t.Errorf("%s is there: %v, want %d instances", id, got[id], w.instances)
		}
	}
}

func (c *crashing) compareVersions(id string, confirmed []string) {
	var kept struct{ Versions []string }
	c.read("/v2/apps"+id+"/versions", &kept)
	for _, version := range confirmed[max(0, len(confirmed)-40):] {
		if !slices.Contains(kept.Versions, version) {
			c.t.Errorf("%s: the version %s was confirmed and is lost", id, version)
		}
	}
}
