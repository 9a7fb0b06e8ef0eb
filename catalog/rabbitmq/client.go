package rabbitmq

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"seedbed"
)

const (
	admin = "seedbed"

	taskTimeout = 90 * time.Second
	// maxAnswer is how many bytes of an answer are read: definitions of a
	// virtual host, or what is known of all its queues.
	maxAnswer = 16 << 20
	// maxComplaint is how much of a refusal is quoted.
	maxComplaint = 500
)

// client speaks with the management API as the administrator.
type client struct{ e seedbed.Endpoint }

func inTime(ctx context.Context, task func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, taskTimeout)
	defer cancel()
	return task(ctx)
}

// get reads what is at a path into out, unless that is nil. What is not there
// is a NotFound error.
func (c client) get(ctx context.Context, out any, path ...string) error {
	answer, err := c.do(ctx, http.MethodGet, nil, path)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("read RabbitMQ's answer about %s: %w", path[0], err)
	}
	return nil
}

// put writes what is at a path.
func (c client) put(ctx context.Context, in any, path ...string) error {
	_, err := c.do(ctx, http.MethodPut, in, path)
	return err
}

// post gives something to a path.
func (c client) post(ctx context.Context, in any, path ...string) error {
	_, err := c.do(ctx, http.MethodPost, in, path)
	return err
}

// remove deletes what is at a path. What is not there is no error.
func (c client) remove(ctx context.Context, path ...string) error {
	_, err := c.do(ctx, http.MethodDelete, nil, path)
	if seedbed.IsNotFound(err) {
		return nil
	}
	return err
}

// do makes one request. TLS is not asked for: the way to a shared service never
// leaves the machine's own bridge.
func (c client) do(ctx context.Context, method string, in any, path []string) ([]byte, error) {
	request, err := c.request(ctx, method, in, path)
	if err != nil {
		return nil, fmt.Errorf("ask RabbitMQ: %w", err)
	}
	transport := &http.Transport{DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, DisableKeepAlives: true}
	answer, err := (&http.Client{Transport: transport, CheckRedirect: stay}).Do(request)
	if err != nil {
		return nil, unavailable(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, unavailable(err)
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("RabbitMQ's answer about %s is longer than %d bytes", path[0], maxAnswer)
	}
	return text, refusal(answer.StatusCode, path[0], text)
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (c client) request(ctx context.Context, method string, in any, path []string) (*http.Request, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	escaped := make([]string, len(path))
	for i, part := range path {
		escaped[i] = url.PathEscape(part)
	}
	address := "http://" + net.JoinHostPort(c.e.Host, strconv.Itoa(c.e.AdminPort)) + "/api/" + strings.Join(escaped, "/")
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth(admin, c.e.Password.Reveal())
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// refusal returns the error that an answer's status stands for.
func refusal(status int, what string, text []byte) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusNotFound:
		return seedbed.Missing("RabbitMQ has no such part.")
	case status >= 500:
		return unavailable(fmt.Errorf("RabbitMQ answers %d about %s: %s", status, what, shortened(text)))
	default:
		return fmt.Errorf("RabbitMQ answers %d about %s: %s", status, what, shortened(text))
	}
}

func shortened(text []byte) string {
	return strings.ToValidUTF8(string(text[:min(len(text), maxComplaint)]), "")
}

func unavailable(err error) error {
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err // without the address, which is long
	}
	return &seedbed.Error{Code: seedbed.Unavailable, Message: "The RabbitMQ server does not answer. It may still be starting; try again in a minute.", Err: err}
}
