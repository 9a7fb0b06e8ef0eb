package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"seedbed/api/wire"
)

// Follow calls tell with the end of a log and then with each piece that is
// printed, until ctx ends or tell returns an error. A connection that drops is
// made anew, and nothing is left out or told twice.
func (c *Client) Follow(ctx context.Context, path string, tell func(wire.Log) error) error {
	f := &follower{Client: c, path: path, tell: tell}
	for failures := 0; ; {
		began := f.last
		err := f.connection(ctx)
		var none *NoAnswer
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !errors.As(err, &none):
			return err
		case err == nil || f.last != began:
			failures = 0
		default:
			failures++
		}
		if failures == tries {
			return err
		}
		if err := pause(ctx, time.Duration(max(1, failures))*time.Second); err != nil {
			return err
		}
	}
}

// follower is one log that is followed.
type follower struct {
	*Client
	path string
	tell func(wire.Log) error
	last string // id of the last event that was told
}

// connection tells all events of one connection.
func (f *follower) connection(ctx context.Context) error {
	request, err := f.request(ctx, http.MethodGet, f.path, nil, nil)
	if err != nil {
		return err
	}
	if f.last != "" {
		request.Header.Set("Last-Event-ID", f.last)
	}
	answer, err := f.long.Do(request)
	if err != nil {
		return f.noAnswer(errors.Unwrap(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
		if err != nil {
			return f.noAnswer(err)
		}
		return f.refused(answer, body)
	}
	return f.events(answer.Body)
}

// events reads server-sent events, as our server writes them: each in lines of
// its own, with all of its data in one.
func (f *follower) events(r io.Reader) error {
	var id, name, data string
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxAnswer)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data = value
		}
		if lines.Text() != "" || name == "" {
			continue
		}
		if err := f.event(name, data); err != nil {
			return err
		}
		f.last, id, name, data = id, "", "", ""
	}
	if err := lines.Err(); err != nil {
		return f.noAnswer(err)
	}
	return nil
}

func (f *follower) event(name, data string) error {
	switch name {
	case "log":
		var log wire.Log
		if err := json.Unmarshal([]byte(data), &log); err != nil {
			return fmt.Errorf("read a piece of a log: %w", err)
		}
		return f.tell(log)
	case "problem":
		refused := &Refused{}
		if err := json.Unmarshal([]byte(data), &refused.Problem); err != nil {
			return fmt.Errorf("read a problem: %w", err)
		}
		return refused
	}
	return nil // one that a newer server tells
}
