package consul

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"seedbed"
)

// maxID is the longest task id or workload id that is taken; both have to fit
// into a value of Consul's Meta.
const maxID = maxMetaValue

// checkInstance says why an instance cannot be registered, or nil. What comes
// from an engine is checked here once, so that nothing after it can fail.
func checkInstance(i seedbed.Instance) error {
	switch {
	case i.ID == "" || len(i.ID) > maxID || !utf8.ValidString(i.ID) || hasControl(i.ID):
		return errors.New("its task id cannot be used")
	case !isWorkloadID(string(i.Workload)):
		return fmt.Errorf("its workload id %q cannot be used", i.Workload)
	case !isHost(i.Host):
		return fmt.Errorf("its machine's address %q cannot be used", i.Host)
	}
	for _, port := range i.Ports {
		if port < 1 || port > 65535 {
			return fmt.Errorf("its port %d does not exist", port)
		}
	}
	return nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// isWorkloadID is the grammar of Marathon's app ids: a path of segments that
// have small letters, digits, "." and "-".
func isWorkloadID(s string) bool {
	rest, ok := strings.CutPrefix(s, "/")
	if !ok || len(s) > maxID {
		return false
	}
	for segment := range strings.SplitSeq(rest, "/") {
		if segment == "" || strings.ContainsFunc(segment, notInID) {
			return false
		}
	}
	return true
}

func notInID(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.'
}

func isHost(s string) bool {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Zone() == ""
	}
	_, err := seedbed.ParseHostName(s)
	return err == nil
}

// serviceName is the name under which Consul knows a workload, in the form that
// Consular gave it: the id without its first "/", the others as "-".
func serviceName(id seedbed.WorkloadID) string {
	return strings.ReplaceAll(strings.TrimPrefix(string(id), "/"), "/", "-")
}

// nodeName is the name of the synthetic node that stands for a machine. A host
// may be an IPv6 address, and readers of node names know no ":".
func nodeName(host string) string {
	return "marathon-" + strings.ReplaceAll(host, ":", "-")
}
