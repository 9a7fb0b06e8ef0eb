package nginxconf

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"seedbed"
)

// Ports that a shared service may have.
const (
	minServicePort = 1024
	maxServicePort = 65535
)

// table is what is to be routed, in types that cannot hold anything else. Its
// slices are sorted, so that the same routes always give the same bytes.
type table struct {
	Sites    []site
	Services []service
	Expected []expected
}

// site is a workload that visitors reach by host names.
type site struct {
	Workload  seedbed.WorkloadID
	Hosts     []seedbed.HostName // all of which is the site's, but for places of others below them
	Below     []place            `json:",omitempty"` // parts of hosts
	Instances []netip.AddrPort   // passing ones; none means that visitors are asked to come back
	Since     time.Time          `json:",omitzero"` // as far as it is known
	Options   options            `json:",omitzero"`
	Digest    string             `json:",omitempty"` // of the virtual host that says all of this
}

// service is a workload that sites reach by a service port.
type service struct {
	Workload  seedbed.WorkloadID
	Port      int
	Instances []netip.AddrPort
}

// refusal is an entry or a claim that is not routed, and why.
type refusal struct {
	workload string
	reason   string
}

// sentence is an error in the words in which people read it.
type sentence string

func (s sentence) Error() string { return string(s) }

func sentencef(format string, values ...any) error { return sentence(fmt.Sprintf(format, values...)) }

// newTable makes the table of a view. last is the table before: it decides
// between those of which nobody knows who is older. What cannot be routed is left
// out alone and reported.
func newTable(v view, last table, readLabels bool) (table, []refusal) {
	g := gathering{found: map[seedbed.WorkloadID]*workload{}, readLabels: readLabels}
	for _, e := range v.entries {
		g.takeEntry(e)
	}
	for _, h := range v.hosts.hosts {
		g.takeHost(h)
	}
	for _, key := range v.hosts.unreadable {
		g.shut(key)
	}
	g.remember(last)
	t, clashes := share(g.found, last)
	return t, distinct(append(g.refused, clashes...))
}

// gathering puts together what there is of each workload.
type gathering struct {
	found      map[seedbed.WorkloadID]*workload
	refused    []refusal
	readLabels bool
}

func (g *gathering) of(id seedbed.WorkloadID) *workload {
	if g.found[id] == nil {
		g.found[id] = &workload{id: id, index: map[int]int{}, instances: map[int][]netip.AddrPort{}}
	}
	return g.found[id]
}

func (g *gathering) refuse(id seedbed.WorkloadID, reasons ...string) {
	for _, reason := range reasons {
		g.refused = append(g.refused, refusal{string(id), reason})
	}
}

func (g *gathering) takeEntry(e entry) {
	if _, ok := readIndex(e.Meta[metaPort]); !ok {
		return
	}
	c, err := readClaim(e, g.readLabels)
	if err != nil {
		g.refuse(seedbed.WorkloadID(e.Meta[metaApp]), err.Error())
		return
	}
	g.of(c.workload).take(c)
}

func (g *gathering) takeHost(h seedbed.VirtualHost) {
	w := g.of(h.Workload)
	if w.virtual {
		g.refuse(h.Workload, "The portal has written twice how this is to be served. The first counts.")
		return
	}
	hosts, options, refused := readVirtualHost(h)
	w.virtual, w.published, w.options, w.since = true, hosts, options, h.Since.UTC()
	w.digest = h.Digest()
	g.refuse(h.Workload, refused...)
}

// shut closes the workload that a virtual host is of that cannot be read: it may
// have been one that lets only some visitors in.
func (g *gathering) shut(key string) {
	for id, w := range g.found {
		if isNameOf(key, id) {
			w.options.Door = shutDoor
			g.refuse(id, "What the portal wrote about how this is to be served cannot be read, so nobody is let in.")
		}
	}
}

// remember keeps since when there has been a workload whose age only the bridge
// knows: that begins anew when Consul has lost its data.
func (g *gathering) remember(last table) {
	for _, s := range last.Sites {
		w := g.found[s.Workload]
		if w != nil && !w.virtual && !s.Since.IsZero() && !w.since.IsZero() && s.Since.Before(w.since) {
			w.since = s.Since
		}
	}
}

// distinct puts refusals in order and drops repetitions, as the instances of
// one workload are refused for the same reason.
func distinct(all []refusal) []refusal {
	slices.SortFunc(all, func(a, b refusal) int {
		return strings.Compare(a.workload+"\x00"+a.reason, b.workload+"\x00"+b.reason)
	})
	return slices.Compact(all)
}
