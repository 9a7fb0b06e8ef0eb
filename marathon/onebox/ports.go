package onebox

import (
	"fmt"
	"net"
	"strconv"
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

// take returns a host port for each port mapping of a, each of them on no
// record and free on the machine at this moment. An error is a sentence for
// people.
func (p *ports) take(t *txn, a *app) ([]int, error) {
	used := map[int]bool{}
	for _, i := range t.allInstances() {
		for _, port := range i.Ports {
			used[port] = true
		}
	}
	out := []int{}
	for _, spec := range a.portSpecs() {
		port, err := p.one(spec, used)
		if err != nil {
			return nil, err
		}
		used[port] = true
		out = append(out, port)
	}
	return out, nil
}

// one returns the host port for one port of an app; 0 for one that is not on
// the machine.
func (p *ports) one(spec portSpec, used map[int]bool) (int, error) {
	if spec.Hidden || spec.Outside != 0 {
		return spec.Outside, nil // asked for; Docker says so if it is taken
	}
	for range p.max - p.min + 1 {
		port := p.next
		if p.next++; p.next > p.max {
			p.next = p.min
		}
		if !used[port] && free(p.host, port, spec.protocols()) {
			return port, nil
		}
	}
	return 0, refusal{fmt.Sprintf("All ports from %d to %d are in use; give the engine a larger range of task ports, or delete what is not needed.", p.min, p.max)}
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

func bindable(protocol, addr string) bool {
	if protocol == "udp" {
		c, err := net.ListenPacket("udp", addr)
		return err == nil && c.Close() == nil
	}
	l, err := net.Listen("tcp", addr)
	return err == nil && l.Close() == nil
}
