package onebox

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync"
)

// appRecord is an app that is wanted, with what is remembered of its launches.
type appRecord struct {
	App     *app
	Backoff backoff
	Failure *taskFailure
}

// taskFailure is the last time that a container ended in a way that a person
// should know of.
type taskFailure struct {
	AppID     string `json:"appId"`
	Host      string `json:"host"`
	Message   string `json:"message"`
	State     string `json:"state"`
	TaskID    string `json:"taskId"`
	Timestamp string `json:"timestamp"`
	Version   string `json:"version"`
	SlaveID   string `json:"slaveId"`
}

// records is everything that the engine remembers: in memory for readers, on
// disk before anybody is told. Values in it are never changed, only replaced,
// so a snapshot stays true to its moment and needs no lock to be read.
type records struct {
	store   *store
	writing sync.Mutex   // held by the one change that is under way
	reading sync.RWMutex // held while maps are read or exchanged, never for long
	now     tables
}

// tables are the records by id.
type tables struct {
	apps        map[string]*appRecord
	instances   map[string]*instance
	byApp       map[string]map[string]*instance
	deployments map[string]*deployment
}

func openRecords(path string) (*records, error) {
	s, err := openStore(path)
	if err != nil {
		return nil, err
	}
	t, err := s.load()
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return &records{store: s, now: t}, nil
}

func (r *records) close() error { return r.store.close() }

// snapshot returns the records of this moment, for reading.
func (r *records) snapshot() snapshot {
	r.reading.RLock()
	defer r.reading.RUnlock()
	s := snapshot{byApp: make(map[string][]*instance, len(r.now.apps))}
	for _, a := range r.now.apps {
		s.apps = append(s.apps, a)
	}
	for id, list := range r.now.byApp {
		s.byApp[id] = inOrder(list)
	}
	for _, d := range r.now.deployments {
		s.deployments = append(s.deployments, d)
	}
	s.sort()
	return s
}

// instanceCount returns how many instances are on record.
func (r *records) instanceCount() int {
	r.reading.RLock()
	defer r.reading.RUnlock()
	return len(r.now.instances)
}

// snapshot holds the records of one moment, in order.
type snapshot struct {
	apps        []*appRecord
	byApp       map[string][]*instance
	deployments []*deployment
}

func (s snapshot) sort() {
	slices.SortFunc(s.apps, func(a, b *appRecord) int { return strings.Compare(a.App.ID, b.App.ID) })
	slices.SortFunc(s.deployments, func(a, b *deployment) int {
		return cmp.Or(strings.Compare(a.Version, b.Version), strings.Compare(a.ID, b.ID))
	})
}

// app returns the record of an app, or nil.
func (s snapshot) app(id string) *appRecord {
	i, found := slices.BinarySearchFunc(s.apps, id, func(r *appRecord, id string) int { return strings.Compare(r.App.ID, id) })
	if !found {
		return nil
	}
	return s.apps[i]
}

// appIDs returns every app that is wanted or still has instances.
func (s snapshot) appIDs() []string {
	ids := map[string]bool{}
	for _, r := range s.apps {
		ids[r.App.ID] = true
	}
	for id := range s.byApp {
		ids[id] = true
	}
	return sortedKeys(ids)
}

// deploymentsOf returns the deployments that work on an app.
func (s snapshot) deploymentsOf(id string) []deploymentRef {
	refs := []deploymentRef{}
	for _, d := range s.deployments {
		if d.affects(id) {
			refs = append(refs, deploymentRef{d.ID})
		}
	}
	return refs
}

// highestPort returns the highest host port on record, or 0.
func (s snapshot) highestPort() int {
	highest := 0
	for _, list := range s.byApp {
		for _, i := range list {
			for _, p := range i.Ports {
				highest = max(highest, p)
			}
		}
	}
	return highest
}

func inOrder(m map[string]*instance) []*instance {
	list := make([]*instance, 0, len(m))
	for _, i := range m {
		list = append(list, i)
	}
	slices.SortFunc(list, func(a, b *instance) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// change runs f, then writes all that f has put in one transaction and only
// then shows it to readers and tells the events. If f or the disk fails,
// nothing has happened. Only one change runs at a time; f must not wait for
// anything outside.
func (r *records) change(h *hub, f func(*txn) error) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	t := &txn{records: r, apps: layer[appRecord]{}, instances: layer[instance]{}, deployments: layer[deployment]{}}
	if err := f(t); err != nil {
		return err
	}
	if err := r.store.write(t); err != nil {
		return err
	}
	r.show(t)
	for _, e := range t.events {
		h.publish(e)
	}
	return nil
}

func (r *records) show(t *txn) {
	r.reading.Lock()
	defer r.reading.Unlock()
	for id, e := range t.instances {
		r.showInstance(id, e.value)
	}
	t.apps.showIn(r.now.apps)
	t.deployments.showIn(r.now.deployments)
}

func (r *records) showInstance(id string, i *instance) {
	if old := r.now.instances[id]; old != nil {
		delete(r.now.byApp[old.App], id)
		if len(r.now.byApp[old.App]) == 0 {
			delete(r.now.byApp, old.App)
		}
		delete(r.now.instances, id)
	}
	if i == nil {
		return
	}
	r.now.instances[id] = i
	if r.now.byApp[i.App] == nil {
		r.now.byApp[i.App] = map[string]*instance{}
	}
	r.now.byApp[i.App][id] = i
}

// txn is one change under way. It reads what it has written itself.
type txn struct {
	records     *records
	apps        layer[appRecord]
	instances   layer[instance]
	deployments layer[deployment]
	versions    []*app // to be kept in the history
	forget      []string
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

// version returns one stored definition, or nil.
func (t *txn) version(id, version string) (*app, error) { return t.records.store.version(id, version) }

// remember changes what is remembered of an app that is still there.
func (t *txn) remember(id string, f func(r appRecord) appRecord) {
	if r := t.app(id); r != nil {
		next := f(*r)
		t.putApp(&next)
	}
}
