package onebox

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// situation is everything that a decision about one app depends on.
type situation struct {
	app       *app        // nil if it is to be gone
	instances []*instance // all that are on record
	doing     string      // action of a deployment on it; "" if there is none
	waiting   bool        // a deployment will come to it in a later step, or has been there
	shrinks   bool        // a deployment makes it smaller
	notBefore time.Time   // of a launch, because of earlier failures
	// unsupplied means that the image and the files of the definition have not been
	// at hand yet.
	unsupplied bool
	// blind means that Docker did not answer the last look, or that containers
	// of the app run which are not on record: nothing may be launched.
	blind bool
	now   time.Time
}

// orders is what is to be done for an app now.
type orders struct {
	add    int         // new instances
	launch []*instance // scheduled ones whose time has come
	retire []*instance // ones that are not wanted any more
	supply bool        // get what new instances need, for old ones wait for it
}

// decide compares what should run of an app with what does. It is pure; asking
// again after the orders were carried out leads on towards the end, from
// wherever a killed process left it.
func decide(s situation) orders {
	var o orders
	switch {
	case s.app == nil:
		o.retire = s.wanted()
		return o
	case s.waiting:
	case s.doing == restartApplication:
		o = s.replace()
	default:
		o = s.scale()
	}
	o.launch = s.launchable(o.retire)
	return o
}

// wanted returns the instances that are not being given up.
func (s situation) wanted() []*instance {
	return slices.DeleteFunc(slices.Clone(s.instances), func(i *instance) bool { return i.Retired })
}

// launchable returns those that wait for a launch and may have it now: not more
// than there is room for beside the containers that are there.
func (s situation) launchable(except []*instance) []*instance {
	if s.blind || s.now.Before(s.notBefore) {
		return nil
	}
	list := slices.DeleteFunc(s.wanted(), func(i *instance) bool {
		return i.Condition != scheduled || slices.Contains(except, i)
	})
	if s.waiting {
		return list // they come back as they were
	}
	return list[:min(len(list), max(0, s.most()-s.containers()))]
}

// containers returns how many instances have a container, or may have.
func (s situation) containers() int {
	n := 0
	for _, i := range s.instances {
		if i.Condition != scheduled {
			n++
		}
	}
	return n
}

// specOf returns the definition with which an instance is launched. While a
// deployment has not come to the app, one that has ended comes back as it was:
// what the new definition depends on may not be there yet.
func (s situation) specOf(i *instance) *app {
	if s.waiting {
		return i.Spec
	}
	return s.app
}

// scale brings the number of instances to what is wanted, whatever their
// configuration.
func (s situation) scale() orders {
	have := s.wanted()
	if len(have) <= s.app.Instances {
		// A place is free only when the container that filled it is gone.
		return orders{add: max(0, min(s.app.Instances-len(have), s.most()-len(s.instances)))}
	}
	s.sortForKill(have)
	return orders{retire: have[:len(have)-s.app.Instances]}
}

// most is the largest number of containers that may exist at the same time.
func (s situation) most() int {
	n := float64(s.app.Instances)
	most := int(math.Floor(n * (1 + s.app.UpgradeStrategy.MaximumOverCapacity)))
	if s.least() == most && most > 0 {
		most++ // nothing could ever be replaced otherwise
	}
	return max(most, s.app.Instances)
}

// least is the number of healthy instances that a deployment keeps.
func (s situation) least() int {
	return int(math.Ceil(float64(s.app.Instances) * s.app.UpgradeStrategy.MinimumHealthCapacity))
}

// replace exchanges old containers for new ones: Marathon's RestartStrategy,
// put so that it needs no memory of earlier steps.
//
//   - There are never more than most() containers, those that are ending
//     included; with a capacity of 0/0 the old one is gone before the new one
//     is made.
//   - No old one that runs goes before what the new ones need can be had.
//   - Each healthy new instance lets one old one go, and as many old ones go
//     at once as leave least() healthy ones.
func (s situation) replace() orders {
	old, fresh := s.split()
	if surplus := len(fresh) - s.app.Instances; surplus > 0 {
		s.sortUnwellFirst(fresh)
		old, fresh = append(old, fresh[:surplus]...), fresh[surplus:]
	}
	room := s.most() - len(s.instances)
	retire, held := s.holdBack(s.leaving(old, fresh), fresh)
	return orders{retire: retire, supply: held, add: max(0, min(s.app.Instances-len(fresh), room))}
}

// split returns the wanted instances by configuration.
func (s situation) split() (old, fresh []*instance) {
	for _, i := range s.wanted() {
		if i.current(s.app) {
			fresh = append(fresh, i)
		} else {
			old = append(old, i)
		}
	}
	return old, fresh
}

// leaving returns the old instances that can go now: all but as many as are
// needed to have least() together with the new ones that are well. Unhealthy
// ones go first, so what is kept is healthy if anything is.
func (s situation) leaving(old, fresh []*instance) []*instance {
	keep := max(0, s.least()-countWell(fresh))
	s.sortUnwellFirst(old)
	return old[:max(0, len(old)-keep)]
}

// holdBack returns which of those that can go may go now. Once a new instance has
// run, what new ones need is there.
func (s situation) holdBack(leaving, fresh []*instance) (may []*instance, held bool) {
	hasRun := func(i *instance) bool { return i.Condition == running }
	if !s.unsupplied || slices.ContainsFunc(fresh, hasRun) {
		return leaving, false
	}
	may = slices.DeleteFunc(slices.Clone(leaving), func(i *instance) bool { return hasRun(i) && !i.current(s.app) })
	return may, len(may) < len(leaving)
}

// sortUnwellFirst puts the unhealthy first, and then as sortForKill does.
func (s situation) sortUnwellFirst(list []*instance) {
	s.sortForKill(list)
	slices.SortStableFunc(list, func(a, b *instance) int { return cmp.Compare(rank(a.healthy()), rank(b.healthy())) })
}

// sortForKill puts first what is missed least: not yet launched, then being
// launched, then running; among those by killSelection.
func (s situation) sortForKill(list []*instance) {
	weights := map[condition]int{killing: 0, scheduled: 1, provisioned: 2, running: 3}
	youngest := s.app.KillSelection != "OLDEST_FIRST"
	slices.SortStableFunc(list, func(a, b *instance) int {
		byAge := a.StartedAt.Compare(b.StartedAt)
		if youngest {
			byAge = -byAge
		}
		return cmp.Or(cmp.Compare(weights[a.Condition], weights[b.Condition]), byAge, cmp.Compare(a.ID, b.ID))
	})
}

// settled reports whether an action has reached its end, as far as can be seen.
func (s situation) settled(action string) bool {
	switch action {
	case startApplication:
		return true
	case stopApplication:
		// Volumes are deleted after this: Docker itself must have said that no
		// container is left.
		return len(s.instances) == 0 && !s.blind
	case restartApplication:
		return s.app == nil || !s.blind && s.replaced()
	case scaleApplication:
		return s.app == nil || !s.blind && (s.complete(s.wanted()) || s.shrinks && len(s.instances) <= s.app.Instances)
	}
	return false
}

// replaced reports whether only instances of the present configuration are
// there, and well.
func (s situation) replaced() bool {
	old, fresh := s.split()
	return len(old) == 0 && s.complete(fresh)
}

// complete reports whether exactly the wanted instances are there, and well. As
// in Marathon, an app that becomes smaller need not be well for that.
func (s situation) complete(list []*instance) bool {
	return len(s.instances) == s.app.Instances && countWell(list) == s.app.Instances
}

func countHealthy(list []*instance) int {
	n := 0
	for _, i := range list {
		if i.healthy() {
			n++
		}
	}
	return n
}

// countWell counts those that a deployment may count on: healthy and, where the
// definition asks for that, ready.
func countWell(list []*instance) int {
	return countHealthy(slices.DeleteFunc(slices.Clone(list), func(i *instance) bool {
		return len(i.Spec.ReadinessChecks) > 0 && !i.Ready
	}))
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}
