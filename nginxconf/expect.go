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
		if _, err := readHost(string(host)); err == nil {
			list = append(list, expected{host, hosts[host]})
		}
	}
	r.mu.Lock()
	changed := r.expected == nil || !slices.Equal(r.expected, list)
	r.expected = list
	if changed {
		r.changes++
	}
	r.mu.Unlock()
	if changed {
		r.poke()
	}
}

// site is an expected host as a site of which nothing runs.
func (e expected) site() site {
	s := site{Workload: seedbed.WorkloadID("expected " + e.Host), Hosts: []seedbed.HostName{e.Host}}
	if e.GivenUp {
		s.Options.Door = seedbed.GivenUp
	}
	return s
}

// givenUp reports whether bringing up what has a host has been given up.
func (t table) givenUp(host seedbed.HostName) bool {
	at, found := slices.BinarySearchFunc(t.Expected, host, func(e expected, h seedbed.HostName) int {
		return strings.Compare(string(e.Host), string(h))
	})
	return found && t.Expected[at].GivenUp
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
