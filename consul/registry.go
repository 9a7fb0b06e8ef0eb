package consul

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/hashicorp/consul/api"
)

const labelsPrefix = "consular/"

// state is what Consul holds now, as far as it concerns a bridge.
type state struct {
	nodes   map[string]node
	entries map[place]entry   // of this bridge
	labels  map[string]string // JSON values by key under labelsPrefix, of whoever wrote them
	own     map[string]bool   // keys of labels that this bridge wrote
}

// empty reports whether Consul holds no instance and no label of the bridge.
func (s state) empty() bool {
	for _, e := range s.entries {
		if e.app() != "" {
			return false
		}
	}
	return len(s.own) == 0
}

type node struct {
	address string
	bridge  string // that made it
	foreign int    // services on it that are not ours
}

// registry reads and writes Consul for one bridge.
type registry struct {
	client *api.Client
	bridge string
}

// flags marks the KV pairs that a bridge wrote, so that it never deletes those
// of another program.
func (r registry) flags() uint64 {
	h := fnv.New64a()
	h.Write([]byte(metaBridge + "=" + r.bridge))
	return h.Sum64()
}

// read returns what Consul holds. An error means that nothing is known.
func (r registry) read(ctx context.Context) (state, error) {
	s := state{nodes: map[string]node{}, entries: map[place]entry{}, labels: map[string]string{}, own: map[string]bool{}}
	q := (&api.QueryOptions{RequireConsistent: true, NodeMeta: nodeMeta("")}).WithContext(ctx)
	nodes, _, err := r.client.Catalog().Nodes(q)
	if err != nil {
		return state{}, fmt.Errorf("list Consul's nodes: %w", err)
	}
	for _, n := range nodes {
		if err := r.readNode(ctx, n, s); err != nil {
			return state{}, err
		}
	}
	if err := r.readLabels(ctx, s); err != nil {
		return state{}, err
	}
	return s, nil
}

// readNode reads one synthetic node into s.
func (r registry) readNode(ctx context.Context, n *api.Node, s state) error {
	q := (&api.QueryOptions{RequireConsistent: true}).WithContext(ctx)
	list, _, err := r.client.Catalog().NodeServiceList(n.Node, q)
	if err != nil {
		return fmt.Errorf("list the services of node %q: %w", n.Node, err)
	}
	checks, _, err := r.client.Health().Node(n.Node, q)
	if err != nil {
		return fmt.Errorf("list the checks of node %q: %w", n.Node, err)
	}
	byID := map[string]*api.HealthCheck{}
	for _, c := range checks {
		byID[c.CheckID] = c
	}
	known := node{address: n.Address, bridge: n.Meta[metaBridge]}
	for _, service := range list.Services {
		if service.Meta[metaBridge] != r.bridge {
			known.foreign++
			continue
		}
		e := entryFrom(n.Node, service, byID)
		s.entries[e.place()] = e
	}
	s.nodes[n.Node] = known
	return nil
}

func entryFrom(node string, s *api.AgentService, checks map[string]*api.HealthCheck) entry {
	e := entry{
		Node: node, ID: s.ID, Name: s.Service, Address: s.Address, Port: s.Port,
		Tags: s.Tags, Meta: s.Meta,
	}
	if c := checks[e.checkID()]; c != nil {
		e.Status, e.Output = c.Status, c.Output
	}
	return e
}

// readLabels reads the labels of all services into s.
func (r registry) readLabels(ctx context.Context, s state) error {
	q := (&api.QueryOptions{RequireConsistent: true}).WithContext(ctx)
	pairs, _, err := r.client.KV().List(labelsPrefix, q)
	if err != nil {
		return fmt.Errorf("list the labels in Consul: %w", err)
	}
	for _, pair := range pairs {
		s.labels[pair.Key] = string(pair.Value)
		if pair.Flags == r.flags() {
			s.own[pair.Key] = true
		}
	}
	return nil
}

// nodeMeta is the Meta of synthetic nodes: no agent runs there and nobody is to
// probe them. With no bridge it selects those of all bridges.
func nodeMeta(bridge string) map[string]string {
	meta := map[string]string{"external-node": "true", "external-probe": "false"}
	if bridge != "" {
		meta[metaBridge] = bridge
	}
	return meta
}

// write carries out changes in transactions, as many as fit into each. Where
// Consul refuses a transaction its changes are tried one by one, so that one
// bad change holds up no other; those that are refused are in the error.
func (r registry) write(ctx context.Context, changes []change) error {
	var failed []error
	for _, batch := range batches(changes) {
		err := r.commit(ctx, batch)
		if errors.Is(err, errRefused) {
			err = r.oneByOne(ctx, batch)
			failed = append(failed, err)
		}
		if err != nil && !errors.Is(err, errRefused) {
			return err
		}
	}
	return errors.Join(failed...)
}

// oneByOne returns an errRefused for what Consul refuses, and stops at any
// other error.
func (r registry) oneByOne(ctx context.Context, batch []change) error {
	var failed []error
	for _, c := range batch {
		err := r.commit(ctx, []change{c})
		if err != nil && !errors.Is(err, errRefused) {
			return err
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", c.what, err))
		}
	}
	return errors.Join(failed...)
}

// errRefused means that Consul was reached, understood a transaction, and took
// none of it.
var errRefused = errors.New("refused by Consul")

// commit runs one transaction.
func (r registry) commit(ctx context.Context, batch []change) error {
	var ops api.TxnOps
	for _, c := range batch {
		ops = append(ops, c.ops...)
	}
	ok, answer, _, err := r.client.Txn().Txn(ops, (&api.QueryOptions{}).WithContext(ctx))
	if err != nil {
		return fmt.Errorf("write %d operations to Consul: %w", len(ops), err)
	}
	if !ok && len(answer.Errors) > 0 {
		return fmt.Errorf("%w: %s", errRefused, answer.Errors[0].What)
	}
	if !ok {
		return errRefused
	}
	return nil
}

// labelKey returns the key of a label of a service.
func labelKey(service, label string) string { return labelsPrefix + service + "/" + label }

// serviceOf returns the service that a key of a label belongs to.
func serviceOf(key string) string {
	service, _, _ := strings.Cut(strings.TrimPrefix(key, labelsPrefix), "/")
	return service
}
