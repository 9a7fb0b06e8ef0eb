package control_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"seedbed"
	"seedbed/control"
	"seedbed/web/webtest"
)

// slow is an engine that takes its time, and counts who asks at once.
type slow struct {
	*webtest.Engine
	mu          sync.Mutex
	takes       time.Duration
	asking, max int
	asked       int
}

func (s *slow) Usage(ctx context.Context, tasks []seedbed.Task) (map[seedbed.TaskID]seedbed.TaskUsage, error) {
	s.mu.Lock()
	s.asked++
	s.asking++
	s.max = max(s.max, s.asking)
	takes := s.takes
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.asking--; s.mu.Unlock() }()
	select {
	case <-time.After(takes):
		return s.Engine.Usage(ctx, tasks)
	case <-ctx.Done():
		return nil, &seedbed.Error{Code: seedbed.Unavailable, Message: "It did not answer in time."}
	}
}

func (s *slow) set(takes time.Duration) { s.mu.Lock(); s.takes = takes; s.mu.Unlock() }

// measured runs a test with a Control whose engine is slow.
func measured(t *testing.T, test func(*stage, *slow)) {
	s := newStage(t) // its database knows nothing of the bubble
	synctest.Test(t, func(t *testing.T) {
		engine := &slow{Engine: &webtest.Engine{Used: map[seedbed.TaskID]seedbed.TaskUsage{"guide.1": {Memory: 7}}}}
		engine.Add(seedbed.Task{ID: "guide.1", Workload: "/sites/guide", State: seedbed.TaskRunning})
		gauge := control.NewGauge(engine, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { gauge.Run(ctx) })
		defer running.Wait()
		defer stop()
		s.gauge(t, gauge)
		test(s, engine)
	})
}

// uses looks at what the site uses, and how long that took.
func (s *stage) uses(t *testing.T) (use control.Use, took time.Duration, err error) {
	began := time.Now()
	use, err = s.Usage(context.Background(), s.actor("owner"), "guide")
	return use, time.Since(began), err
}

func TestUsage_HoldsNoPageForASlowMachine(t *testing.T) {
	measured(t, func(s *stage, engine *slow) {
		engine.set(8 * time.Second)
		if _, took, err := s.uses(t); seedbed.CodeOf(err) != seedbed.Unavailable || took > time.Second {
			t.Errorf("at first: %v after %v", err, took)
		}
		time.Sleep(9 * time.Second)
		use, took, err := s.uses(t)
		if err != nil || use.Memory != 7 || took > time.Second {
			t.Errorf("later: %+v, %v after %v", use, err, took)
		}
		engine.set(time.Hour)
		time.Sleep(time.Minute)
		s.uses(t)
		time.Sleep(time.Minute)
		if old, _, err := s.uses(t); err != nil || !old.At.Equal(use.At) || old.Memory != 7 {
			t.Errorf("once it does not answer any more: %+v, %v", old, err)
		}
	})
}

func TestUsage_AsksOnceForManyWhoLook(t *testing.T) {
	measured(t, func(s *stage, engine *slow) {
		engine.set(100 * time.Millisecond)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if use, _, err := s.uses(t); err != nil || use.Memory != 7 {
					t.Errorf("got %+v, %v", use, err)
				}
			})
		}
		all.Wait()
		time.Sleep(time.Second)
		engine.mu.Lock()
		defer engine.mu.Unlock()
		if engine.max != 1 || engine.asked > 2 {
			t.Errorf("%d asked at once, %d times in all", engine.max, engine.asked)
		}
	})
}
