package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"time"

	"seedbed"
	"seedbed/httperror"
	"seedbed/templates"
)

const (
	// tick is how often progress is looked at without being told of a change:
	// the time that a step takes goes on meanwhile.
	tick = 5 * time.Second
	// sendWithin is how long one piece of progress may take to be received.
	sendWithin = 30 * time.Second
	// streamFor is how long one connection is held. The browser makes a new
	// one then, and is asked anew who it is.
	streamFor = 15 * time.Minute
)

// tellDeployment handles GET /deployments/{id}/events: server-sent events that
// hold the changing part of the page, until the deployment has ended.
func (p *portal) tellDeployment(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.progress(r); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	stream := &progressStream{portal: p, r: r, w: w, sender: http.NewResponseController(w)}
	if err := stream.run(); err != nil && r.Context().Err() == nil {
		p.log(r, httperror.Status(err), fmt.Errorf("tell progress: %w", err))
	}
	return nil // the answer has begun; there is no room for a page
}

// progressStream tells one browser how a deployment goes.
type progressStream struct {
	*portal
	r      *http.Request
	w      http.ResponseWriter
	sender *http.ResponseController
	sent   []byte
}

// run sends what there is to tell at once, and then whenever it is different.
func (s *progressStream) run() error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	end := time.NewTimer(streamFor)
	defer end.Stop()
	for {
		changed := s.Control.Changes() // before looking, so that nothing is missed
		ended, err := s.look()
		if err != nil || ended {
			return err
		}
		select {
		case <-changed:
		case <-ticker.C:
		case <-end.C:
			return nil
		case <-s.r.Context().Done():
			return nil
		}
	}
}

// look sends the fragment if it differs from the one before, and a sign of
// life if not.
func (s *progressStream) look() (ended bool, err error) {
	page, err := s.progress(s.r)
	if err != nil {
		return false, err
	}
	var fragment bytes.Buffer
	if err := templates.ProgressNow(s.frame(s.r, templates.Sites, ""), page).Render(s.r.Context(), &fragment); err != nil {
		return false, fmt.Errorf("draw progress: %w", err)
	}
	message := []byte(": still here\n\n")
	if !bytes.Equal(fragment.Bytes(), s.sent) {
		s.sent = fragment.Bytes()
		message = event("progress", s.sent)
	}
	if page.Deployment.State != seedbed.Working {
		return true, s.send(append(message, event("end", []byte("ended"))...))
	}
	return false, s.send(message)
}

func (s *progressStream) send(message []byte) error {
	if err := s.sender.SetWriteDeadline(time.Now().Add(sendWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("set deadline: %w", err)
	}
	if _, err := s.w.Write(message); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return s.sender.Flush()
}

// event is one message in the form of the HTML standard, "Server-sent events".
func event(name string, data []byte) []byte {
	data = bytes.ReplaceAll(data, []byte("\r"), nil)
	return fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, bytes.ReplaceAll(data, []byte("\n"), []byte("\ndata: ")))
}
