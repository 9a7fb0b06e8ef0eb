// Package web is the portal: it lets people sign in, make sites, watch them
// being made, change them and delete them, in a browser, with script or without.
//
// Every handler reads the request, makes one call to package control, which
// decides whether it is allowed, and then redirects or shows one page. Handlers
// return errors, and one place turns them into pages. Whoever is not signed in gets nothing but the pages for
// signing in: one middleware refuses everything else.
//
// It keeps nothing itself but sign-in attempts of the last minutes, starts no
// site and draws no page: it asks the packages control and templates.
package web

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/argon2id"

	"seedbed"
	"seedbed/control"
	"seedbed/places"
	"seedbed/static"
)

// Config is what the portal needs. All fields without a default must be set.
type Config struct {
	// Control is what signed-in people may ask for.
	Control *control.Control
	// Store knows who may sign in.
	Store Store

	// Image says how far the image of that name is, which the catalog's templates
	// need; nil where all of them are there.
	Image func(name string) seedbed.ImageState

	// Domain is what every site's host name ends with: "localhost". The portal
	// answers to it and to names below it.
	Domain string
	// Secure is true if the portal is only reached by https. Its cookie is
	// then never sent without.
	Secure bool
	// Scratch is a folder for uploads that are under way; empty means the
	// system's own for temporary files.
	Scratch string
	// Hashing is how passwords are hashed; nil means as OWASP recommends. Tests
	// that make many accounts take less.
	Hashing *argon2id.Params
	// BodyWithin is how long a request's body may take to arrive, and each
	// arrival.Step of an upload; 0 means 30 seconds.
	BodyWithin time.Duration

	Log  *slog.Logger
	Now  func() time.Time // in the time zone that times are shown in
	Rand io.Reader        // of cryptographic quality
}

func (c Config) validate() error {
	if c.Control == nil || c.Store == nil || c.Log == nil || c.Now == nil || c.Rand == nil {
		return errors.New("web: Control, Store, Log, Now and Rand must be set")
	}
	if _, err := seedbed.ParseHostName(c.Domain); err != nil {
		return fmt.Errorf("web: domain %q: %w", c.Domain, err)
	}
	return nil
}

// portal is the handlers and what they share.
type portal struct {
	Config
	assets   *static.Assets
	sessions *sessionStore
	doorman  *doorman
	once     *once
	uploads  chan struct{}  // holds one token for each upload under way
	streams  *places.Places // has one place for each log that is followed
}

// maxUploads is how many uploads may be under way at once.
const maxUploads = 4

// New returns the portal as a handler. It fails if the Config is incomplete.
func New(c Config) (http.Handler, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	c.BodyWithin = cmp.Or(c.BodyWithin, 30*time.Second)
	if c.Hashing == nil {
		c.Hashing = hashing()
	}
	assets, err := static.New()
	if err != nil {
		return nil, fmt.Errorf("prepare static files: %w", err)
	}
	doorman, err := newDoorman(c.Now, c.Hashing)
	if err != nil {
		return nil, err
	}
	p := &portal{
		Config:   c,
		assets:   assets,
		sessions: newSessionStore(c),
		doorman:  doorman,
		once:     &once{pages: map[string]oncePage{}},
		uploads:  make(chan struct{}, maxUploads),
		streams:  places.New(maxStreams, maxStreamsEach),
	}
	return p.routes(), nil
}
