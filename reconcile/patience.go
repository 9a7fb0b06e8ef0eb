package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"seedbed"
)

// giveUpIfLate ends the deployment if every round has failed for longer than
// anyone should wait. Until then it is tried again.
func (w *worker) giveUpIfLate(ctx context.Context, step seedbed.StepName, err error) (over bool, _ error) {
	if ctx.Err() != nil {
		return false, err
	}
	if step.Base() == seedbed.StepStage && seedbed.CodeOf(err) == seedbed.Invalid {
		return true, w.finish(ctx, seedbed.Failed, seedbed.MessageOf(err), "") // trying again is no use
	}
	if w.failing.IsZero() || w.Board.isBlocked() {
		w.failing = w.Now()
	}
	if w.Now().Sub(w.failing) < stepPatience {
		return false, errors.Join(err, w.explain(ctx, troubleDetail(err)))
	}
	return true, errors.Join(err, w.finish(ctx, seedbed.Failed, lateCause(step, err), ""))
}

func lateCause(step seedbed.StepName, err error) string {
	var known *seedbed.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return "We tried for 2 minutes to " + purpose(step) + ", and it did not work. The log has the details."
}

// giveUpIfHopeless ends the deployment if waiting for the step is no use: the
// containers end by themselves again and again, or it takes too long.
func (w *worker) giveUpIfHopeless(ctx context.Context, step seedbed.StepName, a Actual) (over bool, err error) {
	failure := w.failure(step, a)
	if w.Board.isBlocked() {
		w.since = w.Now() // the site cannot be blamed for what its machinery does not do
	}
	if len(w.failures) >= w.maxFailures() {
		return true, w.finish(ctx, seedbed.Failed, stoppedCause(step, failure), failure.Message)
	}
	if patience := w.patience(step); w.Now().Sub(w.since) > patience {
		return true, w.finish(ctx, seedbed.Failed, slowCause(step, patience, failure)+w.noRoom(step, a), failure.Message)
	}
	return false, w.explain(ctx, w.waitDetail(step, a))
}

// maxFailures is how often containers may end by themselves. An image that a
// change has named and that cannot be fetched is not tried again: visitors wait
// meanwhile, and what worked before comes back sooner.
func (w *worker) maxFailures() int {
	for _, f := range w.failures {
		if w.spec.Deployment.Kind == seedbed.Change && isPullFailure(f) {
			return 1
		}
	}
	return maxFailures
}

// failure notes and returns the newest failure of what the step waits for.
func (w *worker) failure(step seedbed.StepName, a Actual) seedbed.Failure {
	f := a.Engine[w.awaited(step)].Failure
	if f == nil || f.At.Before(w.spec.Deployment.Started) {
		return seedbed.Failure{}
	}
	w.failures[f.At] = *f
	return *f
}

// awaited is the workload that a step waits for.
func (w *worker) awaited(step seedbed.StepName) seedbed.WorkloadID {
	if step.Base() == seedbed.StepService {
		return w.binding(step).Service.WorkloadID()
	}
	return w.spec.Site.WorkloadID()
}

// patience is how long the step may take.
func (w *worker) patience(step seedbed.StepName) time.Duration {
	name := w.spec.Site.Template
	if takesLong(step) {
		return longPatience
	}
	switch step.Base() {
	case seedbed.StepService:
		name = step.Kind()
	case seedbed.StepWell:
	default:
		return stepPatience
	}
	return w.patienceWith(name)
}

// patienceWith is how long what is made from a template may take to be well.
func (r *Reconciler) patienceWith(template string) time.Duration {
	t, err := r.Catalog.Template(template)
	if err != nil || t.Patience <= 0 {
		return defaultPatience
	}
	return t.Patience
}

func stoppedCause(step seedbed.StepName, f seedbed.Failure) string {
	switch {
	case step.Base() == seedbed.StepService:
		return "The shared " + seedbed.ServiceTitle(step.Kind()) + " stopped by itself each time it was started, so nothing can be done with the site’s part of it."
	case isPullFailure(f):
		return "Its image could not be fetched. Look whether its name is right, and whether this machine can reach the registry that it comes from."
	case isHealthFailure(f):
		return "Its program was started and did not answer. Look whether its port and the page that is asked are right."
	}
	return "The site’s program could not be started, or stopped by itself, each time it was tried."
}

func slowCause(step seedbed.StepName, patience time.Duration, f seedbed.Failure) string {
	sentence := "We waited " + minutes(patience) + " to " + purpose(step) + ", and it did not happen."
	if step.Base() == seedbed.StepWell && isHealthFailure(f) {
		sentence += " Its program runs and does not answer. Look whether its port and the page that is asked are right."
	}
	return sentence
}

// noRoom adds why the engine could not start what a step waited for, if there
// was no room for it.
func (w *worker) noRoom(step seedbed.StepName, a Actual) string {
	o := a.Engine[w.awaited(step)]
	if o.Waiting == nil || step.Base() != seedbed.StepService && step.Base() != seedbed.StepWell {
		return ""
	}
	return " " + o.Waiting.Sentence()
}

// isPullFailure reports whether the engine could not get the image: in the words
// of onebox, or of Mesos, which quotes the command that it ran: "docker -H
// unix:///var/run/docker.sock pull …".
func isPullFailure(f seedbed.Failure) bool {
	command, _, _ := strings.Cut(f.Message, " pull ")
	return strings.Contains(f.Message, "pulling it failed") || command != f.Message && strings.Contains(command, "docker")
}

// isHealthFailure reports whether the engine killed it for not answering: the
// words are Marathon's, and onebox has the same.
func isHealthFailure(f seedbed.Failure) bool {
	return strings.Contains(f.Message, "health check failed")
}

func minutes(d time.Duration) string {
	if n := int(d.Round(time.Minute).Minutes()); n > 1 {
		return fmt.Sprintf("%d minutes", n)
	}
	return "one minute"
}

// purpose says what a step is for, after "to".
func purpose(step seedbed.StepName) string {
	service := seedbed.ServiceTitle(step.Kind())
	switch step.Base() {
	case seedbed.StepVolumes:
		return "make a place for its files"
	case seedbed.StepService:
		return "reach the shared " + service
	case seedbed.StepBinding:
		return "make its part of the shared " + service
	case seedbed.StepApply:
		return "hand it to the engine"
	case seedbed.StepWell:
		return "see it become well"
	case seedbed.StepRoute:
		return "lead its address to it"
	case seedbed.StepAnswer:
		return "get an answer from its address"
	case seedbed.StepStop:
		return "stop it"
	case seedbed.StepUnroute:
		return "take its address away"
	case seedbed.StepUnbind:
		return "remove its part of the shared " + service
	case seedbed.StepDiscard:
		return "remove its files"
	case seedbed.StepKeep:
		return "copy its files and databases"
	case seedbed.StepStage:
		return "read the backup"
	case seedbed.StepSwap:
		return "put its files back"
	case seedbed.StepLoad:
		return "put back its part of the shared " + service
	default:
		return "look at it"
	}
}
