package consul

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/hashicorp/consul/api"

	"seedbed"
)

const (
	maxOutput = 512 // bytes of a check's output
	checkName = "Health as the engine sees it"
)

// entry is one service of Consul's catalog with its check, as the bridge writes
// it and reads it back. Two entries that are deeply equal need no write.
type entry struct {
	Node    string
	ID      string
	Name    string
	Address string
	Port    int
	Tags    []string
	Meta    map[string]string
	Status  string // of the check: api.HealthPassing or api.HealthCritical
	Output  string // of the check: the engine's reason
}

// place is what makes an entry unique in the catalog.
type place struct{ node, id string }

func (e entry) place() place { return place{e.Node, e.ID} }

func (e entry) app() seedbed.WorkloadID { return seedbed.WorkloadID(e.Meta[metaApp]) }

// entriesOf returns the entries of an instance, one for each port, and the
// names of the labels that do not fit into Meta. The instance must have passed
// checkInstance.
func entriesOf(bridge string, i seedbed.Instance) (entries []entry, left []string) {
	for index, port := range i.Ports {
		e := entry{
			Node:    nodeName(i.Host),
			ID:      serviceID(i.ID, index),
			Name:    serviceName(i.Workload),
			Address: i.Host,
			Port:    port,
			Tags:    []string{"consular-reg-id=" + bridge, "consular-app-id=" + string(i.Workload)},
			Meta: map[string]string{
				metaBridge: bridge, metaApp: string(i.Workload), metaTask: i.ID, metaPort: strconv.Itoa(index),
			},
		}
		left = addLabels(e.Meta, i.Labels)
		entries = append(entries, e.judged(i.Healthy, i.Reason))
	}
	return entries, left
}

// serviceID is the task id; from the second port on it says which port.
func serviceID(task string, index int) string {
	if index == 0 {
		return task
	}
	return task + "-" + strconv.Itoa(index)
}

// judged returns the entry with the engine's verdict, which stands in the check
// and, for readers that see no checks, in Meta.
func (e entry) judged(healthy bool, reason string) entry {
	e.Status, e.Output = api.HealthPassing, ""
	if !healthy {
		e.Status, e.Output = api.HealthCritical, shortened(reason)
	}
	meta := make(map[string]string, len(e.Meta)+2)
	for key, value := range e.Meta {
		meta[key] = value
	}
	meta[metaHealth] = e.Status
	delete(meta, metaHash)
	e.Meta = meta
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
