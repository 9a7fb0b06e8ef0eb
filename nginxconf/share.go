package nginxconf

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"time"

	"seedbed"
)

// workload gathers what is known of one workload.
type workload struct {
	id        seedbed.WorkloadID
	labelled  []place                  // by its labels
	inside    bool                     // by its labels
	claims    []place                  // those that count, in order and once each
	virtual   bool                     // the portal says how it is served, and its labels do not
	digest    string                   // of what the portal says
	published []seedbed.HostName       // by the portal
	options   options                  // by the portal
	since     time.Time                // zero if nobody knows
	ports     []int                    // service ports
	index     map[int]int              // by service port: which of the workload's ports it leads to
	instances map[int][]netip.AddrPort // by index
}

func (w *workload) take(c claim) {
	w.labelled = append(w.labelled, c.places...)
	w.inside = w.inside || c.inside
	if w.since.IsZero() || !c.since.IsZero() && c.since.Before(w.since) {
		w.since = c.since
	}
	if c.port != 0 {
		w.ports = append(w.ports, c.port)
		if index, known := w.index[c.port]; !known || c.index < index {
			w.index[c.port] = c.index
		}
	}
	if c.passing {
		w.instances[c.index] = append(w.instances[c.index], c.instance)
	}
}

// tidy puts what it claims and has in order, once each.
func (w *workload) tidy() {
	all := w.labelled
	if w.virtual {
		all = products(w.published, []string{"/"})
	}
	slices.SortFunc(all, func(a, b place) int { return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Path, b.Path)) })
	w.claims = slices.Compact(all)
	slices.Sort(w.ports)
	w.ports = slices.Compact(w.ports)
	for index, instances := range w.instances {
		slices.SortFunc(instances, netip.AddrPort.Compare)
		w.instances[index] = slices.Compact(instances)
	}
}

func (w *workload) places() []place     { return w.claims }
func (w *workload) servicePorts() []int { return w.ports }

// share gives each place and each service port to one workload. A host that a
// site of the portal has is that site's as a whole.
func share(found map[seedbed.WorkloadID]*workload, last table) (t table, refused []refusal) {
	all := make([]*workload, 0, len(found))
	for _, id := range slices.Sorted(maps.Keys(found)) {
		found[id].tidy()
		all = append(all, found[id])
	}
	hadPlaces, hadPorts := lastOwners(last)
	places := owners(all, (*workload).places, hadPlaces)
	ports := owners(all, (*workload).servicePorts, hadPorts)
	for _, w := range all {
		ownPlaces, lost := w.part(places)
		var ownPorts []int
		for _, port := range w.ports {
			if ports[port] == w {
				ownPorts = append(ownPorts, port)
				continue
			}
			lost = append(lost, clash(fmt.Sprintf("The service port %d", port), w.id, ports[port].id)...)
		}
		refused = append(refused, lost...)
		t.add(w, ownPlaces, ownPorts)
	}
	return t, refused
}

// part returns which of its places a workload has got.
func (w *workload) part(owners map[place]*workload) (owned []place, lost []refusal) {
	for _, p := range w.claims {
		owner := owners[p]
		if whole := owners[root(p.Host)]; whole != nil && whole.virtual {
			owner = whole
		}
		if owner == w {
			owned = append(owned, p)
			continue
		}
		lost = append(lost, clash(p.String(), w.id, owner.id)...)
	}
	return owned, lost
}

// clash tells both sides that two want the same.
func clash(what string, loser, owner seedbed.WorkloadID) []refusal {
	return []refusal{
		{string(loser), fmt.Sprintf("%s is not led here: it belongs to %s, which had it first.", what, shown(owner))},
		{string(owner), fmt.Sprintf("%s is wanted by %s as well. It stays here, because this had it first.", what, shown(loser))},
	}
}

var usualID = regexp.MustCompile(`^[a-z0-9/.-]{1,128}$`)

// shown is how an id is told to people: it may hold anything.
func shown(id seedbed.WorkloadID) string {
	if usualID.MatchString(string(id)) {
		return string(id)
	}
	return fmt.Sprintf("%.60q", string(id))
}

func lastOwners(last table) (map[place]seedbed.WorkloadID, map[int]seedbed.WorkloadID) {
	places, ports := map[place]seedbed.WorkloadID{}, map[int]seedbed.WorkloadID{}
	for _, s := range last.Sites {
		for _, p := range append(products(s.Hosts, []string{"/"}), s.Below...) {
			places[p] = s.Workload
		}
	}
	for _, s := range last.Services {
		ports[s.Port] = s.Workload
	}
	return places, ports
}

// owners gives each thing to the oldest of those that claim it. had says who had
// it last.
func owners[K comparable](all []*workload, claimed func(*workload) []K, had map[K]seedbed.WorkloadID) map[K]*workload {
	owners := map[K]*workload{}
	for _, w := range all {
		for _, key := range claimed(w) {
			if other := owners[key]; other == nil || w.comesBefore(other, had[key]) {
				owners[key] = w
			}
		}
	}
	return owners
}

// comesBefore decides between two that claim the same: the older, else who had
// it, else the smaller id. Who had it and whose age nobody knows, as of an
// earlier bridge, keeps it.
func (w *workload) comesBefore(other *workload, had seedbed.WorkloadID) bool {
	if mine, theirs := w.age(had), other.age(had); !mine.Equal(theirs) {
		return mine.Before(theirs)
	}
	if (w.id == had) != (other.id == had) {
		return w.id == had
	}
	return w.id < other.id
}

func (w *workload) age(had seedbed.WorkloadID) time.Time {
	switch {
	case !w.since.IsZero():
		return w.since
	case w.id == had:
		return time.Time{}
	default:
		return time.Unix(1<<40, 0)
	}
}

func (t *table) add(w *workload, places []place, ports []int) {
	if len(places) > 0 {
		t.Sites = append(t.Sites, w.site(places))
	}
	for _, port := range ports {
		t.Services = append(t.Services, service{w.id, port, w.instances[w.index[port]]})
	}
}

func (w *workload) site(places []place) site {
	s := site{Workload: w.id, Instances: w.instances[0], Since: w.since, Options: w.options, Digest: w.digest}
	for _, p := range places {
		if p.Path == "/" {
			s.Hosts = append(s.Hosts, p.Host)
		} else {
			s.Below = append(s.Below, p)
		}
	}
	if !w.virtual {
		s.Options.Inside = w.inside
	}
	if !slices.Contains(s.Hosts, s.Options.Main) {
		s.Options.Main = "" // nobody is led to somebody else's host
	}
	return s
}
