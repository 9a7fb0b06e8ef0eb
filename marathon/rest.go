package marathon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"seedbed"
)

const (
	callTimeout = 30 * time.Second
	maxAnswer   = 64 << 20
)

// request is one call of the REST API. All that are made here may be repeated.
type request struct {
	method string
	path   string
	query  url.Values
	body   any // encoded as JSON; nil for none
}

// APIError is an answer of Marathon that is an error.
type APIError struct {
	Status  int
	Message string
	// Details are places of the definition with what is wrong there:
	// "/container/docker/image: must not be empty".
	Details []string
	// Deployments are those that lock the app.
	Deployments []string
}

// Error returns everything that Marathon said.
func (e *APIError) Error() string {
	s := fmt.Sprintf("Marathon answered %d: %s", e.Status, e.Message)
	for _, d := range append(append([]string{}, e.Details...), e.Deployments...) {
		s += "; " + d
	}
	return s
}

func isStatus(err error, status int) bool {
	var e *APIError
	return errors.As(err, &e) && e.Status == status
}

// call makes a request, at each address in turn until one answers, and decodes
// the answer into result, if that is not nil. Errors are seedbed.Errors.
func (c *Client) call(ctx context.Context, r request, result any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var failures []error
	first := int(c.preferred.Load())
	for n := range c.urls {
		index := (first + n) % len(c.urls)
		err := c.callAt(ctx, c.urls[index], r, result)
		if !worthAnother(err) {
			c.preferred.Store(int64(index))
			return forPeople(err)
		}
		failures = append(failures, fmt.Errorf("%s: %w", c.urls[index].Host, err))
		if ctx.Err() != nil {
			break
		}
	}
	return forPeople(errors.Join(failures...))
}

// worthAnother reports whether another address may do better: this one does
// not answer, or has no leader to ask.
func worthAnother(err error) bool {
	var e *APIError
	if errors.As(err, &e) {
		return e.Status >= 500
	}
	return err != nil
}

func (c *Client) callAt(ctx context.Context, base *url.URL, r request, result any) error {
	res, err := c.send(ctx, base, r, "application/json")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer: %w", err)
	case len(body) > maxAnswer:
		return errors.New("the answer is too long")
	case res.StatusCode < 200 || res.StatusCode > 299:
		return apiError(res.StatusCode, body)
	case result == nil:
		return nil
	}
	if err := json.Unmarshal(body, result); err != nil {
		return fmt.Errorf("the answer is not what Marathon answers: %w", err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, base *url.URL, r request, accept string) (*http.Response, error) {
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("write the request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	target := base.String() + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Accept", accept)
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	c.authorize(req)
	return c.client().Do(req)
}

func (c *Client) authorize(req *http.Request) {
	if c.user != "" {
		req.SetBasicAuth(c.user, c.password.Reveal())
	}
}

// client follows redirects to the leader, and signs in there as well, but only
// if the leader is one of the addresses that were configured.
func (c *Client) client() *http.Client {
	follow := *c.http
	follow.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > 3 {
			return errors.New("too many redirects")
		}
		for _, u := range c.urls {
			if u.Scheme == req.URL.Scheme && u.Host == req.URL.Host {
				c.authorize(req)
				return nil
			}
		}
		req.Header.Del("Authorization")
		return nil
	}
	return &follow
}

// apiError reads an error answer in any of the forms that Marathon has; what is
// none of them is kept as text.
func apiError(status int, body []byte) *APIError {
	var in struct {
		Message     string          `json:"message"`
		Details     json.RawMessage `json:"details"`
		Deployments []struct {
			ID string `json:"id"`
		} `json:"deployments"`
	}
	e := &APIError{Status: status}
	if err := json.Unmarshal(body, &in); err != nil || in.Message == "" {
		e.Message = strings.TrimSpace(string(body[:min(len(body), 500)]))
		return e
	}
	e.Message, e.Details = in.Message, details(in.Details)
	for _, d := range in.Deployments {
		e.Deployments = append(e.Deployments, d.ID)
	}
	return e
}

// details are a text when the JSON is broken, else a list of places.
func details(raw json.RawMessage) []string {
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		return []string{text}
	}
	var places []struct {
		Path   string   `json:"path"`
		Errors []string `json:"errors"`
	}
	if json.Unmarshal(raw, &places) != nil {
		return nil
	}
	var out []string
	for _, p := range places {
		out = append(out, p.Path+": "+strings.Join(p.Errors, ", "))
	}
	return out
}

// forPeople gives an error the words and the code by which the rest of the
// system knows it.
func forPeople(err error) error {
	var e *APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e) && e.Status == http.StatusNotFound:
		return &seedbed.Error{Code: seedbed.NotFound, Message: "The engine does not have this.", Err: err}
	case errors.As(err, &e) && e.Status == http.StatusConflict:
		return &seedbed.Error{Code: seedbed.Conflict, Message: "The engine is still busy with this. Try again in a moment.", Err: err}
	case errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden):
		return unavailable("The engine that runs the sites does not let the portal in. Check the portal's user name and password for it.", err)
	case errors.As(err, &e) && e.Status < 500:
		return &seedbed.Error{Code: seedbed.Invalid, Message: refusal(e), Err: err}
	default:
		return unavailable("The engine that runs the sites does not answer. Sites that run go on; nothing can be started or stopped until it is back.", err)
	}
}

func refusal(e *APIError) string {
	s := "The engine refused what it was asked to run: " + e.Message
	if len(e.Details) > 0 {
		s += " (" + strings.Join(e.Details, "; ") + ")"
	}
	return strings.TrimSuffix(s, ".") + "."
}

func unavailable(message string, err error) error {
	return &seedbed.Error{Code: seedbed.Unavailable, Message: message, Err: err}
}
