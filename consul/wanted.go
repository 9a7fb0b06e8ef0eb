package consul

import (
	"cmp"
	"log/slog"
	"slices"
	"strconv"

	"seedbed"
)

// snapshot is what the engine said, complete and without error.
type snapshot struct {
	apps      map[seedbed.WorkloadID]bool // workloads that the engine has, whether they run or not
	instances []seedbed.Instance
}

// snapshotOf puts the group before the ids.
func snapshotOf(group seedbed.WorkloadID, observed map[seedbed.WorkloadID]seedbed.Observed, instances []seedbed.Instance) snapshot {
	s := snapshot{apps: make(map[seedbed.WorkloadID]bool, len(observed)), instances: slices.Clone(instances)}
	for id := range observed {
		s.apps[group+id] = true
	}
	for n := range s.instances {
		s.instances[n].Workload = group + s.instances[n].Workload
	}
	return s
}

func (s snapshot) empty() bool { return len(s.apps) == 0 && len(s.instances) == 0 }

// wanted is what Consul should hold of the bridge's own.
type wanted struct {
	entries map[place]entry
	nodes   map[string]string            // address by name
	labels  map[string]map[string]string // by service name; only where they are known
}

// want works out what Consul should hold, from what the engine said and what
// Consul has now. It is pure but for the log.
func want(bridge string, s snapshot, have state, log *slog.Logger) wanted {
	w := wanted{entries: map[place]entry{}, nodes: map[string]string{}, labels: map[string]map[string]string{}}
	slices.SortFunc(s.instances, func(a, b seedbed.Instance) int {
		return cmp.Or(cmp.Compare(a.Workload, b.Workload), cmp.Compare(a.ID, b.ID))
	})
	live, refused := map[seedbed.WorkloadID]bool{}, map[string]bool{}
	for _, i := range s.instances {
		if err := checkInstance(i); err != nil {
			log.Warn("instance cannot be registered", "task", i.ID, "app", string(i.Workload), "error", err)
			refused[i.ID] = true
			continue
		}
		live[i.Workload] = true
		w.add(bridge, i, have, log)
	}
	w.keep(s, have, live, refused)
	w.mark(bridge)
	return w
}

// add takes in the entries and labels of an instance.
func (w wanted) add(bridge string, i seedbed.Instance, have state, log *slog.Logger) {
	entries, left := entriesOf(bridge, i)
	for _, e := range entries {
		if _, known := have.entries[e.place()]; !known && len(left) > 0 {
			log.Warn("labels do not fit into Consul's Meta", "task", i.ID, "app", string(i.Workload), "labels", left)
		}
		w.entries[e.place()] = e
		w.nodes[e.Node] = e.Address
	}
	if name := serviceName(i.Workload); len(entries) > 0 {
		w.addLabels(name, i.Labels)
	}
}

// addLabels takes in the labels of one more instance of a service. Where
// instances disagree, as while a new version starts, the later one is right.
func (w wanted) addLabels(name string, labels map[string]string) {
	if w.labels[name] == nil {
		w.labels[name] = map[string]string{}
	}
	for key, value := range labels {
		w.labels[name][key] = value
	}
}

// keep takes over entries that Consul has and the engine did not list, where
// that is no proof that they should go: those of an instance that was refused
// just now, and the last ones of a workload that the engine still has. The
// latter become critical, so that the router still knows whose host name it is.
func (w wanted) keep(s snapshot, have state, live map[seedbed.WorkloadID]bool, refused map[string]bool) {
	for at, e := range have.entries {
		if _, there := w.entries[at]; there || e.app() == "" {
			continue
		}
		switch {
		case refused[e.Meta[metaTask]]:
			w.entries[at] = e
		case s.apps[e.app()] && !live[e.app()]:
			w.entries[at] = e.judged(false, "No task of it runs now.")
		default:
			continue
		}
		w.nodes[e.Node] = have.nodes[e.Node].address
	}
}

// mark adds the bridge's own entry, which says how many others there are. A
// reader that counts fewer has not seen everything yet.
func (w wanted) mark(bridge string) {
	e := markEntry(bridge, len(w.entries))
	w.entries[e.place()] = e
	w.nodes[e.Node] = e.Address
}

func markEntry(bridge string, instances int) entry {
	return entry{
		Node:    "seedbed-bridge-" + bridge,
		ID:      "seedbed-bridge-" + bridge,
		Name:    "seedbed-bridge",
		Address: "127.0.0.1",
		Tags:    []string{"consular-reg-id=" + bridge},
		Meta:    map[string]string{metaBridge: bridge, metaInstances: strconv.Itoa(instances)},
	}.judged(true, "")
}
