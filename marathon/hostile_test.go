package marathon_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seedbed"
	"seedbed/marathon"
)

// Rounds of each of the callers below, and the seed of what befalls them.
const (
	hostileRounds  = 120
	hostileCallers = 4
	hostileSeed    = 20261121
)

// TestHostile_NeverSaysAWrongThing drives a real engine through proxies that cut,
// lose, delay and replace half of all answers. The driver may say that it does
// not know, and nothing else that is not so: not that something is gone, or has
// ended, or was taken; and nothing is carried out twice.
func TestHostile_NeverSaysAWrongThing(t *testing.T) {
	t.Parallel()
	for name, addresses := range map[string]int{"one address": 1, "three addresses": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHostile(t, addresses)
			var all sync.WaitGroup
			for n := range hostileCallers {
				all.Go(func() {
					c := caller{hostile: h, chance: rand.New(rand.NewPCG(hostileSeed, uint64(10*addresses+n))), id: seedbed.WorkloadID(fmt.Sprintf("/sites/site%d", n))}
					for range hostileRounds {
						c.step()
					}
				})
			}
			all.Wait()
			h.settle()
		})
	}
}

// hostile is an engine that is hard to reach, with two apps of which all is
// known: one is well, the other's deployment never ends.
type hostile struct {
	t       *testing.T
	engine  *engine
	driver  *marathon.Client
	proxies []*proxy
	known   atomic.Int32 // answers that were no "not known"
	changes atomic.Int32
}

const (
	steady = seedbed.WorkloadID("/sites/steady")
	stuck  = seedbed.WorkloadID("/sites/stuck")
)

func newHostile(t *testing.T, addresses int) *hostile {
	h := &hostile{t: t, engine: newEngine(t)}
	stranger := engineWith(t, "")
	m := driverOf(t, h.engine.URL)
	for _, w := range []seedbed.Workload{load(steady, "steady"), tooLarge(stuck, "stuck")} {
		if err := m.Apply(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "one is well", func() bool { return observed(t, m, steady).Well("steady") })
	var urls []string
	for n := range addresses {
		p := newProxy(t, h.engine)
		f := &faults{chance: rand.New(rand.NewPCG(hostileSeed, uint64(100*addresses+n))), stranger: stranger.URL, other: h.engine.URL}
		p.set(f.meddle)
		h.proxies, urls = append(h.proxies, p), append(urls, p.URL)
	}
	h.driver = driver(t, marathon.Config{URLs: urls, User: "portal", Password: "secret", Mesos: urls[0] + "/mesos"})
	h.watch()
	return h
}

// watch listens until the test is over, and holds that it ends then.
func (h *hostile) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.driver.Watch(ctx, func() { h.changes.Add(1) })
	}()
	h.t.Cleanup(func() {
		cancel()
		<-ended
	})
}

// settle lets the proxies be honest, and looks whether all was carried out once.
func (h *hostile) settle() {
	for _, p := range h.proxies {
		p.set(nil)
	}
	before := h.changes.Load()
	if err := h.driver.Apply(h.t.Context(), load("/sites/last", "last")); err != nil {
		h.t.Errorf("to honest proxies: %v", err)
	}
	await(h.t, "it is told of the change", func() bool { return h.changes.Load() > before })
	await(h.t, "all but one is well", func() bool {
		all, err := h.driver.Observe(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		for id, o := range all {
			if id != stuck && !o.Well(o.Deployment) {
				return false
			}
		}
		return len(all) == len(h.engine.apps())
	})
	running := map[seedbed.WorkloadID]int{}
	list, err := h.driver.Instances(h.t.Context())
	for _, i := range list {
		running[i.Workload]++
	}
	want := h.engine.apps()
	delete(want, stuck)
	for id := range want {
		if running[id] != 1 || err != nil {
			h.t.Errorf("of %s there are %d (%v)", id, running[id], err)
		}
	}
	if n := h.known.Load(); n < hostileRounds {
		h.t.Errorf("only %d answers said anything: the proxies let nothing through", n)
	}
}

// caller uses the driver for one site of its own, and knows what may be so of it.
type caller struct {
	*hostile
	chance *rand.Rand
	id     seedbed.WorkloadID
	may    map[string]bool // marks that it may have; "" means that it may be gone
	count  int
}

func (c *caller) step() {
	if c.may == nil {
		c.may = map[string]bool{"": true}
	}
	switch c.chance.IntN(8) {
	case 0, 1:
		c.apply()
	case 2:
		c.remove()
	case 3, 4:
		c.observe()
	case 5:
		c.instances()
	case 6:
		c.tasks()
	default:
		c.ask()
	}
}

// knows reports whether something was said; what was not must be Unavailable.
func (c *caller) knows(what string, err error) bool {
	if err == nil {
		c.known.Add(1)
		return true
	}
	if seedbed.CodeOf(err) != seedbed.Unavailable {
		c.t.Errorf("%s gives %v", what, err)
	}
	return false
}

// apply orders something new, or the same again. What an order left undone may
// never be told as done.
func (c *caller) apply() {
	mark := fmt.Sprint("d", c.count)
	if c.count == 0 || c.chance.IntN(3) > 0 {
		c.count++
		mark = fmt.Sprint("d", c.count)
	}
	if !c.knows("Apply", c.driver.Apply(c.t.Context(), load(c.id, mark))) {
		c.may[mark] = true
		return
	}
	c.may = map[string]bool{mark: true}
	if got := c.engine.apps()[c.id]; got != mark {
		c.t.Errorf("%s was taken as %s, and is %q", c.id, mark, got)
	}
}

func (c *caller) remove() {
	if !c.knows("Remove", c.driver.Remove(c.t.Context(), c.id)) {
		c.may[""] = true
		return
	}
	c.may = map[string]bool{"": true}
	if mark, there := c.engine.apps()[c.id]; there {
		c.t.Errorf("%s was removed, and is there as %s", c.id, mark)
	}
}

func (c *caller) observe() {
	all, err := c.driver.Observe(c.t.Context())
	if !c.knows("Observe", err) {
		return
	}
	if o := all[steady]; !o.Well("steady") {
		c.t.Errorf("what is well is told as %+v", o)
	}
	if o := all[stuck]; o.Deployment != "stuck" || o.Settled {
		c.t.Errorf("what is under way is told as %+v", o)
	}
	// While it ends it is told without a mark.
	if o, there := all[c.id]; !c.may[o.Deployment] || !there && !c.may[""] {
		c.t.Errorf("%s is told as %+v, and may be %v", c.id, o, c.may)
	}
}

func (c *caller) instances() {
	list, err := c.driver.Instances(c.t.Context())
	if !c.knows("Instances", err) {
		return
	}
	count := map[seedbed.WorkloadID]int{}
	for _, i := range list {
		count[i.Workload]++
	}
	if count[steady] != 1 || count[stuck] != 0 || count[c.id] > 2 { // two while one takes over from the other
		c.t.Errorf("instances are told as %v", count)
	}
}

func (c *caller) tasks() {
	list, err := c.driver.Tasks(c.t.Context(), steady)
	if c.knows("Tasks", err) && (len(list) == 0 || list[0].State != seedbed.TaskRunning) {
		c.t.Errorf("the tasks of what is well are %+v", list)
	}
}

func (c *caller) ask() {
	c.knows("Check", c.driver.Check(c.t.Context()))
	if list, err := c.driver.Machines(c.t.Context()); c.knows("Machines", err) && (len(list) != 1 || list[0].Tasks == 0) {
		c.t.Errorf("the machines are %+v", list)
	}
}

// faults befall half of all requests.
type faults struct {
	mu              sync.Mutex
	chance          *rand.Rand
	stranger, other string
}

type meddling func(w http.ResponseWriter, r *http.Request, next http.Handler)

func (f *faults) meddle(w http.ResponseWriter, r *http.Request, next http.Handler) {
	f.pick()(w, r, next)
}

func (f *faults) pick() meddling {
	f.mu.Lock()
	defer f.mu.Unlock()
	pass := func(w http.ResponseWriter, r *http.Request, next http.Handler) { next.ServeHTTP(w, r) }
	if f.chance.IntN(2) == 0 {
		return pass
	}
	wait := time.Duration(f.chance.IntN(20)) * time.Millisecond
	all := []meddling{
		cut, lose, breakOff(f.chance.Float64()), dropKey(`"apps":`), dropKey(`"tasks":`), dropKey(`"deployments":`), dropKey(`"deployments":`), dropKey(`"deploymentId":`),
		func(w http.ResponseWriter, r *http.Request, next http.Handler) { time.Sleep(wait); pass(w, r, next) },
		func(w http.ResponseWriter, r *http.Request, next http.Handler) { time.Sleep(wait); lose(w, r, next) },
		page(200, ``), page(200, `{}`), page(200, `null`), page(200, `[]`), page(200, `[null]`), page(200, `""`), page(200, `<html>Sign in</html>`),
		page(204, ``), page(400, `<html>`), page(404, ``), page(404, `<html>`), page(404, `{"message":"Not Found"}`), page(405, ``), page(408, ``),
		page(409, `<html>`), page(413, `<html>`), page(429, ``), page(500, ``), page(500, `{"message":"x"}`), page(502, `{"message":"Could not determine the current leader"}`),
		page(503, ``), page(503, `{"apps":[]}`), page(503, `<html>`), page(504, `<html>`),
		lead(f.stranger, 302), lead(f.stranger, 307), lead(f.other, 302), lead(f.other, 307), lead("", 302),
		func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			next.ServeHTTP(otherKind{w}, r)
		},
	}
	return all[f.chance.IntN(len(all))]
}

// lead redirects.
func lead(to string, status int) meddling {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("Location", to+r.URL.RequestURI())
		w.WriteHeader(status)
	}
}

// breakOff carries a request out and sends a part of the answer as if it were
// all.
func breakOff(share float64) meddling {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if isStream(r) {
			cut(w, r, next)
		}
		rec := recorded(r, next)
		body := rec.Body.Bytes()
		w.WriteHeader(rec.Code)
		_, _ = w.Write(body[:int(share*float64(len(body)))])
	}
}

// dropKey carries a request out and gives one key of the answer another name.
func dropKey(key string) meddling {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if isStream(r) {
			cut(w, r, next)
		}
		rec := recorded(r, next)
		w.WriteHeader(rec.Code)
		_, _ = fmt.Fprint(w, strings.ReplaceAll(rec.Body.String(), key, `"x`+key[1:]))
	}
}

func recorded(r *http.Request, next http.Handler) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	r.Header.Del("Accept-Encoding")
	next.ServeHTTP(rec, r)
	return rec
}

func isStream(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v2/events") }

// otherKind says that whatever is sent is a page.
type otherKind struct{ http.ResponseWriter }

// WriteHeader changes the kind.
func (o otherKind) WriteHeader(status int) {
	o.Header().Set("Content-Type", "text/html")
	o.ResponseWriter.WriteHeader(status)
}

// Unwrap lets streams be flushed.
func (o otherKind) Unwrap() http.ResponseWriter { return o.ResponseWriter }
