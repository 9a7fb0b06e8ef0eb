package consul

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"seedbed"
)

const (
	// fewApps is up to how many workloads are asked for one by one.
	fewApps   = 64
	askersMax = 4
	// appTimeout is how long one of them may keep the others waiting.
	appTimeout = 2 * time.Second
)

// catchUp looks at the workloads that events named and writes what differs. It
// does nothing before all was looked at once.
func (b *Bridge) catchUp(ctx context.Context) error {
	if b.have == nil || ctx.Err() != nil {
		return nil
	}
	dirty := b.ears.take()
	if len(dirty) == 0 {
		return nil
	}
	b.takeFacts()
	a, failed := b.askFor(ctx, dirty)
	b.ears.again(failed)
	if len(failed) > 0 {
		time.AfterFunc(firstRetry, b.poke)
	}
	p := b.plan(b.have, a.at)
	changes := p.make(a)
	b.doubts += p.doubts
	if err := b.write(ctx, changes, b.have); err != nil {
		b.ears.again(dirty)
		b.fail("consul", err)
		return err
	}
	b.note(a, dirty, len(changes) > 0)
	return nil
}

// note takes in that workloads were looked at for events.
func (b *Bridge) note(a answer, dirty map[seedbed.WorkloadID]time.Time, wrote bool) {
	now := time.Now()
	for app := range a.apps {
		if b.touched != nil {
			b.touched[app] = true
		}
		if wrote {
			b.report.lag(now.Sub(dirty[app]))
		}
	}
	b.report.mended(b.have.count())
}

// askFor asks the engine for some workloads; failed are those that it did not
// answer for. One that it does not have is left as it is until a look at all
// shows the same.
func (b *Bridge) askFor(ctx context.Context, dirty map[seedbed.WorkloadID]time.Time) (_ answer, failed map[seedbed.WorkloadID]time.Time) {
	if len(dirty) > fewApps {
		return b.askTogether(ctx, dirty)
	}
	a := answer{apps: map[seedbed.WorkloadID][]seedbed.Instance{}, at: time.Now()}
	failed = map[seedbed.WorkloadID]time.Time{}
	var mu sync.Mutex
	var askers errgroup.Group
	askers.SetLimit(askersMax)
	for _, app := range slices.Sorted(maps.Keys(dirty)) {
		askers.Go(func() error {
			instances, err := b.askOne(ctx, app)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				a.apps[app] = instances
			case seedbed.CodeOf(err) == seedbed.NotFound:
				b.missing(app)
			default:
				b.report.trouble("engine", err)
				failed[app] = dirty[app]
			}
			return nil
		})
	}
	_ = askers.Wait() // none of them fails
	return a, failed
}

func (b *Bridge) askOne(ctx context.Context, app seedbed.WorkloadID) ([]seedbed.Instance, error) {
	ctx, cancel := context.WithTimeout(ctx, appTimeout)
	defer cancel()
	instances, err := b.Source.RunningOf(ctx, app[len(b.Group):])
	if err != nil {
		return nil, fmt.Errorf("read what runs of %s: %w", app, err)
	}
	return instances, nil
}

// missing asks for a look at all if Consul has something of a workload that the
// engine does not have.
func (b *Bridge) missing(app seedbed.WorkloadID) {
	if b.have.apps[app] != nil {
		b.ears.want(time.Now())
	}
}

// askTogether asks for all workloads at once and takes those that are asked for.
func (b *Bridge) askTogether(ctx context.Context, dirty map[seedbed.WorkloadID]time.Time) (_ answer, failed map[seedbed.WorkloadID]time.Time) {
	ctx, cancel := context.WithTimeout(ctx, auditTimeout)
	defer cancel()
	all, err := b.ask(ctx)
	if err != nil {
		b.report.trouble("engine", err)
		return answer{at: all.at}, dirty
	}
	a := answer{apps: map[seedbed.WorkloadID][]seedbed.Instance{}, at: all.at}
	for app := range dirty {
		if instances, there := all.apps[app]; there {
			a.apps[app] = instances
		} else {
			b.missing(app)
		}
	}
	return a, nil
}
