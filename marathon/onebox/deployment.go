package onebox

import "slices"

// Actions of deployments.
const (
	startApplication   = "StartApplication" // nothing to do; Marathon shows it
	scaleApplication   = "ScaleApplication"
	restartApplication = "RestartApplication"
	stopApplication    = "StopApplication"
)

// deployment is the way from one set of definitions to another, on record
// until it has been gone to the end. A value that was stored is never changed.
type deployment struct {
	ID      string
	Version string
	Steps   []step
	Current int // index of the step that is being done
	// Before holds what was there of each affected app; nil for what is new.
	Before map[string]*app
}

// step is a set of actions that are done side by side.
type step struct {
	Actions []action `json:"actions"`
}

type action struct {
	Action string `json:"action"`
	App    string `json:"app"`
}

// affects reports whether the deployment works on the app.
func (d *deployment) affects(id string) bool {
	_, ok := d.Before[id]
	return ok
}

// doing returns the action that is being done on the app, or "".
func (d *deployment) doing(id string) string {
	for _, a := range d.currentActions() {
		if a.App == id {
			return a.Action
		}
	}
	return ""
}

func (d *deployment) currentActions() []action {
	if d.Current >= len(d.Steps) {
		return nil
	}
	return d.Steps[d.Current].Actions
}

// advanced returns the deployment at its next step.
func (d deployment) advanced() *deployment {
	d.Current++
	return &d
}

// plan returns the steps from one set of definitions to another, in Marathon's
// order: stop what is gone, start what is new, then scale or restart. outdated
// reports whether an app still has containers of an older configuration, which
// an earlier deployment, cancelled half way, has left: those are replaced too.
// It is pure.
func plan(before, after map[string]*app, outdated func(id string) bool) []step {
	var stop, start, change step
	for _, id := range sortedKeys(after) {
		old, wanted := before[id], after[id]
		switch {
		case wanted == nil && old != nil:
			stop.Actions = append(stop.Actions, action{stopApplication, id})
		case wanted == nil:
		case old == nil:
			start.Actions = append(start.Actions, action{startApplication, id})
			change.Actions = append(change.Actions, action{scaleApplication, id})
		case !old.sameConfig(wanted) || old.VersionInfo.LastConfigChangeAt != wanted.VersionInfo.LastConfigChangeAt || outdated(id):
			change.Actions = append(change.Actions, action{restartApplication, id})
		case old.Instances != wanted.Instances:
			change.Actions = append(change.Actions, action{scaleApplication, id})
		}
	}
	return slices.DeleteFunc([]step{stop, start, change}, func(s step) bool { return len(s.Actions) == 0 })
}
