//go:build integration

package imagestest

import (
	"bytes"
	"context"
	"strconv"

	"seedbed"
	"seedbed/catalog/kindtest"
)

// operation is one thing that a kind does, with a site's part of its own, so
// that one kill disturbs all of them.
type operation struct {
	name   string
	before func()                                              // brings about what it begins with, each time
	do     func(ctx context.Context, e seedbed.Endpoint) error // may be repeated
	after  func()                                              // fails the test unless it has come to be
	whole  Point                                               // what passes if nothing disturbs it
	fuse   *Fuse
}

// point is where it is disturbed: once in the middle of all bytes, and then at
// answers from the first part to the very last. What the answer is to was done,
// and is not known to have been.
func (o *operation) point(round, rounds int) Point {
	if round == 0 {
		return Point{Bytes: max(1, o.whole.Bytes/2)}
	}
	return Point{Answers: max(1, o.whole.Answers*round/(rounds-1))}
}

// all are the operations, in the order in which they are begun.
func (s *Survival) all() []*operation {
	return []*operation{s.ensure(), s.rotate(), s.dumping(), s.load(), s.remove()}
}

func (s *Survival) ensure() *operation {
	b := mine("s1-made")
	return &operation{
		name:   "Ensure",
		before: func() { s.must("Remove", s.Kind.Remove(s.t.Context(), s.e, b)) },
		do:     func(ctx context.Context, e seedbed.Endpoint) error { return s.Kind.Ensure(ctx, e, b) },
		after:  func() { s.bound(b, true) },
	}
}

// rotate gives another password each time.
func (s *Survival) rotate() *operation {
	b, old, times := mine("s2-rotated"), seedbed.Binding{}, 0
	s.fill(b)
	return &operation{
		name: "Rotate",
		before: func() {
			times++
			old, b.Password = b, seedbed.Secret("secret "+strconv.Itoa(times))
		},
		do: func(ctx context.Context, e seedbed.Endpoint) error { return s.Kind.Rotate(ctx, e, b) },
		after: func() {
			s.bound(b, true)
			s.bound(old, false)
			s.Filled(s.t, s.e, b)
		},
	}
}

// dumping dumps what load loads.
func (s *Survival) dumping() *operation {
	b := mine("s3-dumped")
	s.fill(b)
	var out bytes.Buffer
	return &operation{
		name:   "Dump",
		before: func() {},
		do: func(ctx context.Context, e seedbed.Endpoint) error {
			out.Reset()
			return s.Kind.Dump(ctx, e, b, &out)
		},
		after: func() {
			s.dump = bytes.Clone(out.Bytes())
			s.Filled(s.t, s.e, b)
		},
	}
}

func (s *Survival) load() *operation {
	b := mine("s4-loaded")
	return &operation{
		name: "Load",
		before: func() {
			s.must("Remove", s.Kind.Remove(s.t.Context(), s.e, b))
			s.must("Ensure", s.Kind.Ensure(s.t.Context(), s.e, b))
		},
		do: func(ctx context.Context, e seedbed.Endpoint) error {
			return s.Kind.Load(ctx, e, b, bytes.NewReader(s.dump))
		},
		after: func() {
			s.bound(b, true)
			s.Filled(s.t, s.e, b)
		},
	}
}

func (s *Survival) remove() *operation {
	b := mine("s5-removed")
	return &operation{
		name: "Remove",
		before: func() {
			s.must("Ensure", s.Kind.Ensure(s.t.Context(), s.e, b))
			s.Fill(s.t, s.e, b)
		},
		do: func(ctx context.Context, e seedbed.Endpoint) error { return s.Kind.Remove(ctx, e, b) },
		after: func() {
			if !kindtest.IsGone(s.t, s.Kind, s.e, b) {
				s.t.Errorf("something is left of %s", b.Name)
			}
			s.bound(b, false)
		},
	}
}

func mine(name string) seedbed.Binding {
	return seedbed.Binding{Name: name, Password: seedbed.Secret("secret of " + name)}
}

func (s *Survival) bound(b seedbed.Binding, want bool) {
	s.t.Helper()
	if got := kindtest.IsBound(s.t, s.Kind, s.e, b); got != want {
		s.t.Errorf("that %s is bound with that password is %v, want %v", b.Name, got, want)
	}
}
