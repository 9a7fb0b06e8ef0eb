package certs

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	maxAnswer     = 1 << 20 // bytes that an authority may say at once
	maxRetryAfter = 8 * 24 * time.Hour
)

// wish gathers what an authority says beside its answers to one wish: when to
// ask again. The library that speaks with it does not pass that on.
type wish struct {
	mu     sync.Mutex
	status int // of the last answer
	wait   time.Duration
}

type wishKey struct{}

func (w *wish) in(ctx context.Context) context.Context { return context.WithValue(ctx, wishKey{}, w) }

func (w *wish) retryAfter() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wait
}

// failed reports whether the last answer was that of a broken authority.
func (w *wish) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status >= http.StatusInternalServerError
}

// hear keeps what an answer says beside its text.
func (w *wish) hear(r *http.Response) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status = r.StatusCode
	if r.StatusCode != http.StatusTooManyRequests && r.StatusCode != http.StatusServiceUnavailable {
		return
	}
	w.wait = parseRetryAfter(r.Header.Get("Retry-After"), r.Header.Get("Date"))
}

// parseRetryAfter reads seconds, or a date beside the answer's own.
func parseRetryAfter(value, date string) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		if now, err := http.ParseTime(date); err == nil {
			wait = at.Sub(now)
		}
	}
	return min(max(wait, 0), maxRetryAfter)
}

// after is an error after which something is to be waited for.
type after struct {
	error
	wait time.Duration
}

func (a *after) Unwrap() error { return a.error }

func retryAfter(err error) time.Duration {
	var a *after
	if errors.As(err, &a) {
		return a.wait
	}
	return 0
}

// bounded lets no answer be longer than maxAnswer, and tells wishes what they
// have to know.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if w, ok := r.Context().Value(wishKey{}).(*wish); ok {
		w.hear(answer)
	}
	answer.Body = limited{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	return answer, nil
}

type limited struct {
	io.Reader
	io.Closer
}
