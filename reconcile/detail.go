package reconcile

import (
	"context"
	"errors"
	"fmt"

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
		return fmt.Sprintf("%s stopped by itself (%d of %d times before we give up). It is being started again.", what, len(w.failures), maxFailures)
	case !there:
		return what + " is being handed to the engine."
	case o.Unseen:
		return "We cannot see whether it runs, because Docker does not answer."
	case o.Waiting != nil:
		return what + " cannot be started yet. " + o.Waiting.Sentence()
	case o.Running == 0:
		return what + " is being started."
	default:
		return what + " runs. We are waiting until it answers."
	}
}
