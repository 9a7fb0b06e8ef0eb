package marathon

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// silence is how long an event stream may say nothing at all: Marathon
	// sends an empty line every ten seconds.
	silence = 25 * time.Second

	firstRetry = 500 * time.Millisecond
	lastRetry  = 10 * time.Second
	// steady is how long a stream must have lasted for the next retry to be
	// quick again.
	steady = 30 * time.Second

	maxEventLine = 8 << 20 // an event may hold a whole definition
)

// watched are the events after which something may be different. Others, such
// as heartbeats of health checks, are not even sent.
var watched = []string{
	"event_stream_attached", "status_update_event", "instance_changed_event", "health_status_changed_event",
	"instance_health_changed_event", "unhealthy_instance_kill_event", "app_terminated_event", "group_change_success",
	"deployment_info", "deployment_success", "deployment_failed", "deployment_step_success",
}

// Watch calls changed after every event and every time that it has connected
// anew, for events may have been missed, until ctx ends. It calls it from one
// goroutine, one call after the other.
func (c *Client) Watch(ctx context.Context, changed func()) {
	wait := firstRetry
	for n := 0; ctx.Err() == nil; n++ {
		began := time.Now()
		err := c.listen(ctx, c.urls[(int(c.preferred.Load())+n)%len(c.urls)], changed)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > steady {
			wait = firstRetry
		}
		c.log.Warn("event stream ended", "err", err)
		rest(ctx, wait/2+rand.N(wait/2))
		wait = min(2*wait, lastRetry)
	}
}

// rest waits for d or for the end of ctx.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// listen reads one event stream to its end, which is always an error.
func (c *Client) listen(ctx context.Context, base *url.URL, changed func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(silence, func() { cancel(errors.New("the event stream is silent")) })
	defer watchdog.Stop()
	res, err := c.send(ctx, base, request{method: http.MethodGet, path: "/v2/events", query: url.Values{"event_type": watched}}, "text/event-stream")
	if err != nil {
		return fmt.Errorf("open the event stream: %w", errors.Join(err, context.Cause(ctx)))
	}
	defer res.Body.Close()
	if err := checkStream(res); err != nil {
		return err
	}
	changed()
	err = readEvents(wakeful{res.Body, watchdog}, changed)
	return fmt.Errorf("read the event stream: %w", errors.Join(err, context.Cause(ctx)))
}

func checkStream(res *http.Response) error {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode == http.StatusOK && kind == "text/event-stream" {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(res.Body, 4096)) // only to say more
	return fmt.Errorf("open the event stream: %w", apiError(res.StatusCode, body))
}

// wakeful puts a watchdog off with every byte that it reads.
type wakeful struct {
	r        io.Reader
	watchdog *time.Timer
}

// Read reads and keeps the watchdog quiet.
func (w wakeful) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.watchdog.Reset(silence)
	}
	return n, err
}

// readEvents calls changed for every whole event, until the stream ends. What
// an event says is not used: everything is read again anyway. Lines end with
// \n, \r\n or both in turn, and lines beginning with ":" are comments.
func readEvents(r io.Reader, changed func()) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxEventLine)
	data := false
	for lines.Scan() {
		line := strings.TrimSuffix(lines.Text(), "\r")
		switch {
		case line == "" && data:
			changed()
			data = false
		case strings.HasPrefix(line, "data"):
			data = true
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}
