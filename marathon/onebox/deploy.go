package onebox

import "github.com/google/uuid"

// maxDeployments is how many may be under way, as in Marathon.
const maxDeployments = 100

// wish is what a client wants of one app.
type wish struct {
	to *app // nil: it shall be gone
	// anew gives every instance a new container even if nothing differs.
	anew bool
}

// change is what a client wants to be different.
type change struct {
	apps map[string]wish
	// groups are all groups that there shall be; nil means those that there are.
	// Groups that the apps need are added.
	groups map[string]group
	// at is the group in which it was asked for; events name it.
	at    string
	force bool
}

// deploy makes the wished definitions the wanted ones and begins a deployment
// towards them, all in the change t. Other deployments of the same apps are an
// error, or are cancelled if force is set. A deployment without steps is over
// at once. The error is in Marathon's form.
func (e *Engine) deploy(t *txn, c change) (*deployment, error) {
	d, err := e.draft(t, c)
	if err != nil {
		return nil, err
	}
	if err := e.clearWay(t, d, c.force); err != nil {
		return nil, err
	}
	if len(d.Steps) > 0 && len(t.allDeployments()) >= maxDeployments {
		return nil, tooManyDeployments()
	}
	e.adopt(t, d)
	t.emit(event{"group_change_success", map[string]any{"groupId": defaulted(c.at, "/"), "version": d.Version}})
	d.tellNewChecks(t)
	e.beginDeployment(t, d.onlyAffected())
	d.tellGoneChecks(t)
	return d.deployment, nil
}

// clearWay cancels the deployments that the draft collides with, or tells of
// them. What they leave half done becomes a part of the draft.
func (e *Engine) clearWay(t *txn, d *draft, force bool) error {
	var refs []deploymentRef
	for _, other := range t.allDeployments() {
		if other.affectsAny(d.affected()) {
			refs = append(refs, deploymentRef{other.ID})
		}
	}
	if len(refs) > 0 && !force {
		return locked(refs)
	}
	for _, ref := range refs {
		e.cancel(t, t.deployment(ref.ID))
	}
	if len(refs) > 0 {
		d.replan(t)
	}
	return nil
}

// cancel ends a deployment where it is. The definitions stay as they are.
func (e *Engine) cancel(t *txn, d *deployment) {
	t.deleteDeployment(d.ID)
	t.emit(d.cancelledEvent())
}

// nextVersion is the time of the change, later than any version of the groups,
// apps and deployments concerned.
func (e *Engine) nextVersion(t *txn, wishes map[string]wish) string {
	before := []string{t.tree().Version}
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
	case before == nil || !before.sameConfig(w.to):
	case w.anew:
		next.VersionInfo.LastScalingAt = before.VersionInfo.LastScalingAt
	case before.Instances != w.to.Instances:
		next.VersionInfo.LastConfigChangeAt = before.VersionInfo.LastConfigChangeAt
	default:
		return before
	}
	return &next
}

// adopt puts the definitions and the groups on record.
func (e *Engine) adopt(t *txn, d *draft) {
	changed := !sameGroups(d.tree.Groups, t.tree().Groups)
	for _, id := range sortedKeys(d.after) {
		before, a := d.Before[id], d.after[id]
		if a == before {
			continue
		}
		changed = true
		adoptApp(t, before, a)
	}
	if changed {
		t.root = d.tree
	}
}

// adoptApp puts one definition on record, which is another one than before.
func adoptApp(t *txn, before, a *app) {
	if a == nil {
		t.deleteApp(before.ID)
		return
	}
	next := appRecord{App: a}
	if r := t.app(a.ID); r != nil {
		next.Failure, next.Backoff, next.Supplied = r.Failure, r.Backoff, r.Supplied
	}
	t.putApp(&next)
	t.versions = append(t.versions, a)
}

// tellNewChecks adds the events about the health checks of what is new.
func (d *draft) tellNewChecks(t *txn) {
	for _, id := range sortedKeys(d.after) {
		a := d.after[id]
		if a == nil || a == d.Before[id] {
			continue
		}
		for _, h := range a.HealthChecks {
			t.emit(event{"add_health_check_event", map[string]any{"appId": id, "version": a.Version, "healthCheck": h}})
		}
	}
}

// tellGoneChecks adds the events about the health checks of what is gone.
func (d *draft) tellGoneChecks(t *txn) {
	for _, id := range sortedKeys(d.Before) {
		before := d.Before[id]
		if before == nil || d.after[id] != nil {
			continue
		}
		for range before.HealthChecks {
			t.emit(event{"remove_health_check_event", map[string]any{"appId": id}})
		}
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

// rollback ends d and begins a deployment that takes back what it has changed:
// apps and groups that it made go away, those that it changed or removed come
// back as they were.
func (e *Engine) rollback(t *txn, d *deployment) (*deployment, error) {
	c := change{apps: map[string]wish{}, force: true}
	for id, before := range d.Before {
		c.apps[id] = wish{to: before}
	}
	c.groups = revertGroups(t, d, c.apps)
	e.cancel(t, d)
	return e.deploy(t, c)
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
