package onebox

import (
	"math"
	"slices"
)

// Why an offer is not used, in the order in which Marathon's summaries name it.
const (
	noRole = iota
	noConstraint
	noReservation
	inMaintenance
	fewCPUs
	littleMemory
	littleDisk
	fewGPUs
	scarce
	fewPorts
	reasonCount
)

// reasonNames are Marathon's names of the reasons.
var reasonNames = [reasonCount]string{
	"UnfulfilledRole", "UnfulfilledConstraint", "NoCorrespondingReservationFound", "AgentMaintenance", "InsufficientCpus",
	"InsufficientMemory", "InsufficientDisk", "InsufficientGpus", "DeclinedScarceResources", "InsufficientPorts",
}

// offer is what is free on the machine at the moment when an instance wants to
// be launched. There are no others here, so one look is one offer.
type offer struct {
	free    amounts
	ports   []portRange
	reasons []int // why it is not used, in order; empty if it is
}

func (o offer) reasonNames() []string {
	names := make([]string, 0, len(o.reasons))
	for _, reason := range o.reasons {
		names = append(names, reasonNames[reason])
	}
	return names
}

// portRange has both of its ends in it.
type portRange struct {
	Begin int `json:"begin"`
	End   int `json:"end"`
}

// match looks whether there is room for one more instance of a, and takes host
// ports for it. As in Marathon, ports are only looked at where all else fits.
func (e *Engine) match(t *txn, a *app, total amounts) (ports []int, o offer) {
	all := t.allInstances()
	o.free = total.minus(booked(all))
	if !e.cfg.Machine.fits(a, placed(t.instancesOf(a.ID), a), e.cfg.HostIP) {
		o.reasons = append(o.reasons, noConstraint)
	}
	o.reasons = append(o.reasons, o.free.lacks(a.amounts())...)
	taken := portsOf(all)
	if len(o.reasons) == 0 {
		var found bool
		if ports, found = e.ports.take(taken, a); found {
			return ports, o
		}
		o.reasons = append(o.reasons, fewPorts)
	}
	o.ports = e.ports.left(taken)
	return nil, o
}

// lacks returns what there is not enough of for the need.
func (a amounts) lacks(need amounts) (reasons []int) {
	for _, one := range []struct {
		reason     int
		have, need float64
	}{{fewCPUs, a.CPUs, need.CPUs}, {littleMemory, a.Mem, need.Mem}, {littleDisk, a.Disk, need.Disk}} {
		if thousandths(one.need) > thousandths(one.have) {
			reasons = append(reasons, one.reason)
		}
	}
	return reasons
}

// thousandths counts as Mesos does: ten times 0.1 is 1.
func thousandths(f float64) float64 { return math.Round(f * 1000) }

// placed counts the instances of an app that constraints count: those that have
// a container of the present configuration. Older ones are about to go.
func placed(list []*instance, a *app) int {
	n := 0
	for _, i := range list {
		if i.Condition != scheduled && i.current(a) {
			n++
		}
	}
	return n
}

// portsOf returns the host ports on record.
func portsOf(list []*instance) map[int]bool {
	taken := map[int]bool{}
	for _, i := range list {
		for _, port := range i.Ports {
			taken[port] = true
		}
	}
	return taken
}

// left returns the ports of the range that are not taken.
func (p *ports) left(taken map[int]bool) []portRange {
	out, begin := []portRange{}, p.min
	used := slices.DeleteFunc(sortedInts(taken), func(port int) bool { return port < p.min || port > p.max })
	for _, port := range append(used, p.max+1) {
		if port > begin {
			out = append(out, portRange{begin, port - 1})
		}
		begin = port + 1
	}
	return out
}
