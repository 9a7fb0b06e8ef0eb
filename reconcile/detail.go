package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seedbed"
)

// explain writes down what the current step waits for, for the page of the
// deployment, if that has changed.
func (w *worker) explain(ctx context.Context, detail string) error {
	for i := range w.spec.Deployment.Steps {
		step := &w.spec.Deployment.Steps[i]
		if !step.Ended.IsZero() {
			continue
		}
		if step.Detail == detail {
			return nil
		}
		step.Detail = detail
		defer w.Board.Tell()
		return w.Store.SaveSteps(ctx, w.spec.Deployment)
	}
	return nil
}

// troubleDetail says why a step does not get on, when it failed with err and
// will be tried again.
func troubleDetail(err error) string {
	var known *seedbed.Error
	if errors.As(err, &known) {
		return known.Message + " We are trying again."
	}
	return "It did not work yet. We are trying again."
}

// waitDetail says what a step that is only a matter of time waits for.
func (w *worker) waitDetail(step seedbed.StepName, a Actual) string {
	what := "Its program"
	switch step.Base() {
	case seedbed.StepService:
		what = seedbed.ServiceTitle(step.Kind())
	case seedbed.StepWell:
	default:
		return ""
	}
	o, there := a.Engine[w.awaited(step)]
	switch {
	case len(w.failures) > 0:
		return fmt.Sprintf("%s (%d of %d times before we give up). It is being tried again.", failedHow(what, w.newest()), len(w.failures), w.maxFailures())
	case !there:
		return what + " is being handed to the engine."
	case o.Unseen:
		return "We cannot see whether it runs, because Docker does not answer."
	case o.Waiting != nil:
		return what + " cannot be started yet. " + o.Waiting.Sentence()
	case o.Running == 0 && o.Pulling != nil:
		return what + " is about to be started. " + o.Pulling.Sentence()
	case o.Running == 0 && step == seedbed.StepWell && w.template().Asked.Image != "":
		return "Its image is being fetched, if the machine does not have it yet. Then its program is started."
	case o.Running == 0:
		return what + " is being started."
	case step == seedbed.StepWell && w.Now().Sub(w.since) > silence:
		return w.silentDetail()
	default:
		return what + " runs. We are waiting until it answers."
	}
}

// silence is how long a program may run before a person is told where it was
// expected to answer.
const silence = 20 * time.Second

// silentDetail says where nothing answers, if a person has decided that.
func (w *worker) silentDetail() string {
	t := w.template()
	where := fmt.Sprintf("port %d", t.Port)
	if t.Health.Path != "" {
		where += " (" + t.Health.Path + ")"
	}
	if t.Asked.Port == "" && t.Asked.HealthPath == "" {
		return "Its program runs. We are waiting until it answers."
	}
	return "Its program runs, but nothing answers at " + where + " yet. What it printed may say why."
}

// template is what the site is made from, as its settings have it; the zero
// Template if the catalog has it no more.
func (w *worker) template() seedbed.Template {
	t, err := w.Catalog.Template(w.spec.Site.Template)
	if err != nil {
		return seedbed.Template{}
	}
	return t.For(w.spec.Revision.Settings)
}

// newest is the last failure that was seen.
func (w *worker) newest() (newest seedbed.Failure) {
	for at, f := range w.failures {
		if at.After(newest.At) {
			newest = f
		}
	}
	return newest
}

// failedHow says how the program came to fail.
func failedHow(what string, f seedbed.Failure) string {
	switch {
	case isPullFailure(f) && what == "Its program":
		return "Its image could not be fetched"
	case isPullFailure(f):
		return "The image of " + what + " could not be fetched"
	case isHealthFailure(f):
		return what + " was started and did not answer"
	}
	return what + " stopped by itself"
}
