package marathon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"
)

const (
	callTimeout = 30 * time.Second
	// askWithin and changeWithin are how long one address is waited for while
	// there is another: one that hangs must not hide those that are well.
	// Marathon itself waits ten seconds for its leader.
	askWithin    = 6 * time.Second
	changeWithin = 12 * time.Second
	maxAnswer    = 64 << 20
	maxRedirects = 3
)

// request is one call of the REST API. All that are made here may be repeated:
// they ask, or they put a whole definition or its end under a name.
type request struct {
	method string
	path   string
	query  url.Values
	body   any // encoded as JSON; nil for none
	// json asks for an answer that says that it is JSON. A page of a proxy may
	// also have the status 200.
	json bool
}

func get(path string, query url.Values) request {
	return request{method: http.MethodGet, path: path, query: query}
}

// within is how long one of several addresses is waited for.
func (r request) within() time.Duration {
	if r.method == http.MethodGet {
		return askWithin
	}
	return changeWithin
}

// reader takes in the body of an answer. An error means that it cannot be
// Marathon's.
type reader func(body []byte) error

// shape is the form of an answer, which knows what must be in it.
type shape interface{ whole() error }

// into returns what reads JSON of that form.
func into(result shape) reader {
	return func(body []byte) error {
		if err := json.Unmarshal(body, result); err != nil {
			return err
		}
		return result.whole()
	}
}

// call makes a request, at each address once until one gives an answer that is
// Marathon's for sure. Errors are seedbed.Errors.
func (c *Client) call(ctx context.Context, r request, read reader) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	unreachable := &UnreachableError{}
	first := int(c.preferred.Load())
	for n := range c.urls {
		index := (first + n) % len(c.urls)
		err := c.callWithin(ctx, c.urls[index], r, read, n+1 < len(c.urls))
		if !worthAnother(err) {
			c.preferred.Store(int64(index))
			return forPeople(err)
		}
		unreachable.Failures = append(unreachable.Failures, fmt.Errorf("%s: %w", c.urls[index].Host, err))
		if errors.Is(ctx.Err(), context.Canceled) {
			break
		}
		c.preferred.CompareAndSwap(int64(index), int64((index+1)%len(c.urls)))
		if ctx.Err() != nil {
			break
		}
	}
	return forPeople(unreachable)
}

func (c *Client) callWithin(ctx context.Context, base *url.URL, r request, read reader, others bool) error {
	if others {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.within())
		defer cancel()
	}
	return c.callAt(ctx, base, r, read)
}

// worthAnother reports whether another address may do better: this one does
// not answer, or has no leader to ask, or it was not Marathon who answered.
func worthAnother(err error) bool {
	var e *APIError
	if errors.As(err, &e) {
		return e.Foreign && e.Status != http.StatusUnauthorized || e.Status >= 500 && !isUnknownPath(err)
	}
	return err != nil
}

func (c *Client) callAt(ctx context.Context, base *url.URL, r request, read reader) error {
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
		return doubt{errors.New("the answer is too long")}
	case res.StatusCode < 200 || res.StatusCode > 299:
		return errorOf(res.StatusCode, body)
	case r.json && !saysJSON(res):
		return doubt{errors.New("the answer does not say that it is JSON")}
	}
	if err := read(body); err != nil {
		return doubt{fmt.Errorf("the answer is not what Marathon answers: %w", err)}
	}
	c.leader.saw(res.Header.Get("X-Marathon-Leader"))
	return nil
}

func saysJSON(res *http.Response) bool {
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
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
	return c.client.Do(req)
}

func (c *Client) authorize(req *http.Request) {
	if c.user != "" {
		req.SetBasicAuth(c.user, c.password.Reveal())
	}
}

// following returns a client that follows redirects to the leader, where it
// signs in as well, and nowhere else: a definition holds secrets, a stranger's
// list may be empty, and its stream silent for ever. A change is never turned
// into a question, as net/http does after a 302.
func (c *Client) following() *http.Client {
	follow := *c.http
	follow.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		req.Header.Del("Authorization")
		switch {
		case len(via) > maxRedirects:
			return errors.New("too many redirects")
		case req.Method != via[0].Method:
			return errors.New("it redirects a change in a way that makes a question of it")
		case !c.configured(req.URL):
			return fmt.Errorf("it redirects to %s, which is none of the addresses of Marathon", req.URL.Host)
		}
		c.authorize(req)
		return nil
	}
	return &follow
}

// configured reports whether it is an address of the configuration.
func (c *Client) configured(u *url.URL) bool {
	for _, own := range c.urls {
		if own.Scheme == u.Scheme && own.Host == u.Host {
			return true
		}
	}
	return false
}
