package onebox

import (
	"slices"

	"github.com/google/uuid"
)

// wish is what a client wants of one app.
type wish struct {
	to *app // nil: it shall be gone
	// anew gives every instance a new container even if nothing differs.
	anew bool
}

// deploy makes the wished definitions the wanted ones and begins a deployment
// towards them, all in the change t. Other deployments of the same apps are an
// error, or are cancelled if force is set. A deployment without steps is over
// at once. The error is in Marathon's form.
func (e *Engine) deploy(t *txn, wishes map[string]wish, force bool) (*deployment, error) {
	if err := e.clearWay(t, wishes, force); err != nil {
		return nil, err
	}
	wishes, err := assignServicePorts(t, wishes)
	if err != nil {
		return nil, err
	}
	d := &deployment{ID: newUUID(), Version: e.nextVersion(t, wishes), Before: map[string]*app{}}
	after := map[string]*app{}
	for _, id := range sortedKeys(wishes) {
		before := t.definition(id)
		d.Before[id], after[id] = before, stamped(before, wishes[id], d.Version)
	}
	d.Steps = plan(d.Before, after, func(id string) bool { return outdated(t, after[id]) })
	e.adopt(t, d.Before, after)
	t.emit(event{"group_change_success", map[string]any{"groupId": "/", "version": d.Version}})
	e.beginDeployment(t, d)
	return d, nil
}

// clearWay cancels the deployments that the wishes collide with, or tells of
// them.
func (e *Engine) clearWay(t *txn, wishes map[string]wish, force bool) error {
	var refs []deploymentRef
	for _, d := range t.allDeployments() {
		for id := range wishes {
			if d.affects(id) {
				refs = append(refs, deploymentRef{d.ID})
				break
			}
		}
	}
	if len(refs) > 0 && !force {
		return locked(refs)
	}
	for _, ref := range refs {
		e.cancel(t, t.deployment(ref.ID))
	}
	return nil
}

// cancel ends a deployment where it is. The definitions stay as they are.
func (e *Engine) cancel(t *txn, d *deployment) {
	t.deleteDeployment(d.ID)
	t.emit(d.cancelledEvent())
	for id := range d.Before {
		if t.app(id) == nil && len(t.instancesOf(id)) == 0 {
			t.forget = append(t.forget, id)
		}
	}
}

// nextVersion is the time of the change, later than any version of the apps
// and deployments concerned.
func (e *Engine) nextVersion(t *txn, wishes map[string]wish) string {
	var before []string
	for id := range wishes {
		if a := t.definition(id); a != nil {
			before = append(before, a.Version)
		}
		for _, i := range t.instancesOf(id) {
			before = append(before, i.Spec.Version)
		}
	}
	for _, d := range t.allDeployments() {
		before = append(before, d.Version)
	}
	return laterStamp(e.now(), before...)
}

// stamped returns the wished definition with its versions: those of before for
// what is the same, a new one for what has changed.
func stamped(before *app, w wish, version string) *app {
	if w.to == nil {
		return nil
	}
	next := *w.to
	next.Version, next.VersionInfo = version, versionInfo{version, version}
	switch {
	case before == nil || w.anew || !before.sameConfig(w.to):
	case before.Instances != w.to.Instances:
		next.VersionInfo.LastConfigChangeAt = before.VersionInfo.LastConfigChangeAt
	default:
		return before
	}
	return &next
}

// outdated reports whether an app has containers of another configuration.
func outdated(t *txn, a *app) bool {
	return a != nil && slices.ContainsFunc(t.instancesOf(a.ID), func(i *instance) bool { return !i.Retired && !i.current(a) })
}

// adopt puts the definitions on record.
func (e *Engine) adopt(t *txn, before, after map[string]*app) {
	for _, id := range sortedKeys(after) {
		a := after[id]
		switch {
		case a == nil && before[id] != nil:
			t.deleteApp(id)
			emitChecks(t, before[id], false)
		case a == nil || a == before[id]:
		default:
			next := appRecord{App: a}
			if r := t.app(id); r != nil {
				next.Failure, next.Backoff = r.Failure, r.Backoff
			}
			t.putApp(&next)
			t.versions = append(t.versions, a)
			emitChecks(t, a, true)
		}
	}
}

func emitChecks(t *txn, a *app, added bool) {
	for _, h := range a.HealthChecks {
		if added {
			t.emit(event{"add_health_check_event", map[string]any{"appId": a.ID, "version": a.Version, "healthCheck": h}})
			continue
		}
		t.emit(event{"remove_health_check_event", map[string]any{"appId": a.ID}})
	}
}

func (e *Engine) beginDeployment(t *txn, d *deployment) {
	if len(d.Steps) == 0 {
		t.emit(d.doneEvent())
		return
	}
	t.putDeployment(d)
	t.emit(d.stepEvent("deployment_info"))
	e.counts.deployments.Add(1)
	e.log.Info("deployment begun", "deployment", d.ID, "steps", len(d.Steps))
}

// rollback begins a deployment that takes back what d has changed: apps that it
// made go away, those that it changed or removed come back as they were.
func (e *Engine) rollback(t *txn, d *deployment) (*deployment, error) {
	wishes := map[string]wish{}
	for id, before := range d.Before {
		wishes[id] = wish{to: before}
	}
	return e.deploy(t, wishes, true)
}

// definition returns an app's wanted definition, or nil.
func (t *txn) definition(id string) *app {
	if r := t.app(id); r != nil {
		return r.App
	}
	return nil
}

// newUUID returns a random name for an instance or a deployment.
func newUUID() string { return uuid.NewString() }
