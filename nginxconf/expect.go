package nginxconf

import (
	"maps"
	"slices"
	"strings"

	"seedbed"
)

// expected is a host name of a site that there should be, whether or not Consul
// knows of anything that runs for it.
type expected struct {
	Host    seedbed.HostName
	GivenUp bool // nobody works at it any more: visitors need not wait
}

// Expect says which host names belong to sites that there should be, and of
// which of them bringing the site up has been given up (true). While nothing
// runs for one, visitors are told so, and not that there is no such site. The
// router keeps it for its next start. It is cheap to repeat.
func (r *Router) Expect(hosts map[seedbed.HostName]bool) {
	list := make([]expected, 0, len(hosts))
	for _, host := range slices.Sorted(maps.Keys(hosts)) {
		if _, err := readHosts(string(host)); err == nil {
			list = append(list, expected{host, hosts[host]})
		}
	}
	r.mu.Lock()
	changed := r.expected == nil || !slices.Equal(r.expected, list)
	r.expected = list
	r.mu.Unlock()
	if changed {
		r.poke()
	}
}

// pending is where visitors of a host name are led for which nothing runs.
func (t table) pending(host seedbed.HostName) string {
	at, found := slices.BinarySearchFunc(t.Expected, host, func(e expected, h seedbed.HostName) int {
		return strings.Compare(string(e.Host), string(h))
	})
	if found && t.Expected[at].GivenUp {
		return siteClosed
	}
	return sitePending
}

// alone returns the expected host names that no workload has.
func (t table) alone() []expected {
	taken := map[seedbed.HostName]bool{}
	for _, site := range t.Sites {
		for _, host := range site.Hosts {
			taken[host] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(t.Expected), func(e expected) bool { return taken[e.Host] })
}
