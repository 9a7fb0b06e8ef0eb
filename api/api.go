// Package api is what programs speak with: JSON under /api/v1, as openapi.yaml
// describes it, and /metrics in the format of Prometheus.
//
// Every handler reads the request, makes one call to package control, as the
// pages do, and answers; so programs have the same rights, checks and records
// as people. Handlers return errors, and one place turns them into problem
// details (RFC 9457). Whoever has no token gets nothing but the document.
//
// To add a resource: give control the method, wire the shape, openapi.yaml the
// operation and routes.go a line; api_test.go fails while one of them is missing.
//
// It knows no cookies, keeps nothing but wrong tries of the last minutes, and
// decides nothing about rights.
package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"seedbed"
	"seedbed/control"
	"seedbed/metrics"
	"seedbed/pauses"
	"seedbed/places"
)

// Config is what the API needs. All fields without a default must be set.
type Config struct {
	Control *control.Control
	Store   Store
	Metrics *metrics.Metrics
	// BodyWithin is how long a request's body may take to arrive, and each
	// arrival.Step of an upload; 0 means 30 seconds.
	BodyWithin time.Duration
	// Scratch is a folder for uploads that are under way; empty means the
	// system's own for temporary files.
	Scratch string
	Log     *slog.Logger
	Now     func() time.Time
}

// Store knows tokens, and remembers requests that had a key of their own.
type Store interface {
	// TokenHolder returns a token and its user. A wrong secret is the same
	// NotFound error as a token that is not there.
	TokenHolder(ctx context.Context, id int64, secret seedbed.Secret) (seedbed.Token, seedbed.User, error)
	// TouchToken records when a token was last used.
	TouchToken(ctx context.Context, id int64, at time.Time) error

	// BeginRequest remembers a request and returns true, or returns the one that
	// its token sent under this key before, and false. One that another process
	// left without having changed anything is forgotten first.
	BeginRequest(ctx context.Context, r seedbed.KeptRequest) (kept seedbed.KeptRequest, fresh bool, err error)
	// KeepAnswer keeps what was answered.
	KeepAnswer(ctx context.Context, id int64, answer []byte) error
	// DropRequest forgets a request, unless it was carried out.
	DropRequest(ctx context.Context, id int64) error
	// ExpireRequests forgets the requests that were begun before a time.
	ExpireRequests(ctx context.Context, before time.Time) error
}

// api is the handlers and what they share.
type api struct {
	Config
	document  []byte // openapi.json
	allowed   map[string]brings
	tokens    *pauses.Pauses // wrong secrets, by token and by where they came from
	addresses *pauses.Pauses // all wrong tries, by where they came from
	uploads   chan struct{}  // holds one token for each upload under way
	streams   *places.Places // has one place for each log that is followed
	process   string         // tells requests of this process from those that a killed one left
}

// Wrong tries that cost no pause.
const (
	freeForToken   = 10
	freeForAddress = 60
)

// New returns the API as a handler of everything under Prefix, and of
// MetricsPath. It fails if the
// Config is incomplete.
func New(c Config) (http.Handler, error) {
	if c.Control == nil || c.Store == nil || c.Metrics == nil || c.Log == nil || c.Now == nil {
		return nil, errors.New("api: Control, Store, Metrics, Log and Now must be set")
	}
	c.BodyWithin = cmp.Or(c.BodyWithin, 30*time.Second)
	document, err := document()
	if err != nil {
		return nil, err
	}
	may, err := allowed(document)
	if err != nil {
		return nil, err
	}
	a := &api{
		Config: c, document: document, allowed: may, tokens: pauses.New(freeForToken), addresses: pauses.New(freeForAddress),
		uploads: make(chan struct{}, maxUploads), streams: places.New(maxStreams, maxStreamsEach), process: rand.Text(),
	}
	return a.routes(), nil
}

// action is a handler that leaves trouble to the one place that tells it.
type action func(w http.ResponseWriter, r *http.Request) error

// do makes a handler of an action.
func (a *api) do(act action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := a.fits(r)
		if err == nil {
			err = act(w, r)
		}
		if err != nil {
			a.fail(w, r, err)
		}
	}
}

// discard reads what is left of a body, so that a refusal is received.
func discard(r *http.Request) { _, _ = io.CopyN(io.Discard, r.Body, 256<<10) }
