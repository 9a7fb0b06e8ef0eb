package nginxconf

import (
	"net/netip"
	"slices"
	"time"

	"seedbed"
)

// When much goes away at once, more often those who look are ill than all that
// they look at. Then sites keep the instances that they had: nginx tries them,
// and what visitors get decides.
const (
	lossWindow = 10 * time.Second // what goes away within is "at once"
	fewLost    = 5                // instances that may always go away
	lossShare  = 5                // more than a fifth of all is much
	heldFor    = 5 * time.Minute
)

// loss is a site that had instances and has none now.
type loss struct {
	site site // as it was
	at   time.Time
	held bool
}

// losses are those of the last moments.
type losses map[seedbed.WorkloadID]loss

// note compares a new table with what was served last. Sites that people have
// shut, or that gone says were removed by the portal, count for nothing.
func (l losses) note(t, last table, gone func(seedbed.WorkloadID) bool, now time.Time) {
	there := map[seedbed.WorkloadID]site{}
	for _, s := range t.Sites {
		there[s.Workload] = s
	}
	for _, before := range last.Sites {
		after, is := there[before.Workload]
		meant := after.Options.Door != seedbed.LetIn || !is && gone(before.Workload)
		_, noted := l[before.Workload]
		switch {
		case meant || len(after.Instances) > 0:
			delete(l, before.Workload)
		case len(before.Instances) > 0 && !noted:
			l[before.Workload] = loss{site: before, at: now}
		}
	}
	for id, one := range l {
		if age := now.Sub(one.at); len(there[id].Instances) > 0 || age > heldFor || age > lossWindow && !one.held {
			delete(l, id)
		}
	}
}

// judge holds all that was lost if it is too much for one moment.
func (l losses) judge(t table) {
	lost, all := 0, 0
	for _, one := range l {
		lost += len(one.site.Instances)
	}
	for _, s := range t.Sites {
		all += len(s.Instances)
	}
	if lost <= fewLost || lost*lossShare <= lost+all {
		return
	}
	for id, one := range l {
		one.held = true
		l[id] = one
	}
}

// hold returns the table with the sites that are held, and how many these are.
// Where something else has an instance's address now, that one is not held:
// visitors of one site never get to another. used says what has which address.
func (l losses) hold(t table, used map[netip.AddrPort]seedbed.WorkloadID) (_ table, count int) {
	t.Sites = slices.Clone(t.Sites)
	is := map[seedbed.WorkloadID]bool{}
	for n, s := range t.Sites {
		is[s.Workload] = true
		if one, lost := l[s.Workload]; lost && one.held {
			t.Sites[n].Instances = one.free(used)
			count++
		}
	}
	var more []site
	for id, one := range l {
		if one.held && !is[id] {
			one.site.Instances = one.free(used)
			more = append(more, one.site)
			count++
		}
	}
	slices.SortFunc(more, func(a, b site) int { return compareIDs(a.Workload, b.Workload) })
	return t.and(more), count
}

// free are those of its instances whose addresses nothing else has.
func (one loss) free(used map[netip.AddrPort]seedbed.WorkloadID) []netip.AddrPort {
	return slices.DeleteFunc(slices.Clone(one.site.Instances), func(i netip.AddrPort) bool {
		owner, has := used[i]
		return has && owner != one.site.Workload
	})
}

// addressesIn says what has which address, whether or not it is well.
func addressesIn(entries []entry) map[netip.AddrPort]seedbed.WorkloadID {
	used := map[netip.AddrPort]seedbed.WorkloadID{}
	for _, e := range entries {
		if at, err := readInstance(e.Address, e.Port); err == nil {
			used[at] = seedbed.WorkloadID(e.Meta[metaApp])
		}
	}
	return used
}

// anyHeld reports whether any of them is held.
func (l losses) anyHeld() bool {
	for _, one := range l {
		if one.held {
			return true
		}
	}
	return false
}
