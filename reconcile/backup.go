package reconcile

import (
	"context"
	"fmt"
	"io"
	"time"

	"seedbed"
)

// Backups keeps copies of sites and puts them back, for the deployment in the
// spec. All of it may be repeated and may be stopped in the middle.
type Backups interface {
	// Kept reports whether the backup that the deployment makes is whole.
	Kept(ctx context.Context, spec seedbed.SiteSpec) (bool, error)
	// Keep makes it. dump writes the content of the site's part of one kind of
	// service.
	Keep(ctx context.Context, spec seedbed.SiteSpec, dump func(ctx context.Context, kind string, w io.Writer) error) error
	// Restored tells how far the putting back is.
	Restored(ctx context.Context, spec seedbed.SiteSpec) (Restored, error)
	// Stage makes sure that the backup is whole and lays its files beside the
	// site's. An Invalid error means that it can never be put back.
	Stage(ctx context.Context, spec seedbed.SiteSpec) error
	// Swap puts them into the place of the site's, and keeps those.
	Swap(ctx context.Context, spec seedbed.SiteSpec) error
	// Load gives load what the backup has of one kind of service.
	Load(ctx context.Context, spec seedbed.SiteSpec, kind string, load func(ctx context.Context, r io.Reader) error) error
	// Forget deletes what the site had before.
	Forget(ctx context.Context, spec seedbed.SiteSpec) error
}

// Restored is how far the putting back of a backup is.
type Restored struct {
	Staged  bool            // its files lie ready, or did
	Swapped bool            // they are in the place of the site's
	Loaded  map[string]bool // by kind of service
}

// longPatience is for steps that take as long as there is much to copy.
const longPatience = 12 * time.Hour

// takesLong reports whether a step copies what people have.
func takesLong(step seedbed.StepName) bool {
	switch step.Base() {
	case seedbed.StepKeep, seedbed.StepStage, seedbed.StepLoad:
		return true
	}
	return false
}

// planBackup changes nothing of the site.
func planBackup(spec seedbed.SiteSpec, a Actual) []Planned {
	var plan []Planned
	for _, b := range spec.Bindings {
		plan = append(plan, Planned{seedbed.StepService.Of(b.Service.Kind), a.Services[b.Service.Kind]})
	}
	return append(plan, Planned{seedbed.StepKeep, a.Kept})
}

// planRestore reads all of the backup before it stops anything, and goes on as a
// change does once what the site holds was put back.
func planRestore(spec seedbed.SiteSpec, a Actual) []Planned {
	mark := spec.Deployment.Mark()
	restarted := a.Workload != nil && a.Workload.Deployment == mark
	plan := []Planned{
		{seedbed.StepStage, a.Restored.Staged},
		{seedbed.StepStop, a.Workload == nil || restarted},
		{seedbed.StepSwap, a.Restored.Swapped},
	}
	for _, b := range spec.Bindings {
		kind := b.Service.Kind
		plan = append(plan,
			Planned{seedbed.StepService.Of(kind), a.Services[kind]},
			Planned{seedbed.StepLoad.Of(kind), a.Restored.Loaded[kind]})
	}
	return append(plan, planStart(a, mark)...)
}

// lookAtBackup finds out how far a backup or its putting back is.
func (w *worker) lookAtBackup(ctx context.Context, a *Actual) (err error) {
	switch w.spec.Deployment.Kind {
	case seedbed.BackUp:
		a.Kept, err = w.Backups.Kept(ctx, w.spec)
	case seedbed.Restore:
		a.Restored, err = w.Backups.Restored(ctx, w.spec)
	}
	if err != nil {
		return fmt.Errorf("look at the backup: %w", err)
	}
	return nil
}

func (w *worker) keep(ctx context.Context) error {
	return w.Backups.Keep(ctx, w.spec, func(ctx context.Context, kind string, to io.Writer) error {
		b := w.binding(seedbed.StepBinding.Of(kind))
		endpoint, err := w.endpoint(ctx, b.Service)
		if err != nil {
			return err
		}
		return w.Kinds[kind].Dump(ctx, endpoint, b, to)
	})
}

func (w *worker) load(ctx context.Context, b seedbed.Binding) error {
	if err := w.Store.MarkBinding(ctx, b); err != nil {
		return err
	}
	endpoint, err := w.endpoint(ctx, b.Service)
	if err != nil {
		return err
	}
	return w.Backups.Load(ctx, w.spec, b.Service.Kind, func(ctx context.Context, r io.Reader) error {
		return w.Kinds[b.Service.Kind].Load(ctx, endpoint, b, r)
	})
}

// whileNewest ends the context once another deployment of the site took over:
// that one waits until this one has stopped.
func (w *worker) whileNewest(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	id := w.spec.Deployment.ID
	go func() {
		for ctx.Err() == nil {
			w.sleep(ctx, nil, 2*time.Second)
			spec, err := w.Store.SiteSpec(ctx, w.spec.Site.ID)
			if seedbed.IsNotFound(err) || err == nil && spec.Deployment.ID != id {
				cancel()
			}
		}
	}()
	return ctx, cancel
}

// tidy deletes what a site had before a backup was put back. Where that fails,
// the next backup or removal tries again.
func (w *worker) tidy(ctx context.Context) {
	if w.spec.Deployment.Kind != seedbed.Restore || w.Backups == nil {
		return
	}
	if err := w.Backups.Forget(ctx, w.spec); err != nil {
		w.Log.Warn("delete what the site had before it was put back", "site", w.spec.Site.ID, "error", err)
	}
}
