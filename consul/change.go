package consul

import (
	"cmp"
	"encoding/json"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/consul/api"
)

const (
	// maxOps is one less than what Consul takes in a transaction
	// (agent/txn_endpoint.go, maxTxnOps = 64).
	maxOps = 63
	// maxBytes keeps a transaction well under Consul's txn_max_req_len, 512 kB.
	maxBytes = 256 << 10
	// maxLabel is the longest value of a label that is written.
	maxLabel = 64 << 10
)

// change is one thing to write, which Consul takes whole or not at all.
type change struct {
	what string // for the log, after "to": "register task x"
	ops  api.TxnOps
	// removes is true if it takes something out of Consul.
	removes bool
}

// compare returns the changes that bring Consul from what it has to what it
// should have, and none if nothing differs. New things come first, removals
// after them, and the bridge's own entry, which counts the others, last.
func compare(w wanted, have state, bridge string, flags uint64) []change {
	var changes, last []change
	changes = append(changes, nodeChanges(w, have, bridge)...)
	for _, e := range inOrder(maps.Values(w.entries)) {
		if reflect.DeepEqual(e, have.entries[e.place()]) {
			continue
		}
		c := change{what: "register " + e.ID + " of " + e.Name + " as " + e.Status, ops: e.set()}
		if e.app() == "" {
			last = append(last, c)
			continue
		}
		changes = append(changes, c)
	}
	changes = append(changes, labelChanges(w, have, flags)...)
	changes = append(changes, removals(w, have, bridge)...)
	return append(changes, last...)
}

// nodeChanges makes or mends the nodes that are needed. A node that another
// bridge made is used as it is.
func nodeChanges(w wanted, have state, bridge string) (changes []change) {
	for _, name := range slices.Sorted(maps.Keys(w.nodes)) {
		n, there := have.nodes[name]
		if there && (n.bridge != bridge || n.address == w.nodes[name]) {
			continue
		}
		made := api.Node{Node: name, Address: w.nodes[name], Meta: nodeMeta(bridge)}
		changes = append(changes, change{
			what: "make node " + name,
			ops:  api.TxnOps{{Node: &api.NodeTxnOp{Verb: api.NodeSet, Node: made}}},
		})
	}
	return changes
}

// removals takes out entries that should not be, and then the nodes of this
// bridge that have nothing on them any more.
func removals(w wanted, have state, bridge string) (changes []change) {
	for _, e := range inOrder(maps.Values(have.entries)) {
		if _, there := w.entries[e.place()]; !there {
			changes = append(changes, change{what: "remove " + e.ID + " of " + e.Name, ops: e.remove(), removes: true})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have.nodes)) {
		n := have.nodes[name]
		if _, needed := w.nodes[name]; needed || n.bridge != bridge || n.foreign > 0 {
			continue
		}
		gone := api.NodeTxnOp{Verb: api.NodeDelete, Node: api.Node{Node: name}}
		changes = append(changes, change{what: "remove node " + name, ops: api.TxnOps{{Node: &gone}}, removes: true})
	}
	return changes
}

// labelChanges writes labels that differ, and takes out the bridge's own ones
// that a service no longer has, or whose service is gone.
func labelChanges(w wanted, have state, flags uint64) (changes []change) {
	pairs := labelPairs(w)
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		if value, there := have.labels[key]; there && value == pairs[key] {
			continue
		}
		set := api.KVTxnOp{Verb: api.KVSet, Key: key, Value: []byte(pairs[key]), Flags: flags}
		changes = append(changes, change{what: "write label " + key, ops: api.TxnOps{{KV: &set}}})
	}
	services := serviceNames(w)
	for _, key := range slices.Sorted(maps.Keys(have.own)) {
		_, known := w.labels[serviceOf(key)]
		if _, stays := pairs[key]; stays || (services[serviceOf(key)] && !known) {
			continue
		}
		gone := api.KVTxnOp{Verb: api.KVDelete, Key: key}
		changes = append(changes, change{what: "remove label " + key, ops: api.TxnOps{{KV: &gone}}, removes: true})
	}
	return changes
}

func serviceNames(w wanted) map[string]bool {
	names := map[string]bool{}
	for _, e := range w.entries {
		names[e.Name] = true
	}
	return names
}

// labelPairs returns each label as key and JSON string. What Consul could not
// keep as it is, is left out.
func labelPairs(w wanted) map[string]string {
	pairs := map[string]string{}
	for service, labels := range w.labels {
		for label, value := range labels {
			if label == "" || !utf8.ValidString(label) || hasControl(label) || len(value) > maxLabel {
				continue
			}
			pairs[labelKey(service, label)] = jsonString(value)
		}
	}
	return pairs
}

// jsonString writes < > & as they are, for readers that compare text.
func jsonString(s string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string always encodes, and a Builder takes all
	return strings.TrimSuffix(b.String(), "\n")
}

// batches groups changes into transactions that Consul accepts.
func batches(changes []change) (groups [][]change) {
	var group []change
	ops, bytes := 0, 0
	for _, c := range changes {
		size := c.size()
		if len(group) > 0 && (ops+len(c.ops) > maxOps || bytes+size > maxBytes) {
			groups, group, ops, bytes = append(groups, group), nil, 0, 0
		}
		group, ops, bytes = append(group, c), ops+len(c.ops), bytes+size
	}
	if len(group) > 0 {
		groups = append(groups, group)
	}
	return groups
}

// size is about how long the change is as JSON.
func (c change) size() int {
	text, _ := json.Marshal(c.ops) // strings and numbers always encode
	return len(text)
}

func inOrder(entries iter.Seq[entry]) []entry {
	return slices.SortedFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Node, b.Node), cmp.Compare(a.ID, b.ID))
	})
}
