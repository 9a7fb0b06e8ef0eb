package consul

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/consul/api"

	"seedbed"
)

// hostsPrefix is where routers read how sites are to be served; behind it come
// the bridge's id and the name of the site's own key.
const hostsPrefix = "seedbed/hosts/"

// allKey is the name of the key that says how many others there are, and the
// sum of what is in them.
const allKey = ".all"

// HostsConfig is what a Hosts needs. Address has no default.
type HostsConfig struct {
	Address string // of Consul's HTTP API
	CA      string // file of the certificates that sign Consul's; with https only
	Token   seedbed.Secret
	Bridge  string // id of the bridge whose sites these are; the default is "seedbed"
}

// Hosts writes to Consul's KV how sites are to be served, for routers
// everywhere. New ones are made by NewHosts.
type Hosts struct {
	client *api.Client
	prefix string
}

// NewHosts returns a Hosts. It does not connect yet.
func NewHosts(c HostsConfig) (*Hosts, error) {
	c.Bridge = cmp.Or(c.Bridge, defaultID)
	if !bridgeID.MatchString(c.Bridge) {
		return nil, fmt.Errorf("bridge id %q: small letters, digits and -, at most 40", c.Bridge)
	}
	client, err := newClient(c.Address, c.CA, c.Token)
	if err != nil {
		return nil, err
	}
	return &Hosts{client, hostsPrefix + c.Bridge + "/"}, nil
}

// Publish makes Consul hold exactly these virtual hosts: it reads what is there
// and writes what differs, and nothing if nothing does. All that it writes is
// there at once unless it is too much for one transaction; the key that counts
// the others is written last. After an error it is to be called again, as it may
// be at any time.
func (h *Hosts) Publish(ctx context.Context, hosts []seedbed.VirtualHost) error {
	wanted, err := h.documents(hosts)
	if err != nil {
		return err
	}
	have, err := h.read(ctx)
	if err != nil {
		return err
	}
	for _, batch := range batches(h.differences(wanted, have), fewOps) {
		if err := commit(ctx, h.client, nil, batch); err != nil {
			return fmt.Errorf("write the virtual hosts: %w", err)
		}
	}
	return nil
}

// documents returns what should be in Consul, by key.
func (h *Hosts) documents(hosts []seedbed.VirtualHost) (map[string][]byte, error) {
	all := make(map[string][]byte, len(hosts)+1)
	for _, host := range hosts {
		text, err := json.Marshal(host)
		if err != nil {
			return nil, fmt.Errorf("write the virtual host of %s: %w", host.Workload, err)
		}
		key := h.prefix + hostKey(host.Workload)
		if _, twice := all[key]; twice {
			return nil, fmt.Errorf("there are two virtual hosts of %s", host.Workload)
		}
		all[key] = text
	}
	sum := sumOf(maps.Values(all))
	text, err := json.Marshal(hostsMark{Count: len(all), Digest: hex16(sum)})
	if err != nil {
		return nil, errors.Join(errors.New("count the virtual hosts"), err)
	}
	all[h.prefix+allKey] = text
	return all, nil
}

// hostsMark is the value of allKey. The digest is the sum, modulo 2^64, of the
// first eight bytes of the SHA-256 of each value.
type hostsMark struct {
	Count  int    `json:"count"`
	Digest string `json:"digest"`
}

func sumOf(values func(func([]byte) bool)) (sum uint64) {
	for value := range values {
		hash := sha256.Sum256(value)
		sum += binary.BigEndian.Uint64(hash[:8])
	}
	return sum
}

// hostKey derives the key from the workload's id, of whatever characters that
// may be.
func hostKey(id seedbed.WorkloadID) string {
	hash := sha256.Sum256([]byte(id))
	return hex.EncodeToString(hash[:16])
}

func (h *Hosts) read(ctx context.Context) (map[string][]byte, error) {
	pairs, _, err := h.client.KV().List(h.prefix, (&api.QueryOptions{RequireConsistent: true}).WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("list the virtual hosts in Consul: %w", err)
	}
	have := make(map[string][]byte, len(pairs))
	for _, pair := range pairs {
		have[pair.Key] = pair.Value
	}
	return have, nil
}

// differences has the key that counts the others last.
func (h *Hosts) differences(wanted, have map[string][]byte) (changes []change) {
	mark := h.prefix + allKey
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(wanted)), func(key string) bool { return key == mark })
	for _, key := range append(keys, mark) {
		if old, there := have[key]; there && bytes.Equal(old, wanted[key]) {
			continue
		}
		set := api.KVTxnOp{Verb: api.KVSet, Key: key, Value: wanted[key]}
		changes = append(changes, change{what: "write " + key, ops: api.TxnOps{{KV: &set}}})
	}
	var gone []change
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if _, stays := wanted[key]; !stays {
			gone = append(gone, change{what: "remove " + key, ops: api.TxnOps{{KV: &api.KVTxnOp{Verb: api.KVDelete, Key: key}}}})
		}
	}
	return append(gone, changes...)
}
