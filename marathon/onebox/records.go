package onebox

import (
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// appRecord is an app that is wanted, with what is remembered of its launches.
type appRecord struct {
	App     *app
	Backoff backoff
	Failure *taskFailure
	// Supplied is the lastConfigChangeAt of the configuration whose image, files and volumes
	// have been at hand; see supplies.
	Supplied string `json:",omitempty"`
}

// supplied reports whether what the definition needs has been at hand.
func (r *appRecord) supplied() bool {
	return !r.App.needsSupply() || r.Supplied == r.App.VersionInfo.LastConfigChangeAt
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
	root        *root
}

// openRecords opens or makes the records, sealed with key unless that is zero. A
// file that is damaged, such as one that was cut short, is an error.
func openRecords(path string, key [KeySize]byte) (_ *records, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // bbolt reads the file as memory
	defer func() {
		if damage := recover(); damage != nil {
			err = fmt.Errorf("the records %s are damaged; put the folder back from a backup: %v", path, damage)
		}
	}()
	sealed, err := newSeal(key)
	if err != nil {
		return nil, err
	}
	s, err := openStore(path, sealed)
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
	s := snapshot{byApp: make(map[string][]*instance, len(r.now.apps)), root: r.now.root}
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

// snapshot holds the records of one moment, in order.
type snapshot struct {
	apps        []*appRecord
	byApp       map[string][]*instance
	deployments []*deployment
	root        *root
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

// all returns all instances, in no order.
func (s snapshot) all() (list []*instance) {
	for _, some := range s.byApp {
		list = append(list, some...)
	}
	return list
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
	t := r.newTxn()
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

// try runs f and forgets what it has put.
func (r *records) try(f func(*txn) error) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	return f(r.newTxn())
}

func (r *records) newTxn() *txn {
	return &txn{records: r, apps: layer[appRecord]{}, instances: layer[instance]{}, deployments: layer[deployment]{}}
}

func (r *records) show(t *txn) {
	r.reading.Lock()
	defer r.reading.Unlock()
	for id, e := range t.instances {
		r.showInstance(id, e.value)
	}
	t.apps.showIn(r.now.apps)
	t.deployments.showIn(r.now.deployments)
	if t.root != nil {
		r.now.root = t.root
	}
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
