package nginxconf

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"seedbed"
)

const serviceAddrTimeout = 3 * time.Second

// openable returns the service ports that nginx can listen on now. A service
// without instances has none: a refused connection tells a site at once what an
// open port that leads nowhere would not. blocked says what keeps nginx from
// opening the others; they are looked at again every few seconds.
func (r *Router) openable(ctx context.Context, t table) (open []listener, blocked error) {
	var wanted []service
	for _, s := range t.Services {
		if len(s.Instances) > 0 {
			wanted = append(wanted, s)
		}
	}
	if len(wanted) == 0 || r.ServiceAddr == nil {
		return nil, nil
	}
	if !r.nginx.stream {
		return nil, &seedbed.Error{Code: seedbed.Unavailable, Message: "nginx cannot open the ports of shared services, because its stream module is missing. " +
			"Install it (on Debian: apt-get install libnginx-mod-stream) and start again."}
	}
	addr, err := r.findServiceAddr(ctx)
	if err != nil {
		return nil, err
	}
	return r.freePorts(addr, wanted)
}

// findServiceAddr returns the address for service ports, if this machine has it
// now: nginx does not start with an address that is not there. While nobody
// knows it, as with Docker away after a restart, it is the last that was known.
func (r *Router) findServiceAddr(ctx context.Context) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, serviceAddrTimeout)
	defer cancel()
	addr, err := r.ServiceAddr(ctx)
	if err == nil {
		r.serviceAddr = addr.Unmap()
	}
	if !r.serviceAddr.IsValid() {
		return netip.Addr{}, fmt.Errorf("find the address of the service ports: %w", err)
	}
	if err := isHere(r.serviceAddr); err != nil {
		return netip.Addr{}, err
	}
	return r.serviceAddr, nil
}

func isHere(addr netip.Addr) error {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return fmt.Errorf("list the addresses of this machine: %w", err)
	}
	for _, a := range all {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Unmap() == addr {
			return nil
		}
	}
	return &seedbed.Error{Code: seedbed.Unavailable, Message: "Sites cannot reach the shared services, because the address " + addr.String() +
		" of Docker's network is not there. Start Docker; nginx follows by itself."}
}

// freePorts leaves out the ports that another program has.
func (r *Router) freePorts(addr netip.Addr, wanted []service) (open []listener, blocked error) {
	r.mu.Lock()
	ours := map[netip.AddrPort]bool{}
	for _, l := range r.served.listeners {
		ours[l.at] = true
	}
	r.mu.Unlock()
	if r.nginx.pid() == 0 {
		clear(ours)
	}
	var taken []string
	for _, s := range wanted {
		at := netip.AddrPortFrom(addr, uint16(s.Port))
		if !ours[at] && !isFree(at) {
			taken = append(taken, at.String())
			continue
		}
		open = append(open, listener{at, s})
	}
	if len(taken) > 0 {
		blocked = &seedbed.Error{Code: seedbed.Unavailable, Err: errors.New("taken: " + strings.Join(taken, ", ")),
			Message: "Port " + strings.Join(taken, " and ") + " is in use by another program, so sites cannot reach the shared service there. Stop that program; nginx follows by itself."}
	}
	return open, blocked
}

func isFree(at netip.AddrPort) bool {
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		return false
	}
	return l.Close() == nil
}
