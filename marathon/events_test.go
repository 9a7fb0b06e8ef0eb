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
	} {
		n := 0
		if err := readEvents(strings.NewReader(c.stream), func() { n++ }); !errors.Is(err, io.ErrUnexpectedEOF) || n != c.want {
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
		if began, err := c.listen(t.Context(), c.urls[0], func() { t.Errorf("%s: a change is told", name) }); err == nil || began {
			t.Errorf("%s: taken for a stream", name)
		}
	}
}
