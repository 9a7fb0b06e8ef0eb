package onebox

import (
	"errors"
	"maps"
	"net"
	"slices"
	"strconv"
	"syscall"
)

// ports gives out host ports. It goes round its range, so that a port that has
// just become free is not soon used by another site, to which a stale route
// would then lead. Only the one change under way uses it.
type ports struct {
	host     string
	min, max int
	next     int
}

// newPorts begins after the highest port that is on record.
func newPorts(host string, low, high, used int) *ports {
	p := &ports{host: host, min: low, max: high, next: used + 1}
	if p.next < low || p.next > high {
		p.next = low
	}
	return p
}

// take returns a host port for each port of a: one that is not taken, and free
// on the machine at this moment. It reports whether there is one for each.
func (p *ports) take(taken map[int]bool, a *app) ([]int, bool) {
	taken, out := maps.Clone(taken), []int{}
	host := p.host
	if a.onHost() {
		host = "" // it listens on every address
	}
	for _, spec := range a.portSpecs() {
		port, found := p.one(spec, taken, host)
		if !found {
			return nil, false
		}
		taken[port] = true
		out = append(out, port)
	}
	return out, true
}

// one returns the host port for one port of an app; 0 for one that is not on
// the machine.
func (p *ports) one(spec portSpec, taken map[int]bool, host string) (port int, found bool) {
	if spec.Hidden {
		return 0, true
	}
	if port := spec.Outside; port != 0 {
		return port, !taken[port] && free(host, port, spec.protocols())
	}
	for range p.max - p.min + 1 {
		port := p.next
		if p.next++; p.next > p.max {
			p.next = p.min
		}
		if !taken[port] && free(host, port, spec.protocols()) {
			return port, true
		}
	}
	return 0, false
}

// free reports whether a port can be bound.
func free(host string, port int, protocols []string) bool {
	addr := net.JoinHostPort(host, strconv.Itoa(port))
	for _, protocol := range protocols {
		if !bindable(protocol, addr) {
			return false
		}
	}
	return true
}

// bindable takes a port that this process alone may not have, such as 80, for
// free: Docker may.
func bindable(protocol, addr string) bool {
	if protocol == "udp" {
		c, err := net.ListenPacket("udp", addr)
		return errors.Is(err, syscall.EACCES) || err == nil && c.Close() == nil
	}
	l, err := net.Listen("tcp", addr)
	return errors.Is(err, syscall.EACCES) || err == nil && l.Close() == nil
}

func sortedInts(m map[int]bool) []int { return slices.Sorted(maps.Keys(m)) }
