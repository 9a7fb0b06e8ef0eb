package nginxconf

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"seedbed"
)

// claim is what one entry says once it is read.
type claim struct {
	workload seedbed.WorkloadID
	index    int // of the port among those of the workload
	places   []place
	inside   bool
	since    time.Time
	port     int // service port, or 0
	instance netip.AddrPort
	passing  bool
}

// readClaim reads an entry. An error concerns that entry alone.
func readClaim(e entry, readLabels bool) (claim, error) {
	c := claim{workload: seedbed.WorkloadID(e.Meta[metaApp]), passing: e.Meta[metaHealth] == "passing", since: readSince(e.Meta[metaSince])}
	if c.workload == "" {
		return claim{}, sentencef("It does not say which workload it is of.")
	}
	var err error
	c.index, _ = readIndex(e.Meta[metaPort])
	if c.index == 0 { // visitors are led to the first port
		if c.places, c.inside, err = readLabelsOf(e.Meta, readLabels); err != nil {
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

// readSince reads a time. One that cannot be read is not known.
func readSince(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// maxPorts is how many ports of one workload are looked at.
const maxPorts = 16

// readIndex reads which of its workload's ports an entry is of. Entries of
// others than the bridge do not say.
func readIndex(s string) (index int, ok bool) {
	index, err := strconv.Atoi(s)
	return index, err == nil && index >= 0 && index < maxPorts && strconv.Itoa(index) == s
}

// readHosts reads host names separated by a character. One that is not a host
// name, or not to be had, refuses them all.
func readHosts(s, separator string) (hosts []seedbed.HostName, err error) {
	for part := range strings.SplitSeq(s, separator) {
		if part == "" {
			continue
		}
		host, err := readHost(part)
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

func readHost(s string) (seedbed.HostName, error) {
	host, err := seedbed.ParseHostName(s)
	if err != nil || string(host) != strings.ToLower(s) {
		return "", sentencef("%q is not a host name.", s)
	}
	if isReserved(host) {
		return "", sentencef("The host name %q cannot be had: it is an address, has no dot, or is kept for the installation itself.", s)
	}
	return host, nil
}

// isReserved reports whether a host name is an address, which to browsers is all
// whose last part is a number, or one of the names that the installation itself
// uses, or has no dot: such names are words of nginx's map ("default",
// "include"), or "localhost", where the portal is.
func isReserved(h seedbed.HostName) bool {
	dot := strings.LastIndexByte(string(h), '.')
	return dot < 0 || isNumber(string(h)[dot+1:]) || h == "seedbed.internal" || strings.HasSuffix(string(h), ".seedbed.internal")
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil || strings.HasPrefix(s, "0x")
}

func readServicePort(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	port, err := strconv.Atoi(s)
	if err != nil || port < minServicePort || port > maxServicePort || strconv.Itoa(port) != s {
		return 0, sentencef("%q is not a service port.", s)
	}
	return port, nil
}

// readInstance takes addresses that a machine of a datacenter can have, and
// none of those that lead elsewhere: link-local ones are where clouds keep
// their secrets.
func readInstance(address string, port int) (netip.AddrPort, error) {
	addr, err := netip.ParseAddr(address)
	if err != nil || addr.Zone() != "" {
		return netip.AddrPort{}, sentencef("%q is not an address, so nginx cannot be led to it.", address)
	}
	addr = addr.Unmap()
	if addr.IsUnspecified() || addr.IsMulticast() || addr.IsLinkLocalUnicast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.AddrPort{}, sentencef("The address %q cannot be a machine's.", address)
	}
	if port < 1 || port > 65535 {
		return netip.AddrPort{}, sentencef("There is no port %d.", port)
	}
	return netip.AddrPortFrom(addr, uint16(port)), nil
}
