package marathon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"seedbed"
)

func TestReadEvents_CountsWholeEvents(t *testing.T) {
	for name, c := range map[string]struct {
		stream string
		want   int
	}{
		"Marathon's":         {"event: a\r\ndata: {}\r\n\r\nevent: b\r\ndata: {}\r\n\r\n", 2},
		"heartbeats":         {"\r\n\r\n\r\n", 0},
		"comments":           {": hello\n\n", 0},
		"in between":         {"\r\nevent: a\r\ndata: {}\r\n\r\n\r\n", 1},
		"plain lines":        {"event: a\ndata: {}\n\n", 1},
		"data in many lines": {"data: 1\ndata: 2\n\n", 1},
		"cut off":            {"event: a\r\ndata: {", 0},
		"huge":               {"event: a\r\ndata: " + strings.Repeat("x", 9<<20) + "\r\n\r\nevent: b\r\ndata: {}\r\n\r\n", 2},
		"garbage":            {"\x00\xff\r\r\n<html>\n\ndata\n\n{}{}{}\n\n", 1},
	} {
		n := 0
		if err := readEvents(strings.NewReader(c.stream), func(string, []byte) { n++ }); !errors.Is(err, io.ErrUnexpectedEOF) || n != c.want {
			t.Errorf("%s: %d events, %v", name, n, err)
		}
	}
}

func TestWatch_ConnectsAnewAndTellsSo(t *testing.T) {
	var connections atomic.Int32
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "text/event-stream" {
			t.Errorf("it accepts %q", r.Header.Get("Accept"))
		}
		connections.Add(1)
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "event: x\r\ndata: {}\r\n\r\n") // and is gone
	})
	ctx, cancel := context.WithCancel(t.Context())
	var changes int32
	c.Watch(ctx, func() {
		if changes++; connections.Load() >= 3 {
			cancel()
		}
	})
	if changes < 5 { // two for each whole connection, one at least for the last
		t.Errorf("%d changes were told in %d connections", changes, connections.Load())
	}
}

func TestWatch_DoesNotTakeAnErrorForAStream(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"error": answers(503, `{}`), "page": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
	} {
		c := clientFor(t, handle)
		if began, err := c.listen(t.Context(), c.urls[0], func(seedbed.Hint) { t.Errorf("%s: a change is told", name) }); err == nil || began {
			t.Errorf("%s: taken for a stream", name)
		}
	}
}

// A line that never ends is given up, and takes no memory until then.
func TestReadEvents_EndsALineWithoutEnd(t *testing.T) {
	if err := readEvents(spaces{}, func(string, []byte) { t.Error("an event is told") }); err == nil || !strings.Contains(err.Error(), "does not end") {
		t.Errorf("%v", err)
	}
}

// stream is an answer whose body is what the test writes.
func stream(r *http.Request, body io.ReadCloser) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: body, Request: r}
}

// halfOpen is a connection whose other end has gone without a word.
type halfOpen struct{ ctx context.Context }

// Read waits until it is given up.
func (h halfOpen) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

// Close does nothing.
func (halfOpen) Close() error { return nil }

// Without a byte for half a minute, whatever the connection looks like, it
// connects anew and reads everything again.
func TestWatch_NoticesAConnectionThatIsHalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := masters{"a": func(r *http.Request) (*http.Response, error) { return stream(r, halfOpen{r.Context()}), nil }}.client(t, "http://a")
		ctx, cancel := context.WithCancel(t.Context())
		begin, changes := time.Now(), 0
		c.Watch(ctx, func() {
			if changes++; changes == 3 {
				cancel()
			}
		})
		if took := time.Since(begin); took < 2*silence || took > time.Minute {
			t.Errorf("two silent streams took %v", took)
		}
	})
}

// Heartbeats are signs of life: a stream on which nothing happens is kept.
func TestWatch_KeepsAStreamOnWhichNothingHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		connections := 0
		c := masters{"a": func(r *http.Request) (*http.Response, error) {
			connections++
			read, write := io.Pipe()
			go func() {
				for r.Context().Err() == nil {
					time.Sleep(10 * time.Second)
					_, _ = io.WriteString(write, "\r\n")
				}
			}()
			context.AfterFunc(r.Context(), func() { _ = write.CloseWithError(io.ErrClosedPipe) })
			return stream(r, read), nil
		}}.client(t, "http://a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		changes := 0
		c.Watch(ctx, func() { changes++ })
		if connections != 1 || changes != 1 {
			t.Errorf("in an hour there were %d connections and %d changes", connections, changes)
		}
		time.Sleep(20 * time.Second) // the heart stops
	})
}

// A stream that ends each second, at once or never begins is no busy loop.
func TestWatch_DoesNotHurry(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"ends each second": func(r *http.Request) (*http.Response, error) {
			read, write := io.Pipe()
			time.AfterFunc(time.Second, func() { _ = write.Close() })
			return stream(r, read), nil
		},
		"ends at once": func(r *http.Request) (*http.Response, error) {
			return stream(r, io.NopCloser(strings.NewReader("data: x\n\n"))), nil
		},
		"never begins":    func(r *http.Request) (*http.Response, error) { return response(r, 503, ``), nil },
		"nobody there":    func(*http.Request) (*http.Response, error) { return nil, errors.New("refused") },
		"does not answer": hangs,
	} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			c := masters{"a": func(r *http.Request) (*http.Response, error) {
				asked++
				return answer(r)
			}}.client(t, "http://a")
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			c.Watch(ctx, func() {})
			if asked < 25 || asked > 130 {
				t.Errorf("%s: it connected %d times in ten minutes", name, asked)
			}
		})
	}
}

// Where one master has no stream, another may.
func TestWatch_FindsTheLeader(t *testing.T) {
	for name, follower := range map[string]func(*http.Request) (*http.Response, error){
		"hangs": hangs,
		"502": func(r *http.Request) (*http.Response, error) {
			return response(r, 502, `{"message":"Could not determine the current leader"}`), nil
		},
		"leads to the other by a name of its own": func(r *http.Request) (*http.Response, error) {
			res := response(r, 302, ``)
			res.Header.Set("Location", "http://leader.internal/v2/events")
			return res, nil
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			answered := func(r *http.Request) (*http.Response, error) {
				if _, _, known := r.BasicAuth(); !known {
					return response(r, 401, ``), nil
				}
				return stream(r, halfOpen{r.Context()}), nil
			}
			c, err := New(Config{URLs: []string{"http://a", "http://b"}, User: "portal", Password: "secret", HTTP: &http.Client{
				Transport: masters{"a": follower, "b": answered, "leader.internal": answered}}})
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			c.Watch(ctx, cancel)
			if time.Since(began) > openWithin {
				t.Errorf("%s: it took %v", name, time.Since(began))
			}
		})
	}
}

// A stranger's stream may be silent for ever, and nobody would know.
func TestWatch_ListensToNoStranger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		masters{
			"a": func(r *http.Request) (*http.Response, error) {
				res := response(r, 302, ``)
				res.Header.Set("Location", "http://stranger/v2/events")
				return res, nil
			},
			"stranger": func(r *http.Request) (*http.Response, error) {
				t.Error("a stranger is asked")
				return stream(r, halfOpen{r.Context()}), nil
			},
		}.client(t, "http://a").Watch(ctx, func() { t.Error("a change is told") })
	})
}

func TestWatch_FollowsARedirectToTheLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := masters{
			"a": func(r *http.Request) (*http.Response, error) {
				res := response(r, 302, ``)
				res.Header.Set("Location", "http://b/v2/events?"+r.URL.RawQuery)
				return res, nil
			},
			"b": func(r *http.Request) (*http.Response, error) {
				if _, password, _ := r.BasicAuth(); password != "secret" || len(r.URL.Query()["event_type"]) != len(watched) {
					t.Errorf("the leader is asked %v with %q", r.URL, password)
				}
				return stream(r, halfOpen{r.Context()}), nil
			},
		}.client(t, "http://a", "http://b")
		c.user, c.password = "portal", "secret"
		c.Watch(ctx, cancel)
	})
}
