package reconcile

import (
	"context"
	"fmt"
	"time"

	"seedbed"
)

// act does what the step needs, if there is anything to do but wait. All of it
// may be repeated.
func (w *worker) act(ctx context.Context, step seedbed.StepName, a Actual) error {
	patience := time.Minute
	if takesLong(step) {
		patience = longPatience
		newest, cancel := w.whileNewest(ctx)
		defer cancel()
		ctx = newest
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch step.Base() {
	case seedbed.StepVolumes:
		_, err := w.ensureVolumes(ctx, w.spec.Volumes)
		return err
	case seedbed.StepService:
		return w.startService(ctx, w.binding(step).Service, a.Engine)
	case seedbed.StepBinding:
		return w.bind(ctx, w.binding(step))
	case seedbed.StepApply:
		return w.apply(ctx)
	case seedbed.StepStop:
		return w.Engine.Remove(ctx, w.spec.Site.WorkloadID())
	case seedbed.StepUnbind:
		return w.unbind(ctx, w.binding(step))
	case seedbed.StepDiscard:
		return w.discard(ctx)
	case seedbed.StepKeep:
		return w.keep(ctx)
	case seedbed.StepStage:
		return w.Backups.Stage(ctx, w.spec)
	case seedbed.StepSwap:
		return w.Backups.Swap(ctx, w.spec)
	case seedbed.StepLoad:
		return w.load(ctx, w.binding(step))
	default: // the others only wait
		return nil
	}
}

func (w *worker) binding(step seedbed.StepName) seedbed.Binding {
	for _, b := range w.spec.Bindings {
		if b.Service.Kind == step.Kind() {
			return b
		}
	}
	return seedbed.Binding{}
}

// ensureVolumes makes the volumes and returns their paths by name.
func (r *Reconciler) ensureVolumes(ctx context.Context, volumes []seedbed.Volume) (map[string]string, error) {
	paths := make(map[string]string, len(volumes))
	for _, v := range volumes {
		path, err := r.Volumes.Ensure(ctx, v)
		if err != nil {
			return nil, fmt.Errorf("make volume %q of %s: %w", v.Name, v.Owner, err)
		}
		paths[v.Name] = path
	}
	return paths, nil
}

// startService gives the shared service to the engine, unless it is there in
// this form already. Two sites may do this at the same time: both give the
// same.
func (r *Reconciler) startService(ctx context.Context, s seedbed.Service, observed map[seedbed.WorkloadID]seedbed.Observed) error {
	if observed[s.WorkloadID()].Deployment == s.Mark() {
		return nil
	}
	return r.applyService(ctx, s)
}

func (r *Reconciler) applyService(ctx context.Context, s seedbed.Service) error {
	t, err := r.Catalog.Template(s.Kind)
	if err != nil {
		return err
	}
	paths, err := r.ensureVolumes(ctx, s.Volumes(t))
	if err != nil {
		return err
	}
	if err := r.checkImage(t); err != nil {
		return err
	}
	workload, err := r.Catalog.ServiceWorkload(s, paths)
	if err != nil {
		return err
	}
	return r.Engine.Apply(ctx, workload)
}

// bind makes the site's own part of a service. That it was begun is written
// down first, so that a removal knows that there may be something to remove. A
// part that was begun before may be in use with another password.
func (w *worker) bind(ctx context.Context, b seedbed.Binding) error {
	if err := w.Store.MarkBinding(ctx, b); err != nil {
		return err
	}
	endpoint, err := w.endpoint(ctx, b.Service)
	if err != nil {
		return err
	}
	kind := w.Kinds[b.Service.Kind]
	if b.Made {
		return kind.Rotate(ctx, endpoint, b)
	}
	return kind.Ensure(ctx, endpoint, b)
}

func (w *worker) unbind(ctx context.Context, b seedbed.Binding) error {
	endpoint, err := w.endpoint(ctx, b.Service)
	if err != nil {
		return err
	}
	return w.Kinds[b.Service.Kind].Remove(ctx, endpoint, b)
}

// apply gives the site to the engine.
func (w *worker) apply(ctx context.Context) error { return w.applySite(ctx, w.spec) }

func (r *Reconciler) applySite(ctx context.Context, spec seedbed.SiteSpec) error {
	paths, err := r.ensureVolumes(ctx, spec.Volumes)
	if err != nil {
		return err
	}
	t, err := r.Catalog.Template(spec.Site.Template)
	if err != nil {
		return err
	}
	if err := r.checkImage(t); err != nil {
		return err
	}
	workload, err := r.Catalog.SiteWorkload(spec, paths)
	if err != nil {
		return err
	}
	return r.Engine.Apply(ctx, workload)
}

func (w *worker) discard(ctx context.Context) error {
	for _, v := range w.spec.Volumes {
		if err := w.Volumes.Remove(ctx, v); err != nil {
			return fmt.Errorf("remove volume %q of %s: %w", v.Name, v.Owner, err)
		}
	}
	return nil
}
