package consul

import (
	"maps"
	"strings"

	"seedbed"
)

const labelsPrefix = "consular/"

// state is what Consul holds, as far as it concerns a bridge: as it was read,
// and changed since by what the bridge has written.
type state struct {
	nodes   map[string]node
	entries map[place]entry   // of this bridge, with its own one
	taken   map[place]string  // places of synthetic nodes that others have, and whose they are
	labels  map[string]string // JSON values by key under labelsPrefix, of whoever wrote them
	own     map[string]bool   // keys of labels that this bridge wrote
	shared  bool              // another bridge has nodes here

	// What follows is worked out from the entries.
	apps   map[seedbed.WorkloadID]map[place]bool
	names  map[string]map[seedbed.WorkloadID]bool // workloads by service name
	onNode map[string]int
	digest uint64 // of all entries but the bridge's own
}

// node is a synthetic node.
type node struct {
	address string
	bridge  string // that made it
	foreign int    // services on it that are not ours
}

func newState() *state {
	return &state{
		nodes: map[string]node{}, entries: map[place]entry{}, taken: map[place]string{}, labels: map[string]string{}, own: map[string]bool{},
		apps: map[seedbed.WorkloadID]map[place]bool{}, names: map[string]map[seedbed.WorkloadID]bool{}, onNode: map[string]int{},
	}
}

// count is how many entries there are besides the bridge's own.
func (s *state) count() int { return len(s.entries) - len(s.apps[""]) }

// put takes in an entry, in place of one that is there.
func (s *state) put(e entry) {
	s.drop(e.place())
	app := e.app()
	if s.apps[app] == nil {
		s.apps[app] = map[place]bool{}
	}
	if s.names[e.Name] == nil {
		s.names[e.Name] = map[seedbed.WorkloadID]bool{}
	}
	s.entries[e.place()], s.apps[app][e.place()], s.names[e.Name][app] = e, true, true
	s.onNode[e.Node]++
	if app != "" {
		s.digest += e.weight()
	}
}

// drop takes out an entry, if it is there.
func (s *state) drop(at place) {
	e, there := s.entries[at]
	if !there {
		return
	}
	app := e.app()
	delete(s.entries, at)
	delete(s.apps[app], at)
	if len(s.apps[app]) == 0 {
		delete(s.apps, app)
		delete(s.names[e.Name], app)
	}
	s.onNode[e.Node]--
	if app != "" {
		s.digest -= e.weight()
	}
}

// mark returns the bridge's own entry as it is in Consul, if it is.
func (s *state) mark(bridge string) (entry, bool) {
	e, there := s.entries[place{markNode(bridge), markNode(bridge)}]
	return e, there
}

// since returns when a workload was first seen, or "".
func (s *state) since(app seedbed.WorkloadID) string {
	for at := range s.apps[app] {
		if since := s.entries[at].Meta[metaSince]; since != "" {
			return since
		}
	}
	return ""
}

// keepFrom replaces what the state holds of a workload by what another one does,
// which knows better.
func (s *state) keepFrom(newer *state, app seedbed.WorkloadID, bridge string) {
	for at := range maps.Clone(s.apps[app]) {
		s.drop(at)
	}
	for at := range newer.apps[app] {
		s.put(newer.entries[at])
		if _, there := s.nodes[at.node]; !there {
			s.nodes[at.node] = newer.nodes[at.node]
		}
	}
	if e, there := newer.mark(bridge); there {
		s.put(e)
	}
	prefix := labelKey(serviceName(app), "")
	keep(s.labels, newer.labels, prefix)
	keep(s.own, newer.own, prefix)
}

// keep makes the keys with a prefix what they are in another map.
func keep[V any](in, from map[string]V, prefix string) {
	maps.DeleteFunc(in, func(key string, _ V) bool { return strings.HasPrefix(key, prefix) })
	for key, value := range from {
		if strings.HasPrefix(key, prefix) {
			in[key] = value
		}
	}
}

// labelKey returns the key of a label of a service.
func labelKey(service, label string) string { return labelsPrefix + service + "/" + label }

// serviceOf returns the service that a key of a label belongs to.
func serviceOf(key string) string {
	service, _, _ := strings.Cut(strings.TrimPrefix(key, labelsPrefix), "/")
	return service
}
