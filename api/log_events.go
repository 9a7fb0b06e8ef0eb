package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

const (
	logTick    = time.Second // between two looks for new lines
	signOfLife = 15          // looks without anything new after which that is told
	sendWithin = 30 * time.Second
	// streamFor is how long one connection is held; the program makes a new one
	// then.
	streamFor  = 15 * time.Minute
	maxStreams = 50 // logs that are followed at the same time
	// maxStreamsEach is how many of them one user's programs follow.
	maxStreamsEach = 10
)

// followLog handles GET /sites/{name}/log/events: server-sent events, as the
// HTML standard has them, with the end of what the newest task printed and then
// whatever it prints. When a newer task begins, that one is told. The id of each
// event is where it ends: sent back as Last-Event-ID, nothing is left out.
func (a *api) followLog(w http.ResponseWriter, r *http.Request) error {
	name, err := streamAsked(r)
	if err != nil {
		return err
	}
	task, err := a.newestTask(r)
	if err != nil {
		return err
	}
	leave, ok := a.streams.Take(actor(r).User.ID)
	if !ok {
		return busy("Too many logs are being followed. GET "+Prefix+"/sites/{name}/log has the newest lines.", time.Minute)
	}
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	s := &logStream{api: a, r: r, w: w, name: name, task: task.ID, from: -1}
	s.resume(r.Header.Get("Last-Event-ID"))
	defer func() { _ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) }() // the connection may be used again
	if err := s.run(); err != nil && r.Context().Err() == nil {
		a.log(r, http.StatusServiceUnavailable, fmt.Errorf("tell a log: %w", err))
	}
	return nil // the answer has begun; there is no room for a problem
}

// newestTask returns the task of the site that is told.
func (a *api) newestTask(r *http.Request) (seedbed.Task, error) {
	_, tasks, err := a.Control.Tasks(r.Context(), actor(r), siteName(r))
	switch {
	case len(tasks) > 0:
		return tasks[0], nil
	case err != nil:
		return seedbed.Task{}, err
	}
	return seedbed.Task{}, seedbed.Missing("Nothing has printed anything yet, or it is not kept any more.")
}

// logStream tells one program what a site prints.
type logStream struct {
	*api
	r     *http.Request
	w     http.ResponseWriter
	name  seedbed.LogName
	task  seedbed.TaskID
	from  int64 // where the next event begins; negative for the end of what there is
	quiet int   // looks without anything new
}

// resume goes on behind an event that was received before. What cannot be read,
// or is not kept any more, begins anew.
func (s *logStream) resume(id string) {
	at := strings.LastIndexByte(id, ':')
	from, err := strconv.ParseInt(id[at+1:], 10, 64)
	if at <= 0 || err != nil || from < 0 {
		return
	}
	task := seedbed.TaskID(id[:at])
	if _, err := s.Control.Log(s.r.Context(), actor(s.r), siteName(s.r), task, s.name); err == nil {
		s.task, s.from = task, from
	}
}

// run looks for new lines until the program goes or the connection has lasted
// long enough.
func (s *logStream) run() error {
	ctx, cancel := context.WithTimeout(s.r.Context(), streamFor)
	defer cancel()
	ticker := time.NewTicker(logTick)
	defer ticker.Stop()
	for {
		message, err := s.look(ctx)
		if ctx.Err() != nil || s.r.Method == http.MethodHead {
			return nil
		}
		if err != nil {
			return errors.Join(err, s.send(event("problem", "", problemOf(err))))
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

// look returns what is new, if there is something. Who may no longer see it, or
// whose token has ended meanwhile, gets an error.
func (s *logStream) look(ctx context.Context) ([]byte, error) {
	if _, err := s.admit(s.r); err != nil {
		return nil, err
	}
	log, err := s.Control.Log(ctx, actor(s.r), siteName(s.r), s.task, s.name)
	if seedbed.CodeOf(err) == seedbed.Unavailable {
		return s.nothingNew(), nil // it goes on once the engine answers again
	}
	if err != nil && !seedbed.IsNotFound(err) {
		return nil, err
	}
	if err == nil {
		message, err := s.read(ctx, log)
		if len(message) > 0 || seedbed.CodeOf(err) == seedbed.Unavailable {
			return message, nil
		}
		if err != nil && !seedbed.IsNotFound(err) {
			return nil, err
		}
	}
	return s.nextTask()
}

// read returns the next event, or nothing if there is nothing new.
func (s *logStream) read(ctx context.Context, log control.Log) ([]byte, error) {
	part, err := log.Read(ctx, s.from, logLength)
	if err != nil {
		return nil, err
	}
	if part.Size < s.from { // the older part was put aside
		s.from = 0
		return []byte(": begins anew\n\n"), nil
	}
	if part.Text == "" {
		return nil, nil
	}
	s.from, s.quiet = part.To, 0
	return event("log", fmt.Sprintf("%s:%d", s.task, s.from), wire.Log{
		Task: string(s.task), Stream: string(s.name), Text: strings.ToValidUTF8(part.Text, "\ufffd"), From: part.From, Size: part.Size,
	}), nil
}

// nextTask turns to the newest task once the one before has nothing new.
func (s *logStream) nextTask() ([]byte, error) {
	task, err := s.newestTask(s.r)
	switch {
	case err != nil && seedbed.CodeOf(err) != seedbed.Unavailable && !seedbed.IsNotFound(err):
		return nil, err
	case err == nil && task.ID != s.task:
		s.task, s.from = task.ID, 0
	}
	return s.nothingNew(), nil
}

// nothingNew is a sign of life now and then.
func (s *logStream) nothingNew() []byte {
	if s.quiet++; s.quiet%signOfLife != 1 {
		return nil
	}
	return []byte(": still here\n\n")
}

func (s *logStream) send(message []byte) error {
	if len(message) == 0 {
		return nil
	}
	connection := http.NewResponseController(s.w)
	if err := connection.SetWriteDeadline(time.Now().Add(sendWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("set deadline: %w", err)
	}
	if _, err := s.w.Write(message); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return connection.Flush()
}

// event is one message with JSON, which has no line breaks in it.
func event(name, id string, v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		return []byte(": it cannot be told\n\n")
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	return fmt.Appendf(nil, "%sevent: %s\ndata: %s\n\n", id, name, data)
}
