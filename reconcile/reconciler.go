package reconcile

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Config holds what a Reconciler works with. All fields but Images are needed.
type Config struct {
	Engine  Engine
	Router  Router
	Volumes Volumes
	Catalog Catalog
	// Images is nil where it is the engine's business to have them.
	Images  Images
	Kinds   map[string]ServiceKind // by kind of service
	Store   Deployments
	Backups Backups
	Board   *Board
	// ServiceAddress returns the address at which this machine reaches the
	// service ports.
	ServiceAddress func(ctx context.Context) (string, error)
	Now            func() time.Time
	Log            *slog.Logger
}

// Reconciler carries out deployments: it looks at what is, plans, does the
// first thing that is not done, and looks again. It remembers nothing that it
// could look up, so it may be killed at any moment.
type Reconciler struct {
	Config
	wake chan struct{}

	mu      sync.Mutex
	working map[int64]bool // sites with a worker
	workers sync.WaitGroup
}

// New returns a Reconciler that does nothing until Run.
func New(c Config) *Reconciler {
	return &Reconciler{Config: c, wake: make(chan struct{}, 1), working: map[int64]bool{}}
}

// Poke makes the reconciler look for new deployments now. It never blocks.
func (r *Reconciler) Poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run carries out deployments until ctx ends, and returns when the last worker
// has stopped. Deployments that are not finished then go on at the next Run.
func (r *Reconciler) Run(ctx context.Context) {
	defer r.workers.Wait()
	for ctx.Err() == nil {
		if err := r.startWorkers(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("read unfinished deployments", "error", err)
		}
		r.sleep(ctx, r.wake, 3*time.Second)
	}
}

// startWorkers starts a worker for each site that has an unfinished deployment
// and no worker yet.
func (r *Reconciler) startWorkers(ctx context.Context) error {
	unfinished, err := r.Store.UnfinishedDeployments(ctx)
	if err != nil {
		return err
	}
	for _, d := range unfinished {
		if r.claim(d.SiteID) {
			r.workers.Go(func() {
				defer r.release(d.SiteID)
				r.work(ctx, d)
			})
		}
	}
	return nil
}

func (r *Reconciler) claim(site int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.working[site] {
		return false
	}
	r.working[site] = true
	return true
}

func (r *Reconciler) release(site int64) {
	r.mu.Lock()
	delete(r.working, site)
	r.mu.Unlock()
	r.Poke() // a newer deployment of the site may be waiting
}

// sleep waits until wake is told something, about d has passed, or ctx ends.
func (r *Reconciler) sleep(ctx context.Context, wake <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d*3/4 + rand.N(d/2))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}
