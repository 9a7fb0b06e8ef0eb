package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"seedbed"
)

// How long a worker goes on with one step before it gives up into a state that
// a person can see. They count only time in which the portal ran.
const (
	stepPatience    = 2 * time.Minute
	defaultPatience = 5 * time.Minute
	maxFailures     = 3 // of containers, in one deployment
)

// worker carries one deployment through.
type worker struct {
	*Reconciler
	spec     seedbed.SiteSpec
	since    time.Time // when the worker began with the current step, less what it could not see
	failing  time.Time // since when every round has failed; zero if the last one did not
	failures map[time.Time]seedbed.Failure
}

// work carries a deployment through until it is done, has failed or is
// superseded, or until ctx ends.
func (r *Reconciler) work(ctx context.Context, d seedbed.Deployment) {
	w := &worker{Reconciler: r, failures: map[time.Time]seedbed.Failure{}, since: r.Now()}
	log := r.Log.With("site", d.SiteID, "deployment", d.ID)
	for ctx.Err() == nil {
		over, err := w.advance(ctx, d)
		if over {
			return
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("deployment waits", "step", w.current(), "error", err)
		}
		r.sleep(ctx, r.Board.Engine.Wait(), time.Second)
	}
}

// advance does one round: look, compare, act. It reports whether the
// deployment is over.
func (w *worker) advance(ctx context.Context, d seedbed.Deployment) (over bool, err error) {
	spec, err := w.Store.SiteSpec(ctx, d.SiteID)
	if seedbed.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if spec.Deployment.ID != d.ID || spec.Deployment.State != seedbed.Working {
		return true, nil
	}
	w.spec = w.needed(spec)

	actual, err := w.look(ctx)
	if err != nil {
		return w.giveUpIfLate(ctx, w.current(), err)
	}
	plan := Plan(w.spec, actual)
	step := next(plan)
	if err := w.record(ctx, plan, step); err != nil {
		return false, err
	}
	if step == "" {
		return true, w.finish(ctx, seedbed.Done, "", "")
	}
	err = w.act(ctx, step, actual)
	if errors.Is(err, errPreparing) {
		w.since, w.failing = w.Now(), time.Time{}
		return false, w.explain(ctx, preparingDetail)
	}
	if err != nil {
		return w.giveUpIfLate(ctx, step, fmt.Errorf("%s: %w", step, err))
	}
	w.failing = time.Time{}
	return w.giveUpIfHopeless(ctx, step, actual)
}

// needed leaves out what the site has and no longer uses, so that it need not
// wait for a service that was switched off. A removal is about all of it.
func (r *Reconciler) needed(spec seedbed.SiteSpec) seedbed.SiteSpec {
	t, err := r.Catalog.Template(spec.Site.Template)
	if err != nil || spec.Deployment.Kind == seedbed.Remove {
		return spec
	}
	kinds := t.For(spec.Revision.Settings).Kinds()
	spec.Bindings = slices.DeleteFunc(slices.Clone(spec.Bindings), func(b seedbed.Binding) bool { return !slices.Contains(kinds, b.Service.Kind) })
	return spec
}

// current returns the step that is being worked at.
func (w *worker) current() seedbed.StepName {
	for _, s := range w.spec.Deployment.Steps {
		if s.Ended.IsZero() {
			return s.Name
		}
	}
	return ""
}

// record writes down which steps are done and which one is begun, before it is
// acted on. Steps that have once been done stay so on the page.
func (w *worker) record(ctx context.Context, plan []Planned, step seedbed.StepName) error {
	now, changed := w.Now(), false
	steps := merge(w.spec.Deployment.Steps, plan)
	for i := range steps {
		s := &steps[i]
		if s.Name == step {
			if s.Started.IsZero() {
				s.Started, changed, w.since = now, true, now
			}
			break
		}
		if s.Ended.IsZero() {
			s.Ended, changed = now, true
			if s.Started.IsZero() {
				s.Started = now
			}
			w.since = now
		}
	}
	w.spec.Deployment.Steps = steps
	if !changed {
		return nil
	}
	defer w.Board.Tell()
	w.Log.Info("step", "site", w.spec.Site.ID, "deployment", w.spec.Deployment.ID, "step", step)
	return w.Store.SaveSteps(ctx, w.spec.Deployment)
}

// merge gives the planned steps their recorded times.
func merge(recorded []seedbed.Step, plan []Planned) []seedbed.Step {
	known := make(map[seedbed.StepName]seedbed.Step, len(recorded))
	for _, s := range recorded {
		known[s.Name] = s
	}
	steps := make([]seedbed.Step, len(plan))
	for i, p := range plan {
		steps[i] = known[p.Name]
		steps[i].Name = p.Name
	}
	return steps
}

// finish ends the deployment in the given state.
func (w *worker) finish(ctx context.Context, state seedbed.DeploymentState, cause, words string) error {
	d := w.spec.Deployment
	d.State, d.Ended = state, w.Now()
	if state == seedbed.Failed || d.Kind != seedbed.Return {
		d.Cause, d.Words = cause, words
	}
	if err := w.end(ctx, d); err != nil {
		return err
	}
	if state == seedbed.Done {
		w.tidy(ctx)
	}
	w.Log.Info("deployment ended", "site", d.SiteID, "deployment", d.ID, "state", state, "cause", cause)
	w.Board.Tell()
	w.Board.Engine.Tell() // the Watcher judges it anew
	return w.Store.AddEvent(ctx, seedbed.Event{At: d.Ended, Who: "Seedbed", What: told(w.spec, state, cause), Subject: w.spec.Site.Key()})
}

// end writes down how a deployment ended. Nobody need come and mend a site that
// a change has broken: what worked before is brought back by another deployment,
// which is started in the same transaction, so that no kill can come between.
func (w *worker) end(ctx context.Context, d seedbed.Deployment) error {
	if d.State != seedbed.Failed || d.Kind != seedbed.Change || !d.HasReplaced() {
		return w.Store.FinishDeployment(ctx, d)
	}
	back, err := w.Store.FailAndReturn(ctx, d)
	if back {
		w.Log.Info("go back to what worked before", "site", d.SiteID, "deployment", d.ID)
	}
	return err
}

// told is the Event's sentence about the end of a deployment.
func told(spec seedbed.SiteSpec, state seedbed.DeploymentState, cause string) string {
	title := string(spec.Revision.Title)
	if state == seedbed.Failed {
		return "gave up " + map[seedbed.DeploymentKind]string{
			seedbed.Make: "making ", seedbed.Change: "changing ", seedbed.Remove: "deleting ",
			seedbed.BackUp: "making a backup of ", seedbed.Restore: "putting back a backup of ", seedbed.Return: "bringing back what worked before of ",
			seedbed.Pause: "pausing ", seedbed.Resume: "resuming ",
		}[spec.Deployment.Kind] + title + ": " + cause
	}
	return map[seedbed.DeploymentKind]string{
		seedbed.Make: "made ", seedbed.Change: "changed ", seedbed.Remove: "deleted ",
		seedbed.BackUp: "made a backup of ", seedbed.Restore: "put back a backup of ", seedbed.Return: "brought back what worked before of ",
		seedbed.Pause: "stopped ", seedbed.Resume: "started ",
	}[spec.Deployment.Kind] + title
}
