package seedbed

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kinds of deployments.
const (
	Make   DeploymentKind = "make"   // a new site
	Change DeploymentKind = "change" // new settings, or the same once more
	Remove DeploymentKind = "remove" // delete the site with all that is its own
	Return DeploymentKind = "return" // the settings that worked, after a Change that did not

	BackUp  DeploymentKind = "backup"  // keep a copy of its files and databases; the site goes on
	Restore DeploymentKind = "restore" // put files and databases back as they were in a backup

	Pause  DeploymentKind = "pause"  // stop the site, and keep all that it has
	Resume DeploymentKind = "resume" // have it run again as it was
)

// DeploymentKind says what a deployment is for.
type DeploymentKind string

// States of deployments.
const (
	Working    DeploymentState = "working"
	Done       DeploymentState = "done"
	Failed     DeploymentState = "failed"     // given up; Cause says why
	Superseded DeploymentState = "superseded" // a newer deployment of the site took over
)

// DeploymentState is how far a deployment has come.
type DeploymentState string

// Deployment is the carrying out of a revision, step by step.
type Deployment struct {
	ID         int64
	SiteID     int64
	RevisionID int64
	Kind       DeploymentKind
	Backup     string // the backup's ID, if it is a Restore
	State      DeploymentState
	Steps      []Step
	Cause      string // sentence for a person, if it failed; of a Return, why the Change before it did
	Words      string // the engine's own words, likewise
	Started    time.Time
	Ended      time.Time // zero while it works
	By         string
}

// Mark is the value of DeploymentLabel that proves that a workload belongs to
// this deployment.
func (d Deployment) Mark() string { return "d" + strconv.FormatInt(d.ID, 10) }

// BackupID is the ID of the backup that the deployment makes, if it is a BackUp.
func (d Deployment) BackupID() string {
	return d.Started.UTC().Format("20060102-150405") + "-" + d.Mark()
}

// Completed returns the deployment with all that it had still to do done at a time.
func (d Deployment) Completed(at time.Time) Deployment {
	d.Steps = slices.Clone(d.Steps)
	for i := range d.Steps {
		s := &d.Steps[i]
		if s.Started.IsZero() {
			s.Started = at
		}
		if s.Ended.IsZero() {
			s.Ended, s.Detail = at, ""
		}
	}
	d.State, d.Cause, d.Words, d.Ended = Done, "", "", at
	return d
}

// WasHandedOver reports whether the deployment is over and has given the engine
// a workload that should be there.
func (d Deployment) WasHandedOver() bool {
	if d.Kind == BackUp {
		return true // only what was handed over is backed up, and it changes nothing
	}
	if d.Kind == Restore && !d.HasStopped() {
		return true // what ran before goes on
	}
	if d.Kind == Remove || d.State != Done && d.State != Failed {
		return false
	}
	return slices.ContainsFunc(d.Steps, func(s Step) bool { return s.Name == StepApply && !s.Ended.IsZero() })
}

// IsPause reports whether the site is to stay stopped until it is resumed.
func (d Deployment) IsPause() bool { return d.Kind == Pause && d.State != Failed }

// HasStopped reports whether the deployment has begun to stop the site.
func (d Deployment) HasStopped() bool { return d.hasBegun(StepStop) }

// HasReplaced reports whether the deployment has begun to put something else in
// the place of what ran before.
func (d Deployment) HasReplaced() bool { return d.hasBegun(StepApply) }

func (d Deployment) hasBegun(step StepName) bool {
	return slices.ContainsFunc(d.Steps, func(s Step) bool { return s.Name == step && !s.Started.IsZero() })
}

// Changed is when the deployment came into the state that it is in.
func (d Deployment) Changed() time.Time {
	if d.Ended.IsZero() {
		return d.Started
	}
	return d.Ended
}

// Mark is the service's counterpart to Deployment.Mark.
func (s Service) Mark() string { return "r" + strconv.FormatInt(s.Revision, 10) }

// Step is one thing that a deployment does. Its name is stable; the words for
// it are chosen where it is shown.
type Step struct {
	Name    StepName
	Started time.Time // zero before it began
	Ended   time.Time // zero before it was done
	// Detail is a short sentence on what it is waiting for, if anything.
	Detail string
}

// StepName names a step. Those about a service have its kind behind a colon:
// "service:postgres".
type StepName string

// Of returns the name of the step about one kind of service.
func (s StepName) Of(kind string) StepName { return s + ":" + StepName(kind) }

// Kind returns the kind of service that the step is about, or "".
func (s StepName) Kind() string {
	_, kind, _ := strings.Cut(string(s), ":")
	return kind
}

// Base returns the name without the kind of service.
func (s StepName) Base() StepName {
	base, _, _ := strings.Cut(string(s), ":")
	return StepName(base)
}

// The steps, in the order in which they are done.
const (
	StepVolumes StepName = "volumes" // directories exist
	StepService StepName = "service" // + ":" + kind; the shared service is well and can be reached
	StepBinding StepName = "binding" // + ":" + kind; the site's own part of it exists
	StepApply   StepName = "apply"   // the engine has the workload
	StepWell    StepName = "well"    // its containers are well
	StepRoute   StepName = "route"   // nginx leads its address to them
	StepAnswer  StepName = "answer"  // the address answered

	StepStop    StepName = "stop"    // the engine no longer has the workload
	StepUnroute StepName = "unroute" // nginx no longer has the address
	StepUnbind  StepName = "unbind"  // + ":" + kind; the site's own part is gone
	StepDiscard StepName = "discard" // directories are gone

	StepKeep  StepName = "keep"  // the backup is whole, and was read once more
	StepStage StepName = "stage" // the backup was found whole, and its files lie ready
	StepSwap  StepName = "swap"  // its files are in the place of the site's
	StepLoad  StepName = "load"  // + ":" + kind; the site's own part holds what the backup has
)
