package nginxconf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Keys of a service's Meta that the bridge of package consul writes.
const (
	metaBridge    = "seedbed-bridge"    // id of the bridge that owns the entry
	metaApp       = "seedbed-app"       // workload id
	metaPort      = "seedbed-port"      // index of the port; "0" is the one that is routed
	metaHealth    = "seedbed-health"    // "passing" or "critical"
	metaInstances = "seedbed-instances" // in the bridge's own entry: how many others it has written
)

// documentTemplate is the whole of what consul-template renders: one JSON
// document of the services of all synthetic nodes. It ranges over nodes, which
// needs one query for each of them instead of one for each service. No text of
// a tenant ever becomes text of a configuration here.
const documentTemplate = `{"nodes":[` +
	`{{range nodes}}{{if and (eq (index .Meta "external-node") "true") (regexMatch "^[A-Za-z0-9_.-]+$" .Node)}}` +
	`{{with node .Node}}{{toJSON .}},{{end}}{{end}}{{end}}null]}`

// document is what documentTemplate renders to. The field names are those of
// consul-template's dependency.CatalogNode.
type document struct {
	Nodes []*struct {
		Node     json.RawMessage
		Services []entry
	} `json:"nodes"`
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

// errIncomplete means that not everything that the bridge wrote has arrived,
// or that Consul has lost it.
var errIncomplete = errors.New("not everything that the bridge wrote is in Consul")

// readDocument returns the entries that the given bridge wrote, without its own
// one. A document that does not hold as many as the bridge says is
// errIncomplete: nothing may be concluded from what it lacks.
func readDocument(text []byte, bridge string) ([]entry, error) {
	all, err := decodeDocument(text)
	if err != nil {
		return nil, fmt.Errorf("read the document of routes: %w", err)
	}
	var entries []entry
	expected := -1
	for _, e := range all {
		switch count, marks := e.Meta[metaInstances]; {
		case e.Meta[metaBridge] != bridge:
		case marks:
			if expected, err = strconv.Atoi(count); err != nil {
				return nil, fmt.Errorf("read the bridge's own entry: %w", err)
			}
		default:
			entries = append(entries, e)
		}
	}
	if len(entries) != expected {
		return nil, errIncomplete
	}
	return entries, nil
}

// decodeDocument takes a document in exactly the form of documentTemplate.
func decodeDocument(text []byte) ([]entry, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var doc document
	if err := decoder.Decode(&doc); err != nil {
		return nil, err
	}
	if decoder.More() {
		return nil, errors.New("there is something after its end")
	}
	var entries []entry
	for _, node := range doc.Nodes {
		if node != nil {
			entries = append(entries, node.Services...)
		}
	}
	return entries, nil
}
