package onebox

import (
	"maps"
	"slices"
)

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
	// Groups holds what was changed of groups.
	Groups map[string]groupChange `json:",omitempty"`
}

// groupChange is what became of one group; nil is none.
type groupChange struct{ Before, After *group }

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

func (d *deployment) affectsAny(ids []string) bool { return slices.ContainsFunc(ids, d.affects) }

// affected returns the apps that the steps work on, in order.
func (d *deployment) affected() []string {
	ids := map[string]bool{}
	for _, s := range d.Steps {
		for _, a := range s.Actions {
			ids[a.App] = true
		}
	}
	return sortedKeys(ids)
}

// shrinks reports whether the deployment makes an app smaller.
func (d *deployment) shrinks(a *app) bool {
	before := d.Before[a.ID]
	return before != nil && before.Instances > a.Instances
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
// order: stop what is gone, start what is new, then scale or restart, a step for
// each layer: first what depends on nothing. outdated reports whether an app
// still has containers of an older configuration, which an earlier deployment,
// cancelled half way, has left: those are replaced too. It is pure.
func plan(before, after map[string]*app, outdated func(id string) bool, layer func(id string) int) []step {
	var stop, start step
	changes := map[int]step{}
	for _, id := range sortedKeys(after) {
		old, wanted := before[id], after[id]
		switch {
		case wanted == nil && old != nil:
			stop.Actions = append(stop.Actions, action{stopApplication, id})
		case wanted != nil && old == nil:
			start.Actions = append(start.Actions, action{startApplication, id})
		}
		if name := changeOf(old, wanted, outdated); name != "" {
			n := layer(id)
			changes[n] = step{append(changes[n].Actions, action{name, id})}
		}
	}
	steps := []step{stop, start}
	for _, n := range slices.Sorted(maps.Keys(changes)) {
		steps = append(steps, changes[n])
	}
	return slices.DeleteFunc(steps, func(s step) bool { return len(s.Actions) == 0 })
}

// changeOf returns the action that brings an app from one definition to
// another, or "".
func changeOf(old, wanted *app, outdated func(id string) bool) string {
	switch {
	case wanted == nil:
		return ""
	case old == nil && outdated(wanted.ID):
		return restartApplication // it was removed just now, and its containers have not been told yet
	case old == nil, wanted.Instances == 0 && old.Instances > 0:
		return scaleApplication
	case !old.sameConfig(wanted) || old.VersionInfo.LastConfigChangeAt != wanted.VersionInfo.LastConfigChangeAt || outdated(wanted.ID):
		return restartApplication
	case old.Instances != wanted.Instances:
		return scaleApplication
	}
	return ""
}
