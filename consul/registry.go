package consul

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/consul/api"

	"seedbed"
)

// registry reads and writes Consul for one bridge.
type registry struct {
	client *api.Client
	owner  owner
	maxOps int // in a transaction
}

func newClient(address, ca string, token seedbed.Secret) (*api.Client, error) {
	if address == "" {
		return nil, errors.New("the address of Consul is needed")
	}
	client, err := api.NewClient(&api.Config{Address: address, Token: token.Reveal(), TLSConfig: api.TLSConfig{CAFile: ca}})
	if err != nil {
		return nil, fmt.Errorf("make a client of Consul: %w", err)
	}
	return client, nil
}

// flags marks the KV pairs that a bridge wrote, so that it never deletes those
// of another program.
func (r *registry) flags() uint64 {
	h := fnv.New64a()
	h.Write([]byte(metaBridge + "=" + r.owner.bridge))
	return h.Sum64()
}

func consistent(ctx context.Context) *api.QueryOptions {
	return (&api.QueryOptions{RequireConsistent: true}).WithContext(ctx)
}

// read returns what Consul holds: M+3 requests for M synthetic nodes. An error
// means that nothing is known.
func (r *registry) read(ctx context.Context) (*state, error) {
	s := newState()
	q := consistent(ctx)
	q.NodeMeta = nodeMeta("")
	nodes, _, err := r.client.Catalog().Nodes(q)
	if err != nil {
		return nil, fmt.Errorf("list Consul's nodes: %w", err)
	}
	checks, err := r.readChecks(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range nodes {
		if err := r.readNode(ctx, n, checks, s); err != nil {
			return nil, err
		}
	}
	return s, r.readLabels(ctx, s)
}

// readChecks returns the checks of all synthetic nodes, by node and id.
func (r *registry) readChecks(ctx context.Context) (map[place]*api.HealthCheck, error) {
	q := consistent(ctx)
	q.NodeMeta = nodeMeta("")
	list, _, err := r.client.Health().State(api.HealthAny, q)
	if err != nil {
		return nil, fmt.Errorf("list the checks in Consul: %w", err)
	}
	checks := make(map[place]*api.HealthCheck, len(list))
	for _, c := range list {
		checks[place{c.Node, c.CheckID}] = c
	}
	return checks, nil
}

// readNode reads one synthetic node into s.
func (r *registry) readNode(ctx context.Context, n *api.Node, checks map[place]*api.HealthCheck, s *state) error {
	list, _, err := r.client.Catalog().NodeServiceList(n.Node, consistent(ctx))
	if err != nil {
		return fmt.Errorf("list the services of node %q: %w", n.Node, err)
	}
	known := node{address: n.Address, bridge: n.Meta[metaBridge]}
	s.shared = s.shared || known.bridge != "" && known.bridge != r.owner.bridge
	for _, service := range list.Services {
		e := entryFrom(n.Node, service, checks)
		ours, err := r.owns(e)
		if err != nil {
			return err
		}
		if !ours {
			known.foreign++
			s.taken[e.place()] = e.Meta[metaBridge]
			continue
		}
		s.put(e)
	}
	s.nodes[n.Node] = known
	return nil
}

// owns reports whether an entry is this bridge's. Those of before there were
// clusters are. A bridge of another cluster with the same id is an error: each
// would undo what the other does.
func (r *registry) owns(e entry) (bool, error) {
	if e.Meta[metaBridge] != r.owner.bridge {
		return false, nil
	}
	if cluster := e.Meta[metaCluster]; cluster != "" && cluster != r.owner.cluster {
		return false, fmt.Errorf("the bridge id %q is that of the bridge of another cluster, %q; give each an id of its own", r.owner.bridge, cluster)
	}
	return true, nil
}

func entryFrom(node string, s *api.AgentService, checks map[place]*api.HealthCheck) entry {
	e := entry{
		Node: node, ID: s.ID, Name: s.Service, Address: s.Address, Port: s.Port,
		Tags: s.Tags, Meta: s.Meta,
	}
	if c := checks[place{node, e.checkID()}]; c != nil && c.ServiceID == e.ID {
		e.Status, e.Output = c.Status, c.Output
	}
	return e
}

// readLabels reads the labels of all services into s.
func (r *registry) readLabels(ctx context.Context, s *state) error {
	pairs, _, err := r.client.KV().List(labelsPrefix, consistent(ctx))
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

// write carries out changes in transactions, as many as fit into each, under
// the lock, and takes what was written into s. Where Consul refuses a
// transaction its changes are tried one by one, so that one bad change holds up
// no other; those that are refused are in the error, and the count of all is
// made right. After any other error s is not what Consul holds.
func (r *registry) write(ctx context.Context, fence *api.TxnOp, changes []change, s *state) error {
	var refused []error
	for len(changes) > 0 {
		group := r.group(changes)
		results := r.commitAll(ctx, fence, group)
		if r.maxOps > fewOps && slices.ContainsFunc(results, func(err error) bool { return errors.Is(err, errTooLarge) }) {
			r.maxOps = fewOps // and what is written already is written again
			continue
		}
		for n, batch := range group {
			err := r.singly(ctx, fence, batch, s, results[n])
			if errors.Is(err, errRefused) {
				refused = append(refused, err)
			} else if err != nil {
				return err
			}
			changes = changes[len(batch):]
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return errors.Join(errors.Join(refused...), r.recount(ctx, fence, s))
}

// atOnce is how many transactions are under way together, where there are many:
// Consul then writes several to its disk in one go.
const atOnce = 3

// group returns the next transactions that may be under way together: one, or
// several in which all is free of order.
func (r *registry) group(changes []change) (group [][]change) {
	for len(group) < atOnce && len(changes) > 0 {
		batch := firstBatch(changes, r.maxOps)
		ordered := slices.ContainsFunc(batch, func(c change) bool { return !c.free })
		if ordered && len(group) > 0 {
			return group
		}
		group, changes = append(group, batch), changes[len(batch):]
		if ordered {
			return group
		}
	}
	return group
}

// commitAll runs transactions together and returns what became of each.
func (r *registry) commitAll(ctx context.Context, fence *api.TxnOp, group [][]change) []error {
	results := make([]error, len(group))
	var writers sync.WaitGroup
	for n, batch := range group {
		writers.Go(func() { results[n] = commit(ctx, r.client, fence, batch) })
	}
	writers.Wait()
	return results
}

func carryOut(batch []change, s *state) {
	for _, c := range batch {
		c.done(s)
	}
}

// singly takes in what became of a transaction. If Consul refused it its changes
// are tried one by one; if it failed otherwise, that is returned.
func (r *registry) singly(ctx context.Context, fence *api.TxnOp, batch []change, s *state, why error) error {
	if why == nil {
		carryOut(batch, s)
		return nil
	}
	if !errors.Is(why, errRefused) && !errors.Is(why, errTooLarge) {
		return why
	}
	var failed []error
	for _, c := range batch {
		if c.counts {
			continue // recount does this
		}
		err := commit(ctx, r.client, fence, []change{c})
		switch {
		case err == nil:
			c.done(s)
		case errors.Is(err, errRefused), errors.Is(err, errTooLarge):
			failed = append(failed, fmt.Errorf("%w: %s: %w", errRefused, c.what, err))
		default:
			return err
		}
	}
	return errors.Join(failed...)
}

// recount makes the bridge's own entry say what is there, so that readers do
// not wait for what was refused.
func (r *registry) recount(ctx context.Context, fence *api.TxnOp, s *state) error {
	p := plan{owner: r.owner, have: s, count: s.count(), digest: s.digest}
	changes := p.mark()
	if len(changes) == 0 {
		return nil
	}
	if err := commit(ctx, r.client, fence, changes); err != nil {
		return err
	}
	changes[0].done(s)
	return nil
}

// What becomes of a transaction, besides that it is carried out.
var (
	// errRefused means that Consul was reached, understood the transaction, and
	// took none of it.
	errRefused = errors.New("refused by Consul")
	// errTooLarge means that it is more than this Consul takes at once.
	errTooLarge = errors.New("too large for Consul")
	// errFenced means that the lock is lost; nothing was written.
	errFenced = errors.New("the lock is held no more")
)

// commit runs one transaction, if the lock is still held: fence is the operation
// that asks for it, or nil.
func commit(ctx context.Context, client *api.Client, fence *api.TxnOp, batch []change) error {
	var ops api.TxnOps
	if fence != nil {
		ops = append(ops, fence)
	}
	for _, c := range batch {
		ops = append(ops, c.ops...)
	}
	ok, said, _, err := client.Txn().Txn(ops, (&api.QueryOptions{}).WithContext(ctx))
	switch {
	case says(err, "too many operations") || says(err, "too large"):
		return fmt.Errorf("%w: %d operations: %w", errTooLarge, len(ops), err)
	case says(err, "Failed to parse body"):
		return fmt.Errorf("%w: %w", errRefused, err)
	case err != nil:
		return fmt.Errorf("write %d operations to Consul: %w", len(ops), err)
	case ok:
		return nil
	case said == nil || len(said.Errors) == 0:
		return errRefused
	case fence != nil && said.Errors[0].OpIndex == 0:
		return fmt.Errorf("%w: %s", errFenced, said.Errors[0].What)
	}
	return fmt.Errorf("%w: %s", errRefused, said.Errors[0].What)
}

// says reports whether Consul said so: its client makes a text of an error that
// concerns a transaction as a whole (agent/txn_endpoint.go).
func says(err error, text string) bool { return err != nil && strings.Contains(err.Error(), text) }
