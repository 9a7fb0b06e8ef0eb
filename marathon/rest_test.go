package marathon

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"seedbed"
)

// masters is a Marathon at several addresses, without a network.
type masters map[string]func(*http.Request) (*http.Response, error)

// RoundTrip answers as the address does.
func (m masters) RoundTrip(r *http.Request) (*http.Response, error) { return m[r.URL.Host](r) }

func response(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}
}

// hangs answers nothing until it is given up.
func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func empties(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	engine("", "", "")(rec, r)
	return response(r, rec.Code, rec.Body.String()), nil
}

func (m masters) client(t *testing.T, urls ...string) *Client {
	t.Helper()
	c, err := New(Config{URLs: urls, HTTP: &http.Client{Transport: m}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// One that takes connections and never answers must not hide those that are
// well, and is asked first only once.
func TestCall_LeavesAMasterThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := masters{"a": hangs, "b": empties}.client(t, "http://a", "http://b")
		for n, limit := range []time.Duration{askWithin, 0} {
			began := time.Now()
			if _, err := c.Observe(t.Context()); err != nil || time.Since(began) > limit {
				t.Errorf("look %d: after %v: %v", n, time.Since(began), err)
			}
		}
	})
}

// Whoever asks may have less patience than one address gets.
func TestCall_AsksAnotherFirstAfterOneThatHung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := masters{"a": hangs, "b": empties}.client(t, "http://a", "http://b")
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Observe(short); seedbed.CodeOf(err) != seedbed.Unavailable || time.Since(began(short)) > time.Second {
			t.Errorf("in one second: %v", err)
		}
		again, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Observe(again); err != nil {
			t.Errorf("the second time: %v", err)
		}
	})
}

func began(ctx context.Context) time.Time {
	deadline, _ := ctx.Deadline()
	return deadline.Add(-time.Second)
}

func TestCall_EndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := masters{"a": hangs, "b": hangs}.client(t, "http://a", "http://b")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		if err := c.Apply(ctx, testWorkload()); err == nil || time.Since(start) > time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if c.preferred.Load() != 0 {
			t.Error("that it was not waited for is held against the address")
		}
		start = time.Now()
		if err := c.Apply(t.Context(), testWorkload()); err == nil || time.Since(start) > callTimeout {
			t.Errorf("without an end it took %v: %v", time.Since(start), err)
		}
	})
}

// Each address is asked once, however it fails, and not again in a loop.
func TestCall_AsksEachAddressOnce(t *testing.T) {
	var asked atomic.Int32
	fail := func(status int, body string) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) {
			asked.Add(1)
			return response(r, status, body), nil
		}
	}
	for name, c := range map[string]struct {
		a    func(*http.Request) (*http.Response, error)
		want int32
	}{
		"faults":              {fail(500, `{"message":"x"}`), 3},
		"strangers":           {fail(404, `<html>`), 3},
		"doubtful":            {fail(200, `{}`), 3},
		"refused":             {fail(422, `{"message":"x"}`), 1},
		"locked":              {fail(409, `{"message":"x","deployments":[{"id":"d"}]}`), 1},
		"unknown path of 1.8": {fail(500, `{"message":"URI not found"}`), 1},
		"no way in":           {fail(401, ``), 1},
	} {
		asked.Store(0)
		client := masters{"a": c.a, "b": c.a, "c": c.a}.client(t, "http://a", "http://b", "http://c")
		if err := client.Apply(t.Context(), testWorkload()); err == nil || asked.Load() != c.want {
			t.Errorf("%s: asked %d times, want %d: %v", name, asked.Load(), c.want, err)
		}
	}
}

// Only what may be repeated is ever sent, since whether it was carried out is
// not known after a lost answer.
func TestCall_SendsOnlyWhatMayBeRepeated(t *testing.T) {
	methods := map[string]bool{}
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		methods[r.Method] = true
		answers(503, ``)(w, r)
	})
	_ = c.Apply(t.Context(), testWorkload())
	_ = c.Remove(t.Context(), "/a")
	_ = c.Check(t.Context())
	_, _ = c.Observe(t.Context())
	_, _ = c.Instances(t.Context())
	_, _ = c.Machines(t.Context())
	_, _ = c.Tasks(t.Context(), "/a")
	if len(methods) != 3 || !methods["PUT"] || !methods["DELETE"] || !methods["GET"] {
		t.Errorf("methods are %v", methods)
	}
}

// Redirects lead to the leader, if it is one of the addresses. Elsewhere nothing
// is believed, and neither the password nor a definition is sent.
func TestCall_FollowsRedirectsOnlyToItsOwnMasters(t *testing.T) {
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		var authorized, sent atomic.Int32
		leader := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body, _ := io.ReadAll(r.Body); len(body) > 0 {
				sent.Add(1)
			}
			if r.Header.Get("Authorization") != "" {
				authorized.Add(1)
			}
			if r.Method == http.MethodPut {
				answers(200, taken)(w, r)
				return
			}
			engine("", "", "")(w, r)
		}))
		defer leader.Close()
		here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, leader.URL+r.URL.RequestURI(), status)
		}))
		defer here.Close()
		alone := clientAt(t, here.URL)
		if got, err := alone.Observe(t.Context()); seedbed.CodeOf(err) != seedbed.Unavailable {
			t.Errorf("%d: a stranger is believed that there is %v", status, got)
		}
		if err := alone.Apply(t.Context(), testWorkload()); seedbed.CodeOf(err) != seedbed.Unavailable || sent.Load()+authorized.Load() > 0 {
			t.Errorf("%d: a stranger was sent %d definitions and %d passwords: %v", status, sent.Load(), authorized.Load(), err)
		}
		both := clientAt(t, here.URL, leader.URL)
		if _, err := both.Observe(t.Context()); err != nil || authorized.Load() == 0 {
			t.Errorf("%d: the leader is not asked: %v", status, err)
		}
		both.preferred.Store(0)
		if err := both.Apply(t.Context(), testWorkload()); err != nil || sent.Load() != 1 {
			t.Errorf("%d: the leader was sent %d definitions: %v", status, sent.Load(), err)
		}
	}
}

func TestCall_EndsWhereRedirectsGoInCircles(t *testing.T) {
	var asked atomic.Int32
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	})
	if err := c.Apply(t.Context(), testWorkload()); err == nil || asked.Load() > maxRedirects+1 {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
}

// Lists that were read from two leaders do not belong together, and a new leader
// may not have read yet what is under way.
func TestObserve_WaitsForANewLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leader := "a:8080"
		c := masters{"a": func(r *http.Request) (*http.Response, error) {
			res, err := empties(r)
			res.Header.Set("X-Marathon-Leader", "http://"+leader)
			if r.URL.Path == "/v2/apps" && leader == "a:8080" {
				leader = "b:8080" // after this answer
			}
			return res, err
		}}.client(t, "http://a")
		if got, err := c.Observe(t.Context()); seedbed.CodeOf(err) != seedbed.Unavailable {
			t.Errorf("from two leaders: %v, %v", got, err)
		}
		if _, err := c.Instances(t.Context()); seedbed.CodeOf(err) != seedbed.Unavailable {
			t.Errorf("from a new leader: %v", err)
		}
		time.Sleep(newLeader)
		if _, err := c.Observe(t.Context()); err != nil {
			t.Errorf("from a leader that stays: %v", err)
		}
	})
}

// What only explains must not hold up what is known.
func TestObserve_DoesNotWaitLongForReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lists := engine(waitingApp, "", "")
		c := masters{"a": func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/v2/queue" {
				return hangs(r)
			}
			rec := httptest.NewRecorder()
			lists(rec, r)
			return response(r, rec.Code, rec.Body.String()), nil
		}}.client(t, "http://a")
		start := time.Now()
		if got, err := c.Observe(t.Context()); err != nil || len(got) != 2 || time.Since(start) > explainWithin {
			t.Errorf("after %v: %v, %v", time.Since(start), got, err)
		}
	})
}

func TestCall_ReadsNoAnswerWithoutEnd(t *testing.T) {
	c := masters{"a": func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(spaces{}), Request: r}, nil
	}}.client(t, "http://a")
	if _, err := c.Observe(t.Context()); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("%v", err)
	}
}

// spaces has no end.
type spaces struct{}

// Read gives spaces.
func (spaces) Read(p []byte) (int, error) {
	for n := range p {
		p[n] = ' '
	}
	return len(p), nil
}

// Nothing is left running, nor any connection open, by answers that are broken.
func TestCall_LeavesNothingBehind(t *testing.T) {
	var n atomic.Int32
	bodies := []string{`{"apps":`, ``, `{}`, strings.Repeat("x", 1<<20), `{"message":"x"}`}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k := int(n.Add(1))
		w.WriteHeader([]int{200, 500, 404, 503}[k%4])
		fmt.Fprint(w, bodies[k%len(bodies)])
	}))
	defer server.Close()
	transport := &http.Transport{}
	c, err := New(Config{URLs: []string{server.URL}, HTTP: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for range 40 {
		_, _ = c.Observe(t.Context())
		_ = c.Apply(t.Context(), testWorkload())
		_, _ = c.listen(t.Context(), c.urls[0], func(seedbed.Hint) {})
	}
	transport.CloseIdleConnections()
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before+1; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines became %d", before, runtime.NumGoroutine())
		}
	}
}
