package consul

import (
	"time"

	"seedbed"
)

// What it takes to believe that an instance is gone.
const (
	absentFor = 5 * time.Second // between two snapshots that count
	// enough is how many snapshots must lack an instance of whose end no event
	// told, and confirmed how many if very many are lacking at once.
	enough    = 2
	confirmed = enough + 3

	leastCap = 10 // removals for want of a listing that are always believed
	capShare = 20 // above that, one in so many

	forgetAfter = time.Hour // ends of instances that Consul never had
)

// evidence is what is known of ends: it is gathered by the bridge's own loop,
// and nothing is concluded from its loss.
type evidence struct {
	ended  map[string]time.Time             // instances, by events
	gone   map[seedbed.WorkloadID]time.Time // workloads, by events
	absent map[string]absence               // instances that snapshots lacked
}

// absence says how often an instance was missed.
type absence struct {
	since, last time.Time
	snapshots   int
}

func newEvidence() *evidence {
	return &evidence{map[string]time.Time{}, map[seedbed.WorkloadID]time.Time{}, map[string]absence{}}
}

// hear takes in what events told as facts.
func (v *evidence) hear(h seedbed.Hint, group seedbed.WorkloadID, now time.Time) {
	for _, id := range h.Ended {
		v.ended[id] = now
	}
	for _, id := range h.Gone {
		v.gone[group+id] = now
	}
}

// listed takes in that the engine lists an instance.
func (v *evidence) listed(id string) { delete(v.absent, id) }

// has takes in that the engine has a workload.
func (v *evidence) has(app seedbed.WorkloadID) { delete(v.gone, app) }

// missed takes in that a snapshot lacks an instance.
func (v *evidence) missed(id string, at time.Time) {
	a, before := v.absent[id]
	if !before {
		a = absence{since: at, last: at, snapshots: 1}
	} else if at.Sub(a.last) >= absentFor {
		a.last, a.snapshots = at, a.snapshots+1
	}
	v.absent[id] = a
}

// doubt takes in that the engine gave no sound answer: what the answers before
// it lacked is counted anew.
func (v *evidence) doubt() { clear(v.absent) }

// proof is how sure it is that an instance is gone.
type proof int

const (
	unproved proof = iota
	byAbsence
	byEvent
)

// of returns what is known of an instance that a sound answer does not list.
func (v *evidence) of(e entry, exists bool) proof {
	if _, told := v.ended[e.task()]; told {
		return byEvent
	}
	if _, told := v.gone[e.app()]; told && !exists {
		return byEvent
	}
	if v.absent[e.task()].snapshots >= enough {
		return byAbsence
	}
	return unproved
}

// prune forgets what concerns nothing in Consul any more.
func (v *evidence) prune(s *state, now time.Time) {
	here := map[string]bool{}
	for _, e := range s.entries {
		here[e.task()] = true
	}
	for id, at := range v.ended {
		if !here[id] && now.Sub(at) > forgetAfter {
			delete(v.ended, id)
		}
	}
	for id := range v.absent {
		if !here[id] {
			delete(v.absent, id)
		}
	}
	for app, at := range v.gone {
		if s.apps[app] == nil && now.Sub(at) > forgetAfter {
			delete(v.gone, app)
		}
	}
}

// tooMany reports whether so many removals at once are more likely an error of
// the engine's.
func tooMany(removals, all int) bool { return removals > max(leastCap, all/capShare) }
