package reconcile

import (
	"cmp"
	"fmt"
	"time"

	"seedbed"
)

// Sight is all that was seen of a site or service at one moment. Its zero value
// is that nothing was seen yet.
type Sight struct {
	At       time.Time
	Workload *seedbed.Observed // nil if the engine does not have it
	Blind    bool              // the engine did not answer, so Workload says nothing
	Routed   bool              // nginx leads to at least one instance
	Unrouted bool              // nginx was asked and leads to none; neither is true if it was not to be asked
	Answer   seedbed.Answer    // newest; its zero value means not asked yet
	Refused  []string          // what the router left out of it, in sentences
	Effect   seedbed.Effect    // whether nginx serves it as it is wanted
	Version  int               // of the Visitors that Effect is about
	Lacks    Lack              // a shared service that it needs and that is not well
}

// Lack is a shared service that is needed and was seen not to be well. Its zero
// value is that there is none.
type Lack struct {
	Kind   string
	Status seedbed.Status
}

func (l Lack) is() bool { return l.Kind != "" }

// sentence says which one it is and what is the matter with it.
func (l Lack) sentence() string {
	return seedbed.ServiceTitle(l.Kind) + ", which it needs, is not ready. " + l.Status.Sentence
}

// newest puts together what two looks saw that may have overlapped: the later
// look, with the later of the answers, which come from requests of their own.
func (s Sight) newest(other Sight) Sight {
	later, answer := s, s.Answer
	if s.At.Before(other.At) {
		later = other
	}
	if answer.At.Before(other.Answer.At) {
		answer = other.Answer
	}
	later.Answer = answer
	return later
}

// door is whether visitors get to the site. A container may be gone for a
// moment before nginx hears of it.
func (s Sight) door() seedbed.Door {
	gone := !s.Blind && s.Workload != nil && !s.Workload.Unseen && s.Workload.Running == 0
	switch {
	case s.At.IsZero():
		return seedbed.DoorUnknown
	case s.Unrouted, s.Routed && gone:
		return seedbed.DoorClosed
	case s.Routed:
		return seedbed.DoorOpen
	}
	return seedbed.DoorUnknown
}

// JudgeSite puts what was seen of a site into a state and a sentence. It is
// pure. A site is Live only if all of the chain was seen to be well, and each
// service that it needs: the first page of many a site asks no database.
func JudgeSite(spec seedbed.SiteSpec, s Sight) seedbed.Status {
	d := spec.Deployment
	status := seedbed.Status{Answer: s.Answer, Door: s.door()}
	answers := s.Answer.OK() && status.Door != seedbed.DoorClosed // an answer may be older
	hidden := spec.Visitors.HidesSite() && isHidden(s)
	switch it := runsOrAnswers(answers); {
	case d.State == seedbed.Working:
		status.State, status.Word, status.Sentence = seedbed.AtWork, workWord[d.Kind], workSentence(d)
	case d.IsPause() && status.Door != seedbed.DoorOpen:
		status.State, status.Word, status.Sentence, status.Answer = seedbed.AtRest, "Paused", "Visitors read that it is paused. All that it has is kept.", seedbed.Answer{}
	case d.IsPause():
		status.State, status.Word, status.Sentence = seedbed.Attention, "Not paused", "It was paused, but something of it runs."
	case d.State == seedbed.Failed && d.Kind == seedbed.Remove:
		status.State, status.Word, status.Sentence, status.Words = seedbed.Attention, "Not deleted", d.Cause, d.Words
	case d.State == seedbed.Failed && d.Kind == seedbed.BackUp && (answers || hidden):
		status.State, status.Word, status.Words = seedbed.Attention, "Not backed up", d.Words
		status.Sentence = it + ", but the last backup was not made. " + d.Cause
	case d.State == seedbed.Failed && (answers || hidden):
		status.State, status.Word, status.Words = seedbed.Attention, "Change failed", d.Words
		status.Sentence = it + ", but the last change was not carried out. " + d.Cause
	case s.Blind && answers:
		status.State, status.Word = seedbed.Attention, "Out of sight"
		status.Sentence = "It answers, but the engine that runs it does not answer us, so we cannot look after it."
	case s.Lacks.is() && answers:
		status.State, status.Word, status.Words = seedbed.Attention, "Unsteady", s.Lacks.Status.Words
		status.Sentence = "Its first page answers, but " + s.Lacks.sentence()
	case spec.Visitors.Maintenance && hidden:
		status.State, status.Word, status.Sentence = seedbed.AtRest, "Maintenance", "It runs. Visitors read your page about maintenance in its place."
	case hidden && !answers:
		status.State, status.Word = seedbed.Live, "Live"
		status.Sentence = "It runs well. Visitors are asked for a name and a password first, so we do not see its first page."
	case !s.Blind && s.Routed && answers && wellInAnyForm(s.Workload):
		status.State, status.Word, status.Sentence = seedbed.Live, "Live", "Answering in "+spoken(s.Answer.Took)+"."
	case answers:
		status.State, status.Word, status.Words = seedbed.Attention, "Unsteady", failureWords(s.Workload)
		status.Sentence = "It answers, but not all that is behind it is well."
	case d.State == seedbed.Failed && d.Kind == seedbed.Restore && d.HasStopped():
		status.State, status.Word, status.Sentence, status.Words = seedbed.Broken, "Not put back", d.Cause, d.Words
	case d.State == seedbed.Failed && d.Kind != seedbed.BackUp:
		status.State, status.Word, status.Sentence, status.Words = seedbed.Broken, "Did not start", d.Cause, d.Words
		if d.Kind != seedbed.Make && status.Door == seedbed.DoorClosed {
			status.Sentence += " Visitors cannot reach the site now."
		}
	case s.At.IsZero():
		status.State, status.Word, status.Sentence = seedbed.AtRest, "Looking", unseen
	default:
		status.State, status.Word = seedbed.Broken, notAnswering
		status.Sentence, status.Words = brokenSentence(s), cmp.Or(failureWords(s.Workload), s.Lacks.Status.Words)
	}
	return status
}

const notAnswering = "Not answering"

// unseen is what is said of what was not looked at yet.
const unseen = "We have not looked at it yet since Seedbed was started."

var workWord = map[seedbed.DeploymentKind]string{seedbed.Make: "Starting", seedbed.Change: "Changing", seedbed.Remove: "Deleting", seedbed.BackUp: "Backing up", seedbed.Restore: "Putting back", seedbed.Return: "Going back", seedbed.Pause: "Pausing", seedbed.Resume: "Resuming"}

func workSentence(d seedbed.Deployment) string {
	done := 0
	for _, s := range d.Steps {
		if !s.Ended.IsZero() {
			done++
		}
	}
	return fmt.Sprintf("%d of %d steps are done.", done, len(d.Steps))
}

// runsOrAnswers is what is known to be well of a site.
func runsOrAnswers(answers bool) string {
	if answers {
		return "It answers"
	}
	return "It runs"
}

// isHidden reports whether all is well that can be seen of a site of which nginx
// shows nobody the first page.
func isHidden(s Sight) bool {
	return !s.Blind && s.Routed && !s.Lacks.is() && wellInAnyForm(s.Workload)
}

func wellInAnyForm(o *seedbed.Observed) bool { return o != nil && o.Well(o.Deployment) }

func brokenSentence(s Sight) string {
	switch {
	case s.Blind:
		return "Its address does not answer, and neither does the engine that runs it."
	case s.Workload == nil:
		return "The engine does not know it any more. We are handing it over again."
	case s.Workload.Unseen:
		return "We cannot see whether it runs, because Docker does not answer."
	case s.Lacks.is():
		return s.Lacks.sentence()
	case s.Workload.Running == 0 && s.Workload.Waiting != nil:
		return "Its program is not running, and cannot be started now. " + s.Workload.Waiting.Sentence()
	case s.Workload.Running == 0:
		return "Its program is not running. It is being started again."
	case s.Workload.Healthy == 0:
		return "Its program runs but does not pass its health check."
	case !s.Routed:
		return "Its program is well, but visitors are not led to it yet."
	case s.Answer.Status > 0:
		return fmt.Sprintf("Its address answered with an error (%d).", s.Answer.Status)
	default:
		return "Its address does not answer."
	}
}

func failureWords(o *seedbed.Observed) string {
	if o == nil || o.Failure == nil {
		return ""
	}
	return o.Failure.Message
}

// JudgeService is JudgeSite for a shared service, which has no address that
// could be asked; trouble is what its own check said.
func JudgeService(service seedbed.Service, s Sight, trouble error) seedbed.Status {
	switch {
	case s.Blind:
		return seedbed.Status{State: seedbed.Attention, Word: "Out of sight", Sentence: "The engine that runs it does not answer us."}
	case s.Workload == nil && trouble != nil:
		return seedbed.Status{State: seedbed.Broken, Word: "Not started", Sentence: "It could not be handed to the engine. " + seedbed.MessageOf(trouble)}
	case s.Workload == nil:
		return seedbed.Status{State: seedbed.AtWork, Word: "Starting", Sentence: "It is being handed to the engine."}
	case wellInAnyForm(s.Workload) && s.Routed && trouble == nil:
		return seedbed.Status{State: seedbed.Live, Word: "Running", Sentence: fmt.Sprintf("Sites reach it at port %d.", service.Port)}
	case wellInAnyForm(s.Workload) && !s.Routed:
		return seedbed.Status{State: seedbed.Attention, Word: "Not reachable", Sentence: "It is well, but sites are not led to it yet."}
	case wellInAnyForm(s.Workload):
		return seedbed.Status{State: seedbed.Attention, Word: notAnswering, Sentence: "It runs, but it does not answer its administrator."}
	case s.Workload.Running == 0 && s.Workload.Waiting != nil:
		return seedbed.Status{State: seedbed.Broken, Word: "No room", Sentence: "It cannot be started now. " + s.Workload.Waiting.Sentence()}
	case s.Workload.Failure != nil:
		return seedbed.Status{State: seedbed.Broken, Word: "Stopped", Sentence: "It stopped by itself and is being started again.", Words: failureWords(s.Workload)}
	default:
		return seedbed.Status{State: seedbed.AtWork, Word: "Starting", Sentence: "It is being started."}
	}
}

// spoken gives a duration as people say it.
func spoken(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", max(1, d.Milliseconds()))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
