package onebox

// txn is one change under way. It reads what it has written itself.
type txn struct {
	records     *records
	apps        layer[appRecord]
	instances   layer[instance]
	deployments layer[deployment]
	versions    []*app // to be kept in the history
	root        *root  // the new tree of groups, or nil
	events      []event
}

// layer holds what a change has put over a table; a nil value deletes.
type layer[T any] map[string]entry[T]

type entry[T any] struct {
	value    *T
	volatile bool // not worth writing to disk
}

func (l layer[T]) get(id string, base map[string]*T) *T {
	if e, ok := l[id]; ok {
		return e.value
	}
	return base[id]
}

func (l layer[T]) showIn(base map[string]*T) {
	for id, e := range l {
		if e.value == nil {
			delete(base, id)
			continue
		}
		base[id] = e.value
	}
}

func (t *txn) app(id string) *appRecord     { return t.apps.get(id, t.records.now.apps) }
func (t *txn) instance(id string) *instance { return t.instances.get(id, t.records.now.instances) }
func (t *txn) putApp(r *appRecord)          { t.apps[r.App.ID] = entry[appRecord]{value: r} }
func (t *txn) deleteApp(id string)          { t.apps[id] = entry[appRecord]{} }
func (t *txn) putInstance(i *instance)      { t.instances[i.ID] = entry[instance]{value: i} }
func (t *txn) noteInstance(i *instance) {
	t.instances[i.ID] = entry[instance]{value: i, volatile: true}
}
func (t *txn) deleteInstance(id string) { t.instances[id] = entry[instance]{} }
func (t *txn) deployment(id string) *deployment {
	return t.deployments.get(id, t.records.now.deployments)
}
func (t *txn) putDeployment(d *deployment) { t.deployments[d.ID] = entry[deployment]{value: d} }
func (t *txn) deleteDeployment(id string)  { t.deployments[id] = entry[deployment]{} }
func (t *txn) emit(e event)                { t.events = append(t.events, e) }

// instancesOf returns the instances of an app, in order.
func (t *txn) instancesOf(app string) []*instance {
	merged := map[string]*instance{}
	for id, i := range t.records.now.byApp[app] {
		merged[id] = i
	}
	for id, e := range t.instances {
		delete(merged, id)
		if e.value != nil && e.value.App == app {
			merged[id] = e.value
		}
	}
	return inOrder(merged)
}

// allApps returns all app records, in no order.
func (t *txn) allApps() []*appRecord { return values(t.apps, t.records.now.apps) }

// allInstances returns all instances, in no order.
func (t *txn) allInstances() []*instance { return values(t.instances, t.records.now.instances) }

// allDeployments returns all deployments, the oldest first.
func (t *txn) allDeployments() []*deployment {
	list := values(t.deployments, t.records.now.deployments)
	snapshot{deployments: list}.sort()
	return list
}

func values[T any](l layer[T], base map[string]*T) []*T {
	var out []*T
	for id, v := range base {
		if _, covered := l[id]; !covered {
			out = append(out, v)
		}
	}
	for _, e := range l {
		if e.value != nil {
			out = append(out, e.value)
		}
	}
	return out
}

// tree returns the tree of groups.
func (t *txn) tree() *root {
	if t.root != nil {
		return t.root
	}
	return t.records.now.root
}

// remember changes what is remembered of an app that is still there.
func (t *txn) remember(id string, f func(r appRecord) appRecord) {
	if r := t.app(id); r != nil {
		next := f(*r)
		t.putApp(&next)
	}
}
