package onebox

import (
	"maps"
	"path"
	"slices"
)

// draft is a change thought through to its end; nothing of it is on record yet.
type draft struct {
	*deployment
	after map[string]*app // what shall be of each app that was wished for; nil: it is gone
	tree  *root
	layer func(id string) int
}

// draft returns what a change comes to. The error is in Marathon's form.
func (e *Engine) draft(t *txn, c change) (*draft, error) {
	wishes, err := assignServicePorts(t, c.apps)
	if err != nil {
		return nil, err
	}
	d := &draft{deployment: &deployment{ID: newUUID(), Version: e.nextVersion(t, wishes), Before: map[string]*app{}}, after: map[string]*app{}}
	for id, w := range wishes {
		d.Before[id] = t.definition(id)
		d.after[id] = stamped(d.Before[id], w, d.Version)
	}
	if err := d.arrange(t, c.groups); err != nil {
		return nil, err
	}
	d.replan(t)
	return d, nil
}

// arrange finds the groups and the layers of what shall be.
func (d *draft) arrange(t *txn, groups map[string]group) error {
	target := d.target(t)
	if groups == nil {
		groups = t.tree().Groups
	}
	d.tree = &root{d.Version, maps.Clone(groups)}
	if err := d.fitGroups(t, target); err != nil {
		return err
	}
	d.Groups = groupChanges(t.tree().Groups, d.tree.Groups)
	layers, err := layersOf(target, d.tree.Groups)
	d.layer = func(id string) int { return layers[id] }
	return err
}

// target returns all apps that there shall be.
func (d *draft) target(t *txn) map[string]*app {
	out := map[string]*app{}
	for _, r := range t.allApps() {
		out[r.App.ID] = r.App
	}
	for id, a := range d.after {
		if out[id] = a; a == nil {
			delete(out, id)
		}
	}
	return out
}

// fitGroups adds the groups that the apps need. A group without apps gives way
// to an app of the same id; any other pair of that kind is a mistake.
func (d *draft) fitGroups(t *txn, target map[string]*app) error {
	groups := d.tree.Groups
	for id, a := range d.after {
		if _, same := groups[id]; a != nil && same && d.Before[id] == nil && !holdsApps(id, target) {
			removeGroup(groups, id)
		}
	}
	for id, a := range d.after {
		if a != nil {
			addGroup(groups, path.Dir(id))
		}
	}
	for id := range groups {
		_, old := t.tree().Groups[id]
		if target[id] != nil && (!old || d.Before[id] == nil && d.after[id] != nil) {
			return notValid([]detail{{"/", []string{"Groups and Applications may not have the same identifier."}}})
		}
	}
	return nil
}

func holdsApps(group string, apps map[string]*app) bool {
	for id := range apps {
		if inGroup(id, group) {
			return true
		}
	}
	return false
}

// replan finds the steps, given the deployments that are under way now.
func (d *draft) replan(t *txn) {
	d.Steps = plan(d.Before, d.after, func(id string) bool { return leftBehind(t, d.after[id]) }, d.layer)
}

// leftBehind reports whether an app has containers of another configuration
// which no deployment is about to replace.
func leftBehind(t *txn, a *app) bool {
	if slices.ContainsFunc(t.allDeployments(), func(d *deployment) bool { return d.affects(a.ID) }) {
		return false
	}
	return slices.ContainsFunc(t.instancesOf(a.ID), func(i *instance) bool { return !i.Retired && !i.current(a) })
}

// onlyAffected returns the deployment without the apps that no step works on.
func (d *draft) onlyAffected() *deployment {
	before := map[string]*app{}
	for _, id := range d.affected() {
		before[id] = d.Before[id]
	}
	d.Before = before
	return d.deployment
}
