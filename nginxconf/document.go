package nginxconf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"strconv"
)

// Keys of a service's Meta that the bridge of package consul writes.
const (
	metaBridge    = "seedbed-bridge"    // id of the bridge that owns the entry
	metaApp       = "seedbed-app"       // workload id
	metaPort      = "seedbed-port"      // index of the port; "0" is the one that is routed
	metaHealth    = "seedbed-health"    // "passing", "warning" or "critical"; only the first is routed
	metaSince     = "seedbed-since"     // when the bridge first saw the workload: RFC 3339, UTC, seconds
	metaHash      = "seedbed-hash"      // of the whole entry: 16 hex digits
	metaInstances = "seedbed-instances" // in the bridge's own entry: how many others it has written
	metaDigest    = "seedbed-digest"    // in the bridge's own entry: the sum of their hashes; earlier bridges have none
)

// documentTemplate is the whole of what consul-template renders: one JSON
// document of the services of all synthetic nodes, and of the virtual hosts that
// the portal wrote. It ranges over nodes, which needs one query for each of them
// instead of one for each service. No text of a tenant ever becomes text of a
// configuration here. The bridge's id must be one that New has checked.
func documentTemplate(bridge string) string {
	return `{"nodes":[` +
		`{{range nodes}}{{if and (eq (index .Meta "external-node") "true") (regexMatch "^[A-Za-z0-9_.-]+$" .Node)}}` +
		`{{with node .Node}}{{toJSON .}},{{end}}{{end}}{{end}}null],"hosts":[` +
		`{{range tree "` + hostsPrefix + bridge + `/"}}{"key":{{toJSON .Key}},"value":{{toJSON .Value}}},{{end}}null]}`
}

// document is what documentTemplate renders to. The field names of nodes are
// those of consul-template's dependency.CatalogNode.
type document struct {
	Nodes []json.RawMessage `json:"nodes"`
	Hosts []*pair           `json:"hosts"`
}

// catalogNode is a node with its services.
type catalogNode struct {
	Node     json.RawMessage
	Services []entry
}

// nodeCache keeps the nodes of the last document, by the hashes of their texts: a
// change is one of one node, and with thousands of services reading all of them
// anew is what takes longest. The zero value keeps nothing yet.
type nodeCache struct {
	seed  maphash.Seed
	nodes map[uint64]catalogNode
}

// read reads all nodes, and forgets those that are no more.
func (c *nodeCache) read(texts []json.RawMessage) ([]catalogNode, error) {
	if c.nodes == nil {
		c.seed = maphash.MakeSeed()
	}
	all, now := make([]catalogNode, 0, len(texts)), make(map[uint64]catalogNode, len(texts))
	for _, text := range texts {
		key := maphash.Bytes(c.seed, text)
		node, known := c.nodes[key]
		if !known {
			if err := decodeStrictly(text, &node); err != nil {
				return nil, err
			}
		}
		now[key] = node
		all = append(all, node)
	}
	c.nodes = now
	return all, nil
}

// entry is one service of Consul's catalog.
type entry struct {
	ID                string
	Service           string
	Tags              []string
	Meta              map[string]string
	Port              int
	Address           string
	EnableTagOverride bool
}

// view is all that bridge and portal have written, at one moment.
type view struct {
	entries []entry
	hosts   hostsView
	marks   marks
}

// errIncomplete means that not everything that the bridge or the portal wrote
// has arrived, or that Consul has lost it.
var errIncomplete = errors.New("not everything that the bridge and the portal wrote is in Consul")

// readDocument returns the entries that the given bridge wrote, without its own
// one, and the virtual hosts. A document that does not hold exactly what the
// bridge and the portal say that they have written is errIncomplete: nothing may
// be concluded from what it lacks.
func (c *nodeCache) readDocument(text []byte, bridge string) (view, error) {
	var doc document
	if err := decodeStrictly(text, &doc); err != nil {
		return view{}, fmt.Errorf("read the document of routes: %w", err)
	}
	nodes, err := c.read(doc.Nodes)
	if err != nil {
		return view{}, fmt.Errorf("read the document of routes: %w", err)
	}
	entries, mark, err := entriesOf(nodes, bridge)
	if err != nil {
		return view{}, err
	}
	hosts, err := readHostPairs(doc.Hosts)
	if err != nil {
		return view{}, err
	}
	return view{entries, hosts, marks{mark[metaInstances], mark[metaDigest], hosts.mark}}, nil
}

// entriesOf returns what a bridge wrote, if it is all of it, and the Meta of its
// own entry.
func entriesOf(nodes []catalogNode, bridge string) (entries []entry, mark map[string]string, _ error) {
	for _, node := range nodes {
		for _, e := range node.Services {
			switch _, marks := e.Meta[metaInstances]; {
			case e.Meta[metaBridge] != bridge:
			case marks:
				mark = e.Meta
			default:
				entries = append(entries, e)
			}
		}
	}
	return entries, mark, agrees(entries, mark)
}

// agrees compares entries with what the bridge's own entry says of them. A mark
// without a digest is that of an earlier bridge: there the count alone counts.
func agrees(entries []entry, mark map[string]string) error {
	if mark == nil {
		return errIncomplete
	}
	count, err := strconv.Atoi(mark[metaInstances])
	if err != nil {
		return fmt.Errorf("read the bridge's own entry: %w", err)
	}
	if len(entries) != count {
		return errIncomplete
	}
	digest, has := mark[metaDigest]
	if !has {
		return nil
	}
	var sum uint64
	for _, e := range entries {
		hash, err := strconv.ParseUint(e.Meta[metaHash], 16, 64)
		if err != nil {
			return errIncomplete
		}
		sum += hash
	}
	if fmt.Sprintf("%016x", sum) != digest {
		return errIncomplete
	}
	return nil
}

// decodeStrictly takes JSON in exactly the form of what it is read into.
func decodeStrictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if decoder.More() {
		return errors.New("there is something after its end")
	}
	return nil
}
