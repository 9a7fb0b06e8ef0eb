//go:build integration

package nginxconf_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seedbed"
)

// visitors ask sites all the time, each over connections of its own that are kept
// open, and count what goes wrong.
type visitors struct {
	at           string
	asked, wrong atomic.Int64
	first        atomic.Pointer[string] // what went wrong first
	client       *http.Client
}

func newVisitors(at string) *visitors {
	return &visitors{at: at, client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 50}}}
}

// ask asks a host once; any answer but words is wrong.
func (v *visitors) ask(host, words string) {
	why := func() string {
		request, err := http.NewRequest(http.MethodGet, "http://"+v.at+"/", nil)
		if err != nil {
			return err.Error()
		}
		request.Host = host
		answer, err := v.client.Do(request)
		if err != nil {
			return err.Error()
		}
		defer answer.Body.Close()
		if text, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK || string(text) != words {
			return fmt.Sprintf("%d %.200q %v", answer.StatusCode, text, err)
		}
		return ""
	}()
	v.asked.Add(1)
	if why != "" {
		why = host + ": " + why
		v.wrong.Add(1)
		v.first.CompareAndSwap(nil, &why)
	}
}

// check fails the test if anything went wrong.
func (v *visitors) check(t *testing.T) {
	t.Helper()
	if v.wrong.Load() > 0 {
		t.Errorf("%d of %d requests went wrong, at first: %s", v.wrong.Load(), v.asked.Load(), *v.first.Load())
	}
	t.Logf("%d requests", v.asked.Load())
}

const (
	manyRequests = 100_000
	manyChanges  = 200
	stableSites  = 5
	otherSites   = 100
)

func TestRouter_FailsNoVisitorWhileOtherSitesChange(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "stable")
	_, other := backend(t, "other")
	sites := changing{w: w, ports: []int{port, other}}
	sites.begin()
	eventually(t, "served", w.serves("stable4.localhost", "stable"))
	v := newVisitors(w.config.Listen)
	changed := make(chan int)
	stop := make(chan struct{})
	go func() { changed <- sites.change(stop) }()
	var crowd sync.WaitGroup
	for n := range 8 {
		crowd.Go(func() {
			for i := range manyRequests / 8 {
				v.ask(fmt.Sprintf("stable%d.localhost", (n+i)%stableSites), "stable")
			}
		})
	}
	crowd.Wait()
	close(stop)
	if count := <-changed; count < manyChanges {
		t.Errorf("only %d changes", count)
	}
	v.check(t)
	if report := w.router.Report(); report.Applies < 5 {
		t.Errorf("nginx was given only %d configurations meanwhile", report.Applies)
	}
}

// changing are stable sites and others, which come, go and move.
type changing struct {
	w     *world
	ports []int
	all   []seedbed.Instance
}

func (c *changing) begin() {
	for n := range stableSites {
		c.all = append(c.all, instance(fmt.Sprintf("stable%d.1", n), fmt.Sprintf("/sites/stable%d", n), fmt.Sprintf("stable%d.localhost", n), c.ports[0]))
	}
	for n := range otherSites {
		c.all = append(c.all, c.other(n, 0))
	}
	c.w.engine.set(c.all...)
}

func (c *changing) other(n, round int) seedbed.Instance {
	return instance(fmt.Sprintf("other%d.%d", n, round), fmt.Sprintf("/sites/other%d", n), fmt.Sprintf("other%d.localhost", n), c.ports[round%2])
}

// change deploys, scales and deletes one of the others each time, and returns how
// often it did.
func (c *changing) change(stop <-chan struct{}) (count int) {
	ticks := time.NewTicker(50 * time.Millisecond)
	defer ticks.Stop()
	for {
		n := count % otherSites
		switch at := stableSites + n; count % 3 {
		case 0:
			c.all[at] = c.other(n, count) // another version
		case 1:
			c.all = append(c.all[:len(c.all):len(c.all)], c.other(n, count+1)) // one more
		case 2:
			c.all = append([]seedbed.Instance(nil), c.all...)
			c.all[at] = c.other(n+otherSites*count, 1) // it goes, and a new site comes
		}
		c.w.engine.set(c.all...)
		count++
		select {
		case <-stop:
			return count
		case <-ticks.C:
		}
	}
}

func TestRouter_FailsNoVisitorOfASiteThatIsUpdated(t *testing.T) {
	w := newWorld(t)
	old := newVersion(t)
	w.engine.set(instance("wiki.0", "/sites/wiki", "wiki.localhost", old.port()))
	eventually(t, "served", w.serves("wiki.localhost", "the wiki"))
	v := newVisitors(w.config.Listen)
	stop := make(chan struct{})
	var crowd sync.WaitGroup
	for range 4 {
		crowd.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					v.ask("wiki.localhost", "the wiki")
				}
			}
		})
	}
	for n := 1; n <= 4; n++ {
		old = w.update(n, old)
	}
	close(stop)
	crowd.Wait()
	v.check(t)
	if old.answered.Load() == 0 {
		t.Error("the last version was never asked")
	}
}

// version is a program of a site that can be ended.
type version struct {
	*httptest.Server
	answered atomic.Int64
}

func newVersion(t *testing.T) *version {
	v := &version{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		v.answered.Add(1)
		time.Sleep(5 * time.Millisecond)
		fmt.Fprint(w, "the wiki")
	}))
	t.Cleanup(v.Close)
	return v
}

func (v *version) port() int { return v.Listener.Addr().(*net.TCPAddr).Port }

// update is a rolling update: a new version runs beside the old one, then the old
// one gets no more visitors, and only when that is proved it ends.
func (w *world) update(n int, old *version) *version {
	next := newVersion(w.t)
	before := instance(fmt.Sprintf("wiki.%d", n-1), "/sites/wiki", "wiki.localhost", old.port())
	after := instance(fmt.Sprintf("wiki.%d", n), "/sites/wiki", "wiki.localhost", next.port())
	w.engine.set(before, after)
	eventually(w.t, "both are led to", w.led("wiki.localhost", 2))
	before.Healthy, before.Reason = false, "it is about to end"
	w.engine.set(before, after)
	eventually(w.t, "only the new one is led to", w.led("wiki.localhost", 1))
	old.CloseClientConnections()
	old.Close()
	w.engine.set(after)
	return next
}

// led waits until nginx has proved that a host leads to so many instances.
func (w *world) led(host seedbed.HostName, instances int) func() string {
	return func() string {
		routes, err := w.router.Routes(w.t.Context())
		if got := routes.Hosts[host].Instances; err != nil || got != instances {
			return fmt.Sprint(got, " instances, ", err)
		}
		return ""
	}
}
