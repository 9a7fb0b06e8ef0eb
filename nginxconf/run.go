package nginxconf

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// Times of the router.
const (
	lookEvery    = 2 * time.Second // whether nginx runs, and the service address is there
	applyPause   = time.Second     // between two reloads
	firstRetry   = time.Second
	longestRetry = 30 * time.Second
)

// Start makes nginx serve what was served last, or nothing, and returns when it
// does. An nginx that runs already is adopted, and goes on with what it serves
// until Consul has been read. What a person can mend, such as a port that is
// taken, is a seedbed.Error. It is safe to call again; Run calls it too.
func (r *Router) Start(ctx context.Context) error {
	r.work.Lock()
	defer r.work.Unlock()
	err := r.start(ctx)
	r.report(err)
	if err == nil {
		return nil
	}
	if _, silent := r.nginx.generation(ctx); silent == nil && r.nginx.pid() != 0 {
		return nil // it serves, if not what it should; Check says what is wrong
	}
	return err
}

func (r *Router) start(ctx context.Context) error {
	if err := r.makeDirs(); err != nil {
		return err
	}
	if err := r.nginx.inspect(ctx); err != nil {
		return err
	}
	r.restore()
	r.trimLog()
	_, err := r.converge(ctx)
	return err
}

// Run watches Consul and keeps nginx up to date until ctx ends, through any
// trouble, and returns when all it started has ended. nginx goes on; Stop ends
// it.
func (r *Router) Run(ctx context.Context) error {
	for retry := firstRetry; ctx.Err() == nil; retry = min(2*retry, longestRetry) {
		if r.Start(ctx) == nil {
			break // an error is in the log, and Check has it
		}
		sleep(ctx, retry)
	}
	var watcher sync.WaitGroup
	defer watcher.Wait()
	watcher.Go(func() { r.watchConsul(ctx) })
	watcher.Go(func() { r.countVisits(ctx) })
	r.keep(ctx)
	return nil
}

// keep converges whenever there is something new, and every few seconds. The
// first change is applied at once, those that follow at most once a second.
func (r *Router) keep(ctx context.Context) {
	retry := firstRetry
	for ctx.Err() == nil {
		applied, err := r.round(ctx)
		switch {
		case err != nil:
			sleep(ctx, applyPause)
			r.wait(ctx, retry/2+rand.N(retry))
			retry = min(2*retry, longestRetry)
			continue
		case applied:
			sleep(ctx, r.pause())
		}
		retry = firstRetry
		r.wait(ctx, lookEvery)
	}
}

// round looks at everything once and applies what differs.
func (r *Router) round(ctx context.Context) (applied bool, err error) {
	r.work.Lock()
	defer r.work.Unlock()
	r.trimLog()
	r.lookAtOld()
	if applied, err = r.converge(ctx); err != nil {
		r.counts.failure()
	}
	if ctx.Err() == nil {
		r.report(err)
	}
	return applied, err
}

// report, called with work held, keeps why things are not as they should be, and logs it once.
func (r *Router) report(err error) {
	err = errors.Join(err, r.blocked)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil && (r.trouble == nil || r.trouble.Error() != err.Error()):
		r.Log.Error("nginx does not serve what it should", "error", err)
	case err == nil && r.trouble != nil:
		r.Log.Info("nginx serves what it should again")
	}
	r.trouble = err
}

// poke makes the next round come now. It never blocks.
func (r *Router) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// wait returns after d, or when there is something new.
func (r *Router) wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-r.wake:
	case <-timer.C:
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
