package images

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"seedbed"
)

// How long a Stock waits before it looks again: after a failure, and when all
// was there.
const (
	retryPause = time.Minute
	lookPause  = 10 * time.Minute
)

// Stock builds in the background what images are missing, and knows which are
// there. It may be used by many goroutines at once.
type Stock struct {
	Builder *Builder
	Log     *slog.Logger

	mu      sync.Mutex
	looked  bool
	missing []string
	trouble string
}

// Run builds until ctx ends. What fails is tried again.
func (s *Stock) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		pause := lookPause
		if err := s.fill(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("images could not be built", "error", err)
			pause = retryPause
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return ctx.Err()
}

// fill builds what is missing, one image after another, so that those who
// wait for one can have it.
func (s *Stock) fill(ctx context.Context) error {
	for {
		missing, err := s.look(ctx)
		if err != nil || len(missing) == 0 {
			return err
		}
		if err := s.Builder.Build(ctx, missing[0]); err != nil {
			s.note(err)
			return err
		}
	}
}

func (s *Stock) look(ctx context.Context) ([]string, error) {
	missing, err := s.Builder.Missing(ctx)
	if err != nil {
		return nil, err // not known; what was known stays
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked, s.missing, s.trouble = true, missing, ""
	return missing, nil
}

func (s *Stock) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = "Its image could not be made on this machine, so it cannot be started. We try again in a minute. The log has the details."
	if seedbed.CodeOf(err) == seedbed.Unavailable {
		s.trouble = seedbed.MessageOf(err)
	}
}

// Image says how far an image is. One that is not the catalog's is never ours
// to make, and counts as ready; so do all where there is no Stock.
func (s *Stock) Image(name string) seedbed.ImageState {
	if s == nil {
		return seedbed.ImageState{Ready: true}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !Has(name):
		return seedbed.ImageState{Ready: true}
	case !s.looked:
		return seedbed.ImageState{}
	case !slices.Contains(s.missing, name):
		return seedbed.ImageState{Ready: true}
	}
	return seedbed.ImageState{Trouble: s.trouble}
}
