package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"seedbed"
	"seedbed/control"
)

const (
	logTick = time.Second // between two looks for new lines
	// longestLine is how much of a line is waited for before it is shown in
	// pieces.
	longestLine = 16 << 10
	maxStreams  = 50 // logs that are followed at the same time
	// maxStreamsEach is how many of them one person follows.
	maxStreamsEach = 10
)

// tellLog handles GET /sites/{name}/logs/events: server-sent events with new
// lines of a log from an offset on. The id of each is the offset after it, with
// which a browser goes on when the connection has dropped.
func (p *portal) tellLog(w http.ResponseWriter, r *http.Request) error {
	log, err := p.Control.Log(r.Context(), actor(r), siteName(r), seedbed.TaskID(r.URL.Query().Get("task")), streamAsked(r))
	if err != nil {
		return err
	}
	leave, ok := p.streams.Take(actor(r).User.ID)
	if !ok {
		return &seedbed.Error{Code: seedbed.TooMany, Message: "Too many logs are being followed. Load the page again for the newest lines."}
	}
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	stream := &logStream{progressStream{portal: p, r: r, w: w, sender: http.NewResponseController(w)}, log, offsetAsked(r)}
	if err := stream.run(); err != nil && r.Context().Err() == nil {
		p.log(r, http.StatusServiceUnavailable, fmt.Errorf("tell a log: %w", err))
	}
	return nil // the answer has begun; there is no room for a page
}

// offsetAsked is where the browser's own lines end.
func offsetAsked(r *http.Request) int64 {
	for _, text := range []string{r.Header.Get("Last-Event-ID"), r.URL.Query().Get("from")} {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
			return n
		}
	}
	return 0
}

// logStream tells one browser what a task prints.
type logStream struct {
	progressStream
	log  control.Log
	from int64
}

// run looks for new lines until the browser goes or the connection has lasted
// long enough.
func (s *logStream) run() error {
	ctx, cancel := context.WithTimeout(s.r.Context(), streamFor)
	defer cancel()
	ticker := time.NewTicker(logTick)
	defer ticker.Stop()
	for {
		message, err := s.next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.send(message); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// next returns what is new, or a sign of life. A line is told when it is whole,
// or too long to wait for. Who may no longer see them gets no more.
func (s *logStream) next(ctx context.Context) ([]byte, error) {
	if _, err := s.Control.SiteFor(ctx, actor(s.r), siteName(s.r), seedbed.SeeLogs); err != nil {
		return nil, err
	}
	part, err := s.log.Read(ctx, s.from, logPage)
	if err != nil {
		return nil, err
	}
	if part.Size < s.from { // the older part was put aside
		s.from = 0
		return []byte(": begins anew\n\n"), nil
	}
	end := strings.LastIndexByte(part.Text, '\n') + 1
	if end == 0 && len(part.Text) >= longestLine {
		end = len(part.Text)
	}
	if end == 0 {
		return []byte(": still here\n\n"), nil
	}
	lines, _ := plainLines(seedbed.LogPart{Text: part.Text[:end]})
	s.from += int64(end)
	if end == len(part.Text) {
		s.from = part.To
	}
	return fmt.Appendf(nil, "id: %d\n%s", s.from, event("lines", []byte(strings.Join(lines, "\n")))), nil
}
