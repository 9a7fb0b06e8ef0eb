package onebox

import (
	"strconv"
	"time"
)

// Conditions of instances. Marathon has more; these are the ones that a single
// machine can be in. What is not seen now is not a condition but a question of
// what was looked at last: see taskState.
const (
	scheduled   condition = "Scheduled"   // to be launched when its time comes
	provisioned condition = "Provisioned" // on record, so its container may exist
	running     condition = "Running"     // Docker said so
	killing     condition = "Killing"     // to be stopped and removed
)

// condition is what is to be done with an instance, or was seen of it.
type condition string

// instance is one place in an app, and the container that fills it now. It
// keeps its id over relaunches; each launch has a task id of its own. A value
// that was stored is never changed.
type instance struct {
	ID  string
	App string
	// Attempt counts launches, beginning with 1; it is part of the task id.
	Attempt int
	// Spec is the definition that its container has; while it is scheduled, the
	// one it had or is to have.
	Spec      *app
	Condition condition
	// Retired means that it is not wanted any more: once its container is gone
	// it is forgotten, not launched again.
	Retired bool
	Ports   []int  // of the machine, in the order of the port mappings
	IP      string // of the container
	User    int    // that a plain command runs as; 0 if it has an image
	// KillReason is why its health made it be killed; empty otherwise.
	KillReason string
	Health     []healthResult // one for each health check
	// Ready means that its readiness check succeeded while a deployment waited
	// for it.
	Ready bool

	Since     time.Time // of the present wait for a launch
	StagedAt  time.Time
	StartedAt time.Time
}

// TaskID names the container of the present attempt, to Marathon's clients and
// to Docker.
func (i *instance) TaskID() string { return i.ID + "._app." + strconv.Itoa(i.Attempt) }

// newInstance returns a place that is to be filled.
func newInstance(id string, a *app, now time.Time) *instance {
	return &instance{
		ID: safeID(a.ID) + ".instance-" + id, App: a.ID, Attempt: 1, Spec: a,
		Condition: scheduled, Since: now,
	}
}

// provision returns the instance with its next container on record.
func (i instance) provision(a *app, ports []int, now time.Time) *instance {
	i.Condition, i.Spec, i.Ports, i.StagedAt = provisioned, a, ports, now
	i.Health = make([]healthResult, len(a.HealthChecks))
	return &i
}

// started returns the instance as running, as Docker said.
func (i instance) started(ip string, now time.Time) *instance {
	i.Condition, i.IP, i.StartedAt = running, ip, now
	return &i
}

// kill returns the instance as to be stopped. reason is set if its health is
// the reason; retire means that nothing shall come in its place.
func (i instance) kill(reason string, retire bool) *instance {
	i.Condition, i.Retired = killing, i.Retired || retire
	i.KillReason = defaulted(i.KillReason, reason)
	return &i
}

// reschedule returns the instance without its container, to be launched anew.
func (i instance) reschedule(now time.Time) *instance {
	return &instance{
		ID: i.ID, App: i.App, Attempt: i.Attempt + 1, Spec: i.Spec,
		Condition: scheduled, Since: now,
	}
}

// current reports whether its container is as the definition wants it. One
// that has no container yet will be.
func (i *instance) current(a *app) bool {
	return i.Condition == scheduled || i.Spec.VersionInfo.LastConfigChangeAt == a.VersionInfo.LastConfigChangeAt
}

// healthy reports whether it runs and all its health checks say that it is
// well. Without health checks, running is enough.
func (i *instance) healthy() bool {
	if i.Condition != running {
		return false
	}
	for _, h := range i.Health {
		if !h.Alive {
			return false
		}
	}
	return true
}

// verdict reports whether there is a result of its health checks, and whether
// all of them are good.
func (i *instance) verdict() (known, alive bool) {
	alive = true
	for _, h := range i.Health {
		known = known || h.known()
		alive = alive && h.Alive
	}
	return known && i.Condition == running, alive
}

// taskState returns Marathon's name of the state. What was not seen in the
// last look at Docker is unreachable, whatever the record says.
func (i *instance) taskState(seen bool) string {
	switch {
	case i.Condition == running && !seen:
		return "TASK_UNREACHABLE"
	case i.Condition == running:
		return "TASK_RUNNING"
	case i.Condition == killing:
		return "TASK_KILLING"
	default:
		return "TASK_STAGING"
	}
}
