package certs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"seedbed"
)

// setback is why there is no certificate now.
type setback struct {
	message string    // a sentence for people
	asked   bool      // an authority was asked for this name, and counts it
	later   time.Time // before which trying again is in vain; zero if that is not known
	// innocent is true if it has nothing to do with the host name, which is then
	// tried again as soon as the other trouble is over.
	innocent bool
	err      error
}

func (s *setback) Error() string {
	if s.err == nil {
		return s.message
	}
	return s.message + " (" + s.err.Error() + ")"
}

func (s *setback) Unwrap() error { return s.err }

// interrupted is what is kept before an authority is asked. Whoever is killed
// then finds it, and does not ask again at once.
const interrupted = "Seedbed was stopped while it asked for this certificate. It asks again later."

// try gets one certificate, or keeps why not and when to try again.
func (k *Keeper) try(ctx context.Context, t task) {
	tried, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	p, err := k.obtain(tried, t)
	if err == nil {
		err = k.adopt(t.name, p, t.source, nil)
	}
	if err == nil || ctx.Err() != nil {
		return // what was interrupted is kept already
	}
	if err := k.fail(t, err); err != nil {
		k.Log.Error("what was tried is not kept", "host", t.name, "error", err)
	}
}

func (k *Keeper) obtain(ctx context.Context, t task) (pair, error) {
	if err := k.issuers[t.source].ready(ctx, t.name); err != nil {
		return pair{}, err
	}
	err := k.amend(t.name, func(r *record) bool {
		r.Failures++
		r.Next, r.Trouble = k.Now().Add(k.pauses.after(t.source, true, *r)), interrupted
		return true
	})
	if err != nil {
		return pair{}, err // an authority whose answers cannot be kept is not asked
	}
	p, err := k.issuers[t.source].issue(ctx, t.name)
	return p, asAsked(err)
}

// asAsked makes of an error one that says that the authority was asked.
func asAsked(err error) error {
	var s *setback
	switch {
	case err == nil:
		return nil
	case errors.As(err, &s):
		s.asked = true
		return s
	}
	return &setback{message: seedbed.MessageOf(err), asked: true, err: err}
}

// fail keeps why a try failed, and when the next one is.
func (k *Keeper) fail(t task, err error) error {
	var s *setback
	if !errors.As(err, &s) {
		s = &setback{message: seedbed.MessageOf(err), err: err}
	}
	k.mu.Lock()
	k.failed[t.source]++
	k.mu.Unlock()
	var next time.Time
	problem := k.amend(t.name, func(r *record) bool {
		k.settle(t.source, s, r)
		next = r.Next
		return !s.innocent || s.asked // what is not the name's own is found out again after a restart
	})
	k.Log.Log(context.Background(), s.level(), "no certificate", "host", t.name, "source", t.source, "error", err, "next", next)
	return problem
}

func (s *setback) level() slog.Level {
	if s.innocent {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

// settle writes a setback into a record.
func (k *Keeper) settle(source Source, s *setback, r *record) {
	switch {
	case s.innocent && s.asked:
		r.Failures-- // obtain had counted it
	case !s.innocent && !s.asked:
		r.Failures++
	}
	now := k.Now()
	r.Trouble = s.message
	r.Next = now.Add(k.pauses.after(source, s.asked && !s.innocent, *r))
	if s.innocent && !s.later.IsZero() || s.later.After(r.Next) {
		r.Next = s.later.Add(spread(string(r.Host), k.pauses.unasked.first))
	}
}
