//go:build integration

package imagestest

import (
	"bytes"
	"cmp"
	"slices"
	"testing"
	"time"

	"seedbed"
	"seedbed/catalog/kindtest"
)

// Survival tries whether all that a kind does ends well although its server is
// killed in the middle: why and how is in DESIGN.md.
type Survival struct {
	Kind     kindtest.Kind
	Server   *Container
	Password seedbed.Secret // of its administrator
	Rounds   int            // how often it is killed in the middle; 2 or more

	// Fill puts content into a site's empty part, as the site.
	Fill func(t *testing.T, e seedbed.Endpoint, b seedbed.Binding)
	// Filled fails the test unless that content is there, whole and once, for
	// who has the password of b.
	Filled func(t *testing.T, e seedbed.Endpoint, b seedbed.Binding)
	// Parts lists by name all that the server has of sites: each database and
	// each user of its own.
	Parts func(t *testing.T, e seedbed.Endpoint) []string

	t          *testing.T
	e          seedbed.Endpoint
	other      seedbed.Binding
	dump       []byte
	parts      []string // after each round
	operations []*operation
}

// Run kills the server again and again.
func (s *Survival) Run(t *testing.T) {
	t.Helper()
	s.t, s.e = t, s.Server.Await(s.Kind, s.Password)
	s.begin()
	s.measure()
	for n := range s.Rounds {
		t.Logf("kill %d", n+1)
		s.round(func(o *operation) Point { return o.point(n, s.Rounds) })
	}
	t.Log("a kill after all has ended")
	s.round(func(*operation) Point { return Point{} })
}

// begin makes the part of somebody else, and of it the dump that all parts are
// filled from: what was loaded is on the disk, what a site wrote need not be.
func (s *Survival) begin() {
	s.other = mine("s99-other")
	s.must("Ensure", s.Kind.Ensure(s.t.Context(), s.e, s.other))
	s.Fill(s.t, s.e, s.other)
	var out bytes.Buffer
	s.must("Dump", s.Kind.Dump(s.t.Context(), s.e, s.other, &out))
	s.dump = out.Bytes()
	s.fill(s.other)
	s.operations = s.all()
	for _, o := range s.operations {
		o.fuse = NewFuse(s.t)
	}
	s.aim()
}

// fill makes a site's part with what is in the dump.
func (s *Survival) fill(b seedbed.Binding) {
	s.t.Helper()
	s.must("Ensure", s.Kind.Ensure(s.t.Context(), s.e, b))
	s.must("Load", s.Kind.Load(s.t.Context(), s.e, b, bytes.NewReader(s.dump)))
}

// measure does everything once undisturbed, to learn how long each operation's
// conversation is and what there is at the server afterwards.
func (s *Survival) measure() {
	for _, o := range s.operations {
		o.before()
		o.fuse.Set(Point{})
		s.must(o.name, o.do(s.t.Context(), s.through(o)))
		o.whole = o.fuse.Passed()
		o.after()
		if o.whole.Answers == 0 {
			s.t.Fatalf("%s did not speak with the server", o.name)
		}
	}
	s.parts = s.Parts(s.t, s.e)
	if len(s.parts) < len(s.operations) {
		s.t.Fatalf("of all sites the server has only %q", s.parts)
	}
}

// round lets every operation come to its point, or to its end, kills the server
// once for all of them, and repeats those that had not ended.
func (s *Survival) round(at func(*operation) Point) {
	s.t.Helper()
	ended := make([]chan error, len(s.operations))
	for _, o := range s.operations {
		o.before()
	}
	for i, o := range s.operations {
		ended[i] = s.stall(o, at(o))
	}
	s.Server.Kill("KILL")
	for _, o := range s.operations {
		o.fuse.Set(Point{})
	}
	s.Server.Start()
	s.e = s.Server.Await(s.Kind, s.Password)
	s.aim()
	for i, o := range s.operations {
		if err := <-ended[i]; err != nil {
			s.repeat(o, err)
		}
		o.after()
	}
	s.same()
}

// stall begins an operation and returns when it is held up at its point or has
// ended.
func (s *Survival) stall(o *operation, at Point) chan error {
	s.t.Helper()
	o.fuse.Set(at)
	blown, ended := o.fuse.Blown(), make(chan error, 1)
	ctx, e := s.t.Context(), s.through(o)
	go func() { ended <- o.do(ctx, e) }()
	select {
	case <-blown:
	case err := <-ended:
		s.must(o.name+", which nothing disturbed", err)
		ended <- nil
	case <-time.After(wait):
		s.t.Fatalf("%s comes neither to %+v nor to its end", o.name, at)
	}
	return ended
}

// repeat does again what ended with an error, while the server says that it is
// not up yet.
func (s *Survival) repeat(o *operation, first error) {
	s.t.Helper()
	WaitFor(s.t, o.name, func() bool {
		err := o.do(s.t.Context(), s.through(o))
		if err != nil && seedbed.CodeOf(err) != seedbed.Unavailable {
			s.t.Fatalf("%s, repeated after it ended with %q: %v", o.name, first, err)
		}
		return err == nil
	})
}

// same fails the test unless everything is there once, and somebody else has
// what they had.
func (s *Survival) same() {
	s.t.Helper()
	if parts := s.Parts(s.t, s.e); !slices.Equal(parts, s.parts) {
		s.t.Errorf("the server has %q, want %q", parts, s.parts)
	}
	s.bound(s.other, true)
	s.Filled(s.t, s.e, s.other)
}

func (s *Survival) aim() {
	for _, o := range s.operations {
		o.fuse.Aim(s.e.Host, cmp.Or(s.e.AdminPort, s.e.Port))
	}
}

// through is where an operation reaches the server through its fuse.
func (s *Survival) through(o *operation) seedbed.Endpoint {
	e := s.e
	if e.AdminPort != 0 {
		e.AdminPort = o.fuse.Port()
	} else {
		e.Port = o.fuse.Port()
	}
	return e
}

func (s *Survival) must(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}
