package nginxconf

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

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
	Hosts     []seedbed.HostName
	Instances []netip.AddrPort // passing ones; none means that visitors are asked to come back
}

// service is a workload that sites reach by a service port.
type service struct {
	Workload  seedbed.WorkloadID
	Port      int
	Instances []netip.AddrPort
}

// claim is what one entry says once it is read.
type claim struct {
	workload seedbed.WorkloadID
	index    int // of the port among those of the workload
	hosts    []seedbed.HostName
	port     int // service port, or 0
	instance netip.AddrPort
	passing  bool
}

// readClaim reads an entry. An error concerns that entry alone.
func readClaim(e entry) (claim, error) {
	c := claim{workload: seedbed.WorkloadID(e.Meta[metaApp]), passing: e.Meta[metaHealth] == "passing"}
	if c.workload == "" {
		return claim{}, errors.New("it does not say which workload it is of")
	}
	var err error
	c.index, _ = readIndex(e.Meta[metaPort])
	if c.index == 0 { // visitors are led to the first port
		if c.hosts, err = readHosts(e.Meta[seedbed.DomainLabel]); err != nil {
			return claim{}, err
		}
	}
	if c.port, err = readServicePort(e.Meta[seedbed.ServicePortLabelOf(c.index)]); err != nil {
		return claim{}, err
	}
	if c.instance, err = readInstance(e.Address, e.Port); err != nil {
		return claim{}, err
	}
	return c, nil
}

// maxPorts is how many ports of one workload are looked at.
const maxPorts = 16

// readIndex reads which of its workload's ports an entry is of. Entries of
// others than the bridge do not say.
func readIndex(s string) (index int, ok bool) {
	index, err := strconv.Atoi(s)
	return index, err == nil && index >= 0 && index < maxPorts && strconv.Itoa(index) == s
}

// readHosts reads host names separated by spaces. One that is not a host name,
// or not to be had, refuses them all.
func readHosts(s string) (hosts []seedbed.HostName, err error) {
	for part := range strings.SplitSeq(s, " ") {
		if part == "" {
			continue
		}
		host, err := seedbed.ParseHostName(part)
		if err != nil || string(host) != strings.ToLower(part) {
			return nil, fmt.Errorf("%q is not a host name", part)
		}
		if isReserved(host) {
			return nil, fmt.Errorf("the host name %q cannot be had", part)
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

// isReserved reports whether a host name is an address or one of the names that
// the installation itself uses, or has no dot: such names are words of nginx's
// map ("default", "include"), or "localhost", where the portal is.
func isReserved(h seedbed.HostName) bool {
	_, err := netip.ParseAddr(string(h))
	return err == nil || !strings.Contains(string(h), ".") || h == "seedbed.internal" || strings.HasSuffix(string(h), ".seedbed.internal")
}

func readServicePort(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	port, err := strconv.Atoi(s)
	if err != nil || port < minServicePort || port > maxServicePort || strconv.Itoa(port) != s {
		return 0, fmt.Errorf("%q is not a service port", s)
	}
	return port, nil
}

// readInstance takes addresses that a machine of a datacenter can have, and
// none of those that lead elsewhere: link-local ones are where clouds keep
// their secrets.
func readInstance(address string, port int) (netip.AddrPort, error) {
	addr, err := netip.ParseAddr(address)
	if err != nil || addr.Zone() != "" {
		return netip.AddrPort{}, fmt.Errorf("%q is not an address", address)
	}
	addr = addr.Unmap()
	if addr.IsUnspecified() || addr.IsMulticast() || addr.IsLinkLocalUnicast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.AddrPort{}, fmt.Errorf("the address %q cannot be a machine's", address)
	}
	if port < 1 || port > 65535 {
		return netip.AddrPort{}, fmt.Errorf("there is no port %d", port)
	}
	return netip.AddrPortFrom(addr, uint16(port)), nil
}

// refusal is an entry or a claim that is not routed, and why.
type refusal struct {
	workload string
	reason   string
}

// newTable makes the table of all entries. last is the table before: who had a
// host name or a service port there keeps it. What cannot be routed is left out
// alone and reported.
func newTable(entries []entry, last table) (table, []refusal) {
	var refused []refusal
	found := map[seedbed.WorkloadID]*workload{}
	for _, e := range entries {
		if _, ok := readIndex(e.Meta[metaPort]); !ok {
			continue
		}
		c, err := readClaim(e)
		if err != nil {
			refused = append(refused, refusal{e.Meta[metaApp], err.Error()})
			continue
		}
		if found[c.workload] == nil {
			found[c.workload] = &workload{id: c.workload, index: map[int]int{}, instances: map[int][]netip.AddrPort{}}
		}
		found[c.workload].take(c)
	}
	t, clashes := share(found, last)
	return t, distinct(append(refused, clashes...))
}

// distinct puts refusals in order and drops repetitions, as the instances of
// one workload are refused for the same reason.
func distinct(all []refusal) []refusal {
	slices.SortFunc(all, func(a, b refusal) int {
		return strings.Compare(a.workload+"\x00"+a.reason, b.workload+"\x00"+b.reason)
	})
	return slices.Compact(all)
}
