// Package client speaks with the API, as `seedbed sites` and the other
// subcommands do. It has a method for each kind of request and knows the shapes
// of package wire; what they mean is for who calls it.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"seedbed/api/wire"
)

// Client speaks with one server. It may be used by any number of goroutines.
type Client struct {
	base  string
	token string
	http  *http.Client
	long  *http.Client // for what takes its time: uploads, and what is followed
}

// prefix is where the API is on its server.
const prefix = "/api/v1"

// New returns a client of a server, "http://localhost:8400", that comes with a
// token. The server is not asked yet.
func New(server, token string) (*Client, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%q is not the address of a server, such as http://localhost:8400", server)
	}
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("this is not a token; one begins with “sb_”")
	}
	connections := http.DefaultTransport.(*http.Transport).Clone()                               // of its own, which nobody else closes
	noRedirects := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the token is for this server alone
	return &Client{
		base: strings.TrimSuffix(u.Scheme+"://"+u.Host+u.Path, "/") + prefix, token: token,
		http: &http.Client{Transport: connections, CheckRedirect: noRedirects, Timeout: 2 * time.Minute},
		long: &http.Client{Transport: connections, CheckRedirect: noRedirects},
	}, nil
}

// Refused is an answer that is a problem.
type Refused struct{ wire.Problem }

// Error is the sentence for people, with what is wrong with each field.
func (r *Refused) Error() string {
	if len(r.Errors) == 1 && r.Errors[0].Field != "" {
		return r.Errors[0].Field + ": " + r.Errors[0].Message
	}
	lines := []string{r.Detail}
	for _, m := range r.Errors {
		if m.Message != r.Detail {
			lines = append(lines, "  "+m.Field+": "+m.Message)
		}
	}
	return strings.Join(lines, "\n")
}

// NoAnswer is trouble with reaching the server.
type NoAnswer struct {
	Server string
	Err    error
}

// Error says what to look at.
func (n *NoAnswer) Error() string {
	return "Nothing answers at " + n.Server + ". Is Seedbed running there? (" + n.Err.Error() + ")"
}

// Unwrap returns the cause.
func (n *NoAnswer) Unwrap() error { return n.Err }

// Get reads what is at a path into out, and returns its ETag.
func (c *Client) Get(ctx context.Context, path string, out any) (etag string, err error) {
	header, err := c.send(ctx, http.MethodGet, path, nil, nil, out)
	return header.Get("ETag"), err
}

// Post asks for something to be made. It has a key of its own, so it is sent
// again if no answer came, and still carried out once.
func (c *Client) Post(ctx context.Context, path string, in, out any) error {
	key := http.Header{"Idempotency-Key": {rand.Text()}}
	for try := 1; ; try++ {
		_, err := c.send(ctx, http.MethodPost, path, key, in, out)
		var none *NoAnswer
		if try == tries || !errors.As(err, &none) {
			return err
		}
		if err := pause(ctx, time.Duration(try)*time.Second); err != nil {
			return err
		}
	}
}

// tries is how often a request is sent that may be sent again.
const tries = 3

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Patch changes what is at a path, if it still has the ETag; with an empty one
// in any case.
func (c *Client) Patch(ctx context.Context, path, etag string, in, out any) error {
	_, err := c.send(ctx, http.MethodPatch, path, ifMatch(etag), in, out)
	return err
}

// Check finds out whether a request, by POST or PATCH, could be carried out, and
// has nothing changed. What would be in its way is the error.
func (c *Client) Check(ctx context.Context, method, path, etag string, in any) error {
	_, err := c.send(ctx, method, path+"?dry_run=true", ifMatch(etag), in, nil)
	return err
}

// Delete deletes what is at a path.
func (c *Client) Delete(ctx context.Context, path string, out any) error {
	_, err := c.send(ctx, http.MethodDelete, path, nil, nil, out)
	return err
}

func ifMatch(etag string) http.Header {
	if etag == "" {
		return nil
	}
	return http.Header{"If-Match": {etag}}
}

// All reads a whole list, part by part, at most limit of it; 0 means all.
func All[T any](ctx context.Context, c *Client, path string, limit int) ([]T, error) {
	all, next := []T{}, ""
	for {
		var page wire.Page[T]
		query := url.Values{}
		if next != "" {
			query.Set("cursor", next)
		}
		if _, err := c.Get(ctx, path+"?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if next = page.Next; next == "" || limit > 0 && len(all) >= limit {
			break
		}
	}
	if limit > 0 && len(all) > limit {
		all = all[:limit]
	}
	return all, nil
}

func (c *Client) send(ctx context.Context, method, path string, header http.Header, in, out any) (http.Header, error) {
	request, err := c.request(ctx, method, path, header, in)
	if err != nil {
		return nil, err
	}
	return c.exchange(c.http, request, out)
}

// exchange sends a request, and reads the answer into out.
func (c *Client) exchange(by *http.Client, request *http.Request, out any) (http.Header, error) {
	answer, err := by.Do(request)
	if err != nil {
		return nil, c.noAnswer(errors.Unwrap(err)) // without the wrapping, which repeats the address
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, c.noAnswer(err)
	}
	if answer.StatusCode/100 != 2 {
		return nil, c.refused(answer, body)
	}
	if out == nil || len(body) == 0 {
		return answer.Header, nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return nil, fmt.Errorf("read the answer to %s %s: %w", request.Method, request.URL.Path, err)
	}
	return answer.Header, nil
}

func (c *Client) noAnswer(err error) error {
	return &NoAnswer{strings.TrimSuffix(c.base, prefix), err}
}

// Upload sends a file of the given type and size in bytes to a path, by PUT or
// POST. It may be sent again.
func (c *Client) Upload(ctx context.Context, method, path, contentType string, file io.Reader, size int64, out any) error {
	request, err := c.request(ctx, method, path, http.Header{"Content-Type": {contentType}}, nil)
	if err != nil {
		return err
	}
	request.Body, request.ContentLength = io.NopCloser(file), size
	_, err = c.exchange(c.long, request, out)
	return err
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 16 << 20

func (c *Client) request(ctx context.Context, method, path string, header http.Header, in any) (*http.Request, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, fmt.Errorf("write a request: %w", err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	return request, nil
}

// refused reads a problem. Something else than Seedbed may have answered.
func (c *Client) refused(answer *http.Response, body []byte) error {
	var problem wire.Problem
	if json.Unmarshal(body, &problem) != nil || problem.Detail == "" {
		return fmt.Errorf("what answers at %s does not speak Seedbed’s API: %s", strings.TrimSuffix(c.base, prefix), answer.Status)
	}
	return &Refused{problem}
}
