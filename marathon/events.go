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

	"seedbed"
)

const (
	// silence is how long an event stream may say nothing at all: Marathon
	// sends an empty line every ten seconds.
	silence = 25 * time.Second
	// openWithin is how long an address may take to begin a stream.
	openWithin = 10 * time.Second

	firstRetry = 500 * time.Millisecond
	lastRetry  = 10 * time.Second
	// steady is how long a stream must have lasted for the next retry to be
	// quick again.
	steady = 30 * time.Second

	// maxEventLine bounds how long is waited for the end of a line. Before 1.8 an
	// event may hold all definitions that there are, twice.
	maxEventLine = 64 << 20
)

// watched are the events after which something may be different. Others, such
// as heartbeats of health checks, are not even sent.
var watched = []string{
	"event_stream_attached", "status_update_event", "instance_changed_event", "health_status_changed_event",
	"instance_health_changed_event", "unhealthy_instance_kill_event", "unknown_instance_terminated_event", "app_terminated_event",
	"group_change_success", "group_change_failed", "deployment_info", "deployment_success", "deployment_failed",
	"deployment_step_success", "deployment_step_failure",
}

// Watch calls changed after every event and every time that it has connected
// anew, for events may have been missed, until ctx ends. It calls it from one
// goroutine, one call after the other.
func (c *Client) Watch(ctx context.Context, changed func()) {
	c.Follow(ctx, func(seedbed.Hint) { changed() })
}

// Follow does the same as Watch and tells what each event concerns.
func (c *Client) Follow(ctx context.Context, told func(seedbed.Hint)) {
	wait := firstRetry
	for ctx.Err() == nil {
		began := time.Now()
		err := c.listenAnywhere(ctx, told)
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

// listenAnywhere reads the event stream of the first address that has one.
func (c *Client) listenAnywhere(ctx context.Context, told func(seedbed.Hint)) error {
	unreachable, first := &UnreachableError{}, int(c.preferred.Load())
	for n := range c.urls {
		base := c.urls[(first+n)%len(c.urls)]
		began, err := c.listen(ctx, base, told)
		if began || ctx.Err() != nil {
			return err
		}
		unreachable.Failures = append(unreachable.Failures, fmt.Errorf("%s: %w", base.Host, err))
	}
	return unreachable
}

// rest waits for d or for the end of ctx.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// listen reads one event stream to its end, which is always an error, and says
// whether it began.
func (c *Client) listen(ctx context.Context, base *url.URL, told func(seedbed.Hint)) (began bool, _ error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(openWithin, func() { cancel(errors.New("the event stream is silent")) })
	defer watchdog.Stop()
	res, err := c.send(ctx, base, get("/v2/events", url.Values{"event_type": watched}), "text/event-stream")
	if err != nil {
		return false, fmt.Errorf("open the event stream: %w", errors.Join(err, context.Cause(ctx)))
	}
	defer res.Body.Close()
	if err := checkStream(res); err != nil {
		return false, err
	}
	watchdog.Reset(silence)
	told(seedbed.Hint{Missed: true, All: true})
	err = readEvents(wakeful{res.Body, watchdog}, func(kind string, data []byte) { told(c.hint(kind, data)) })
	return true, fmt.Errorf("read the event stream: %w", errors.Join(err, context.Cause(ctx)))
}

func checkStream(res *http.Response) error {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode == http.StatusOK && kind == "text/event-stream" {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(res.Body, 4096)) // only to say more
	return fmt.Errorf("open the event stream: %w", errorOf(res.StatusCode, body))
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

// maxEvent is how much of an event is kept. The longer ones, which hold whole
// definitions, concern all then.
const maxEvent = 64 << 10

// readEvents calls told for every whole event, until the stream ends. Of one that
// is too long only the beginning is told. Lines end with \n or \r\n, and lines
// beginning with ":" are comments.
func readEvents(r io.Reader, told func(kind string, data []byte)) error {
	lines, kind, data := bufio.NewReaderSize(r, maxEvent), "", []byte(nil)
	for {
		line, err := beginOfLine(lines)
		switch name, value, _ := strings.Cut(line, ":"); {
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		case line == "" && data != nil:
			told(kind, data)
			kind, data = "", nil
		case name == "event":
			kind = strings.TrimPrefix(value, " ")
		case name == "data" && len(data) < maxEvent:
			data = append(append(data, strings.TrimPrefix(value, " ")...), '\n')
		}
	}
}

// beginOfLine returns as much of the next line as fits the buffer, and skips the
// rest of it.
func beginOfLine(r *bufio.Reader) (string, error) {
	chunk, more, err := r.ReadLine()
	line, length := string(chunk), len(chunk)
	for more && err == nil {
		if length > maxEventLine {
			return "", errors.New("a line of the event stream does not end")
		}
		chunk, more, err = r.ReadLine()
		length += len(chunk)
	}
	return line, err
}
