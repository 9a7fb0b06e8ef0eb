package consul

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"seedbed"
)

// Limits of a service's Meta, from Consul's agent/structs
// (metaMaxKeyPairs, metaKeyMaxLength, metaValueMaxLength).
const (
	maxMetaPairs = 64
	maxMetaKey   = 128
	maxMetaValue = 512
)

// Keys of Meta that the bridge itself writes. The router reads them.
const (
	metaBridge  = "seedbed-bridge"  // id of the bridge that owns the entry
	metaCluster = "seedbed-cluster" // id of the cluster that the workload is of
	metaApp     = "seedbed-app"     // workload id
	metaTask    = "seedbed-task"    // task id
	metaPort    = "seedbed-port"    // index of the port: "0" is the first
	metaHealth  = "seedbed-health"  // "passing", "warning" or "critical"
	metaSince   = "seedbed-since"   // when the bridge first saw the workload, RFC 3339
	metaHash    = "seedbed-hash"    // of everything in the entry, to see a difference at a glance

	ownMeta = 8 // that an instance's entry has

	// Only in the bridge's own entry: how many others it has written, and the sum
	// of their hashes, as numbers, modulo 2^64.
	metaInstances = "seedbed-instances"
	metaDigest    = "seedbed-digest"
)

// addLabels puts labels into meta as far as Consul takes them, those that
// routing needs first, and returns the names of those it left out.
func addLabels(meta, labels map[string]string) (left []string) {
	room := maxMetaPairs - ownMeta
	for _, key := range labelOrder(labels) {
		if room == 0 || !fitsMeta(key, labels[key]) {
			left = append(left, key)
			continue
		}
		meta[key] = labels[key]
		room--
	}
	return left
}

func labelOrder(labels map[string]string) []string {
	first := []string{seedbed.DomainLabel, "location", "internal", seedbed.ServicePortLabel, seedbed.ServicePortLabelOf(1), "HAPROXY_0_VHOST"}
	var order []string
	for _, key := range first {
		if _, ok := labels[key]; ok {
			order = append(order, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if !slices.Contains(first, key) {
			order = append(order, key)
		}
	}
	return order
}

// fitsMeta is the grammar of Consul's Meta, without the keys that the bridge
// and Consul keep for themselves.
func fitsMeta(key, value string) bool {
	if key == "" || len(key) > maxMetaKey || len(value) > maxMetaValue || !utf8.ValidString(value) {
		return false
	}
	if strings.ContainsFunc(key, notInMetaKey) {
		return false
	}
	lower := strings.ToLower(key)
	return !strings.HasPrefix(lower, "seedbed-") && !strings.HasPrefix(lower, "consul-")
}

func notInMetaKey(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}
