package consul

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/consul/api"

	"seedbed"
)

const (
	maxOutput = 512 // bytes of a check's output
	checkName = "Health as the engine sees it"
)

// owner is whose entries a bridge writes.
type owner struct{ bridge, cluster string }

// entry is one service of Consul's catalog with its check, as the bridge writes
// it and reads it back. Two entries that are equal need no write.
type entry struct {
	Node    string
	ID      string
	Name    string
	Address string
	Port    int
	Tags    []string
	Meta    map[string]string
	Status  string // of the check: api.HealthPassing, api.HealthWarning or api.HealthCritical
	Output  string // of the check: the engine's reason
}

// place is what makes an entry unique in the catalog.
type place struct{ node, id string }

func (e entry) place() place { return place{e.Node, e.ID} }

// app is the workload that the entry is of; empty for the bridge's own entry.
func (e entry) app() seedbed.WorkloadID { return seedbed.WorkloadID(e.Meta[metaApp]) }

func (e entry) task() string { return e.Meta[metaTask] }

func (e entry) equal(o entry) bool {
	return e.Node == o.Node && e.ID == o.ID && e.Name == o.Name && e.Address == o.Address && e.Port == o.Port &&
		e.Status == o.Status && e.Output == o.Output && slices.Equal(e.Tags, o.Tags) && maps.Equal(e.Meta, o.Meta)
}

// entriesOf returns the entries of an instance, one for each port, and the
// names of the labels that do not fit into Meta. The instance must have passed
// checkInstance.
func entriesOf(o owner, since string, i seedbed.Instance) (entries []entry, left []string) {
	for index, port := range i.Ports {
		e := entry{
			Node:    nodeName(i.Host),
			ID:      serviceID(i.ID, index),
			Name:    serviceName(i.Workload),
			Address: i.Host,
			Port:    port,
			Tags:    []string{"consular-reg-id=" + o.bridge, "consular-app-id=" + string(i.Workload)},
			Meta: map[string]string{
				metaBridge: o.bridge, metaCluster: o.cluster, metaApp: string(i.Workload), metaTask: i.ID,
				metaPort: strconv.Itoa(index), metaSince: since,
			},
		}
		left = addLabels(e.Meta, i.Labels)
		entries = append(entries, e.judged(verdict(i)))
	}
	return entries, left
}

// verdict is the status of an instance's check, and why. Nobody but the engine
// judges; what it does not check is judged as the workload's label says.
func verdict(i seedbed.Instance) (status, reason string) {
	switch {
	case i.Draining:
		return api.HealthWarning, i.Reason
	case !i.Healthy:
		return api.HealthCritical, i.Reason
	case !i.Unchecked:
		return api.HealthPassing, ""
	}
	switch said := i.Labels[seedbed.UncheckedLabel]; said {
	case api.HealthWarning, api.HealthCritical:
		return said, "Nobody checks its health; the label " + seedbed.UncheckedLabel + " says what is thought of it."
	}
	return api.HealthPassing, ""
}

// serviceID is the task id; from the second port on it says which port.
func serviceID(task string, index int) string {
	if index == 0 {
		return task
	}
	return task + "-" + strconv.Itoa(index)
}

// judged returns the entry with a verdict, which stands in the check and, for
// readers that see no checks, in Meta.
func (e entry) judged(status, reason string) entry {
	e.Status, e.Output = status, shortened(reason)
	e.Meta = maps.Clone(e.Meta)
	e.Meta[metaHealth] = e.Status
	delete(e.Meta, metaHash)
	e.Meta[metaHash] = e.hash()
	return e
}

func shortened(s string) string {
	if len(s) > maxOutput {
		s = s[:maxOutput]
	}
	return strings.ToValidUTF8(s, "")
}

func (e entry) hash() string {
	// An entry has only strings, numbers, and maps and slices of them, which
	// always encode, and maps in the order of their keys.
	text, _ := json.Marshal(e)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// weight is what the entry adds to the digest of all.
func (e entry) weight() uint64 {
	n, _ := strconv.ParseUint(e.Meta[metaHash], 16, 64) // what is no hash is a difference, and written anew
	return n
}

// hex16 writes a digest.
func hex16(sum uint64) string { return fmt.Sprintf("%016x", sum) }

func (e entry) checkID() string { return "seedbed:" + e.ID }

// set returns the operations that write the entry.
func (e entry) set() api.TxnOps {
	return api.TxnOps{
		{Service: &api.ServiceTxnOp{Verb: api.ServiceSet, Node: e.Node, Service: api.AgentService{
			ID: e.ID, Service: e.Name, Address: e.Address, Port: e.Port, Tags: e.Tags, Meta: e.Meta,
		}}},
		{Check: &api.CheckTxnOp{Verb: api.CheckSet, Check: api.HealthCheck{
			Node: e.Node, CheckID: e.checkID(), Name: checkName, Status: e.Status, Output: e.Output,
			ServiceID: e.ID, ServiceName: e.Name,
		}}},
	}
}

// remove returns the operation that removes the entry; its check goes with it.
// Consul does not look at the name, but refuses an operation without one.
func (e entry) remove() api.TxnOps {
	gone := api.AgentService{ID: e.ID, Service: e.Name}
	return api.TxnOps{{Service: &api.ServiceTxnOp{Verb: api.ServiceDelete, Node: e.Node, Service: gone}}}
}

// markEntry is the bridge's own entry: how many others there are, and their
// digest, by which a reader knows whether it sees all of them as they are.
func markEntry(o owner, instances int, digest uint64) entry {
	return entry{
		Node:    markNode(o.bridge),
		ID:      markNode(o.bridge),
		Name:    "seedbed-bridge",
		Address: "127.0.0.1",
		Tags:    []string{"consular-reg-id=" + o.bridge},
		Meta: map[string]string{
			metaBridge: o.bridge, metaCluster: o.cluster, metaInstances: strconv.Itoa(instances), metaDigest: hex16(digest),
		},
	}.judged(api.HealthPassing, "")
}

func markNode(bridge string) string { return "seedbed-bridge-" + bridge }
