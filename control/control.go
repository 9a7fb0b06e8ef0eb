// Package control is what people and programs may ask of Seedbed: one method
// for each wish. The pages and the API call the same methods, so that both have
// the same checks, the same rights and the same record of who did what.
//
// Every method takes an Actor, asks seedbed.May whether that actor may, reads
// what was given into domain types, tells all that is wrong with it at once
// (errors.Join of Errors, each beside its field; see seedbed.Mistakes), and then
// makes one call to the Store. What an actor may not even see is NotFound; what
// they see and may not change is Forbidden. A change is recorded by the Store
// as an Event, in the transaction that makes it.
//
// To add a wish: name an Action in the root's rights.go and give it a line in
// the table there; add the method here, in the file of its noun, beginning with
// on (a site), in (a project) or permit (the installation); add a handler in
// web or api that calls it; and say in the rights_test.go there, and in this
// package's, who gets what: they fail while a route or method is missing there.
//
// It carries nothing out, keeps nothing and speaks no HTTP: it asks the
// interfaces that it declares.
package control

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"seedbed"
)

// Config is what Control asks. All fields without a default must be set.
type Config struct {
	Store   Store
	Board   Board
	Catalog Catalog
	Files   Files
	Storage Storage
	Engine  Engine // default: one that knows nothing
	Backups Backups
	Visits  Visits // default: nothing is known
	// Bridge returns what the bridge knows of its work; nil if it is elsewhere.
	Bridge func() seedbed.BridgeReport
	// Certificates returns how it stands with those of all host names; nil where
	// sites are not served over HTTPS, or the certificates are elsewhere.
	Certificates func() []Certificate
	// Gauge finds out what sites use. Whoever makes it runs it; the default
	// finds out nothing.
	Gauge *Gauge
	// Poke says that what is wanted has changed: look now. It does not wait.
	Poke func()
	// SiteURL returns the address at which visitors find a host name.
	SiteURL func(seedbed.HostName) string
	// Domain is what every site's host name ends with: "localhost".
	Domain string
	// HTTPS is true if sites are served over HTTPS as well.
	HTTPS bool
	Now   func() time.Time
	Rand  io.Reader // of cryptographic quality
}

// Control carries the wishes of actors to the store. Its methods may be called
// by any number of goroutines. What it asks is out of reach for its callers.
type Control struct {
	store        Store
	board        Board
	catalog      Catalog
	files        Files
	storage      Storage
	engine       Engine
	backups      Backups
	visits       Visits
	bridge       func() seedbed.BridgeReport
	certificates func() []Certificate
	gauge        *Gauge
	poke         func()
	siteURL      func(seedbed.HostName) string
	domain       string
	https        bool
	now          func() time.Time
	rand         io.Reader
	changing     sync.Mutex // held between looking at a site's state and changing it
}

// New returns a Control. It fails if the Config is incomplete.
func New(c Config) (*Control, error) {
	switch {
	case c.Store == nil, c.Board == nil, c.Catalog == nil, c.Files == nil, c.Storage == nil, c.Backups == nil:
		return nil, errors.New("control: Store, Board, Catalog, Files, Storage and Backups must be set")
	case c.Poke == nil, c.SiteURL == nil, c.Now == nil, c.Rand == nil:
		return nil, errors.New("control: Poke, SiteURL, Now and Rand must be set")
	}
	if _, err := seedbed.ParseHostName(c.Domain); err != nil {
		return nil, fmt.Errorf("control: domain %q: %w", c.Domain, err)
	}
	if c.Engine == nil {
		c.Engine = noEngine{}
	}
	if c.Visits == nil {
		c.Visits = noVisits{}
	}
	if c.Gauge == nil {
		c.Gauge = NewGauge(c.Engine, c.Now)
	}
	return &Control{
		store: c.Store, board: c.Board, catalog: c.Catalog, files: c.Files, storage: c.Storage, engine: c.Engine, backups: c.Backups, visits: c.Visits, bridge: c.Bridge, certificates: c.Certificates, gauge: c.Gauge, poke: c.Poke, siteURL: c.SiteURL,
		domain: c.Domain, https: c.HTTPS, now: c.Now, rand: c.Rand,
	}, nil
}
