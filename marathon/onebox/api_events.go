package onebox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// streamEvents handles GET /v2/events: server-sent events, without ids and
// without replay, with an empty line every ten seconds as a sign of life.
func (e *Engine) streamEvents(w http.ResponseWriter, r *http.Request) error {
	if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		return &apiError{Status: http.StatusMethodNotAllowed, Message: "Method Not Allowed"}
	}
	l := e.hub.listen(clientIP(r), r.URL.Query()["event_type"])
	defer e.hub.leave(l, clientIP(r))
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	stream := stream{w: w, control: http.NewResponseController(w)}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for stream.next(r, l, beat.C) {
	}
	return nil
}

// stream writes to one listener; one that does not read is given up (see pace).
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// next waits for an event or a heartbeat and sends it. It reports whether the
// stream goes on.
func (s stream) next(r *http.Request, l *listener, beat <-chan time.Time) bool {
	select {
	case <-r.Context().Done():
		return false
	case <-beat:
		return s.send([]byte("\r\n"))
	case event, open := <-l.queue:
		if !open {
			return false
		}
		frame, err := event.frame()
		return err == nil && s.send(frame)
	}
}

func (s stream) send(b []byte) bool {
	if _, err := s.w.Write(b); err != nil {
		return false
	}
	return s.control.Flush() == nil
}

// written is the event as it is sent: its type and one line of JSON.
func (ev event) written() ([]byte, error) {
	data, err := json.Marshal(ev.Fields)
	if err != nil {
		return nil, fmt.Errorf("write the event %s: %w", ev.Type, err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\r\ndata: %s\r\n\r\n", ev.Type, data)
	return b.Bytes(), nil
}
