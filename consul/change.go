package consul

import (
	"cmp"
	"encoding/json"
	"iter"
	"slices"
	"strings"

	"github.com/hashicorp/consul/api"
)

// Limits of a transaction. Each also has the operation that holds the lock.
const (
	// manyOps is what Consul takes since 1.12 less one, fewOps what it took before
	// (agent/txn_endpoint.go, maxTxnOps).
	manyOps = 127
	fewOps  = 63
	// maxBytes keeps a transaction well under Consul's txn_max_req_len, 512 kB.
	maxBytes = 256 << 10
	// maxLabel is the longest value of a label that is written.
	maxLabel = 64 << 10
)

// change is one thing to write, which Consul takes whole or not at all.
type change struct {
	what string // for the log, after "to": "register task x"
	why  string // of a removal
	ops  api.TxnOps
	// removes is true if it takes something out of Consul, counts if it writes the
	// bridge's own entry.
	removes, counts bool
	// free is true if it does not matter what of its like is written before it.
	free bool
	// done takes what was written into the state.
	done func(*state)
}

func setEntry(e entry) change {
	return change{
		what: "register " + e.ID + " of " + e.Name + " as " + e.Status, ops: e.set(), free: true,
		done: func(s *state) { s.put(e) },
	}
}

func removeEntry(e entry, why string) change {
	return change{
		what: "remove " + e.ID + " of " + e.Name, why: why, ops: e.remove(), removes: true,
		done: func(s *state) { s.drop(e.place()) },
	}
}

func setNode(name string, n node) change {
	made := api.Node{Node: name, Address: n.address, Meta: nodeMeta(n.bridge)}
	return change{
		what: "make node " + name, ops: api.TxnOps{{Node: &api.NodeTxnOp{Verb: api.NodeSet, Node: made}}},
		done: func(s *state) { s.nodes[name] = n },
	}
}

func removeNode(name string) change {
	gone := api.NodeTxnOp{Verb: api.NodeDelete, Node: api.Node{Node: name}}
	return change{
		what: "remove node " + name, why: "nothing is on it any more", ops: api.TxnOps{{Node: &gone}}, removes: true,
		done: func(s *state) { delete(s.nodes, name) },
	}
}

func setLabel(key, value string, flags uint64) change {
	set := api.KVTxnOp{Verb: api.KVSet, Key: key, Value: []byte(value), Flags: flags}
	return change{
		what: "write label " + key, ops: api.TxnOps{{KV: &set}}, free: true,
		done: func(s *state) { s.labels[key], s.own[key] = value, true },
	}
}

func removeLabel(key string) change {
	return change{
		what: "remove label " + key, why: "its service has it no more", ops: api.TxnOps{{KV: &api.KVTxnOp{Verb: api.KVDelete, Key: key}}}, removes: true,
		done: func(s *state) { delete(s.labels, key); delete(s.own, key) },
	}
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
func batches(changes []change, maxOps int) (groups [][]change) {
	for len(changes) > 0 {
		group := firstBatch(changes, maxOps)
		groups, changes = append(groups, group), changes[len(group):]
	}
	return groups
}

// firstBatch returns as many changes from the begin as fit into a transaction,
// and at least one.
func firstBatch(changes []change, maxOps int) []change {
	ops, bytes := 0, 0
	for n, c := range changes {
		ops, bytes = ops+len(c.ops), bytes+c.size()
		if n > 0 && (ops > maxOps || bytes > maxBytes) {
			return changes[:n]
		}
	}
	return changes
}

// size is about how long the change is as JSON: what it holds, with room for
// escapes and the names of fields.
func (c change) size() int {
	size := 0
	for _, op := range c.ops {
		size += 600
		switch {
		case op.Service != nil:
			for key, value := range op.Service.Service.Meta {
				size += len(key) + escaped(value) + 8
			}
		case op.Check != nil:
			size += escaped(op.Check.Check.Output) + 2*len(op.Check.Check.ServiceID)
		case op.KV != nil:
			size += len(op.KV.Key) + len(op.KV.Value)*4/3
		}
	}
	return size
}

// escaped is the length of a string in JSON at most.
func escaped(s string) int {
	n := len(s)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c >= 0x80 {
			n += 5
		}
	}
	return n
}

func inOrder(entries iter.Seq[entry]) []entry {
	return slices.SortedFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Node, b.Node), cmp.Compare(a.ID, b.ID))
	})
}
