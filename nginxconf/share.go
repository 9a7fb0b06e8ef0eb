package nginxconf

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"seedbed"
)

// workload gathers what the entries of one workload claim.
type workload struct {
	id        seedbed.WorkloadID
	hosts     []seedbed.HostName
	ports     []int                    // service ports
	index     map[int]int              // by service port: which of the workload's ports it leads to
	instances map[int][]netip.AddrPort // by index
}

func (w *workload) take(c claim) {
	w.hosts = append(w.hosts, c.hosts...)
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

// share gives each host name and each service port to one workload: to the one
// that had it last, if it still claims it, else to the one with the smallest id.
func share(found map[seedbed.WorkloadID]*workload, last table) (t table, refused []refusal) {
	hosts, ports := lastOwners(last)
	keepClaimed(hosts, found, func(w *workload) []seedbed.HostName { return w.hosts })
	keepClaimed(ports, found, func(w *workload) []int { return w.ports })
	for _, id := range slices.Sorted(maps.Keys(found)) {
		w := found[id]
		w.tidy()
		ownHosts, lostHosts := own(hosts, id, w.hosts)
		ownPorts, lostPorts := own(ports, id, w.ports)
		for _, host := range lostHosts {
			refused = append(refused, refusal{string(id), fmt.Sprintf("the host name %q belongs to %s", host, hosts[host])})
		}
		for _, port := range lostPorts {
			refused = append(refused, refusal{string(id), fmt.Sprintf("the service port %d belongs to %s", port, ports[port])})
		}
		t.add(w, ownHosts, ownPorts)
	}
	return t, refused
}

func lastOwners(last table) (map[seedbed.HostName]seedbed.WorkloadID, map[int]seedbed.WorkloadID) {
	hosts, ports := map[seedbed.HostName]seedbed.WorkloadID{}, map[int]seedbed.WorkloadID{}
	for _, s := range last.Sites {
		for _, host := range s.Hosts {
			hosts[host] = s.Workload
		}
	}
	for _, s := range last.Services {
		ports[s.Port] = s.Workload
	}
	return hosts, ports
}

// keepClaimed forgets owners that no longer claim what they had.
func keepClaimed[K comparable](owners map[K]seedbed.WorkloadID, found map[seedbed.WorkloadID]*workload, claimed func(*workload) []K) {
	maps.DeleteFunc(owners, func(key K, id seedbed.WorkloadID) bool {
		w := found[id]
		return w == nil || !slices.Contains(claimed(w), key)
	})
}

// own takes for id those of its claims that have no other owner.
func own[K comparable](owners map[K]seedbed.WorkloadID, id seedbed.WorkloadID, claims []K) (got, lost []K) {
	for _, key := range claims {
		if _, taken := owners[key]; !taken {
			owners[key] = id
		}
		if owners[key] == id {
			got = append(got, key)
		} else {
			lost = append(lost, key)
		}
	}
	return got, lost
}

func (w *workload) tidy() {
	slices.Sort(w.hosts)
	slices.Sort(w.ports)
	w.hosts, w.ports = slices.Compact(w.hosts), slices.Compact(w.ports)
	for index, instances := range w.instances {
		slices.SortFunc(instances, netip.AddrPort.Compare)
		w.instances[index] = slices.Compact(instances)
	}
}

func (t *table) add(w *workload, hosts []seedbed.HostName, ports []int) {
	if len(hosts) > 0 {
		t.Sites = append(t.Sites, site{w.id, hosts, w.instances[0]})
	}
	for _, port := range ports {
		t.Services = append(t.Services, service{w.id, port, w.instances[w.index[port]]})
	}
}
