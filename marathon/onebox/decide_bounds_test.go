package onebox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// rough is a box on which anything may happen: containers that fail before they
// run, become ill and well again, are killed for that, or end by themselves.
type rough struct {
	*box
	t    *testing.T
	what string
}

func newRough(t *testing.T, seed uint64) *rough {
	r := rand.New(rand.NewPCG(seed, 2))
	a := testApp(r.IntN(8)+1, 1, 1)
	if r.IntN(2) == 0 {
		a.HealthChecks = []healthCheck{{Protocol: "HTTP"}}
	}
	if r.IntN(3) == 0 {
		a.ReadinessChecks = []readinessCheck{{Name: "ready"}}
	}
	return &rough{&box{app: a, action: scaleApplication, random: r}, t, ""}
}

// order makes up the next wish: another size, another strategy, another
// configuration, or all of them.
func (r *rough) order() {
	next := *r.app
	next.Instances = r.random.IntN(9)
	next.UpgradeStrategy = upgradeStrategy{float64(r.random.IntN(11)) / 10, float64(r.random.IntN(11)) / 10}
	r.app, r.action = &next, scaleApplication
	if r.random.IntN(3) > 0 {
		r.app, r.action = changed(&next), restartApplication
	}
	r.unsupplied = r.random.IntN(2) == 0
	r.what = fmt.Sprintf("%s to %d instances with %+v", r.action, next.Instances, next.UpgradeStrategy)
}

// obeyWithin carries out what is decided, and makes sure that it keeps to the
// bounds: what we take away leaves enough that are well, and what we add is not
// too much. What trouble does is not ours.
func (r *rough) obeyWithin() {
	r.t.Helper()
	s := r.situation()
	o := decide(s)
	before := s.standing()
	s.instances = slices.DeleteFunc(s.instances, func(i *instance) bool { return slices.Contains(o.retire, i) })
	if left := s.standing(); r.action == restartApplication && left < before && left < s.least() {
		r.t.Fatalf("%s: %d of those that are well are taken away, only %d are left", r.what, before-left, left)
	}
	r.obey()
	if c := r.situation().containers(); len(o.launch) > 0 && c > s.most() {
		r.t.Fatalf("%s: after a launch there are %d containers, at most %d should be", r.what, c, s.most())
	}
	if n := len(r.instances); o.add > 0 && n > s.most() {
		r.t.Fatalf("%s: there are %d places, at most %d should be", r.what, n, s.most())
	}
}

// standing counts what a restart may count on: the old ones that are healthy,
// the new ones that are ready, too.
func (s situation) standing() int {
	old, fresh := s.split()
	return countHealthy(old) + countWell(fresh)
}

// suffer lets something happen to one container.
func (r *rough) suffer(trouble bool) {
	if len(r.instances) == 0 {
		return
	}
	i := r.instances[r.random.IntN(len(r.instances))]
	switch {
	case i.Condition == provisioned && trouble && r.random.IntN(3) == 0:
		r.exchange(i, i.reschedule(testTime)) // it could not be launched
	case i.Condition != running:
		r.happen(false)
	case trouble && r.random.IntN(4) == 0:
		r.exchange(i, i.kill("health", false))
	case trouble && r.random.IntN(4) == 0:
		r.exchange(i, i.reschedule(testTime)) // it ended
	default:
		r.exchange(i, r.checkedOnce(i, trouble))
	}
}

// checkedOnce returns an instance after a health check and a readiness check.
func (r *rough) checkedOnce(i *instance, trouble bool) *instance {
	next := *i
	next.Health = slices.Clone(i.Health)
	for n := range next.Health {
		next.Health[n].Alive = !trouble || r.random.IntN(3) > 0
	}
	next.Ready = next.Ready || !trouble || r.random.IntN(3) > 0
	return &next
}

func (r *rough) settleWithin(trouble int) {
	r.t.Helper()
	for step := range 5000 {
		r.obeyWithin()
		r.unsupplied = r.unsupplied && step < trouble
		if step >= trouble && r.done() {
			return
		}
		r.suffer(step < trouble)
	}
	r.t.Fatalf("%s never came to an end: %d instances", r.what, len(r.instances))
}

func TestDecide_KeepsItsBoundsWhateverHappensAndComesToAnEnd(t *testing.T) {
	for seed := range uint64(400) {
		r := newRough(t, seed)
		r.what = "the first launch"
		r.settleWithin(0)
		for range 4 {
			r.order()
			r.settleWithin(r.random.IntN(60))
			if old, fresh := r.situation().split(); len(old) > 0 || countWell(fresh) != r.app.Instances {
				t.Fatalf("%s ends with %d old instances and %d new ones", r.what, len(old), len(fresh))
			}
		}
	}
}

// An order may come while another one is not done: Marathon's force.
func TestDecide_KeepsItsBoundsWhenOrdersFollowEachOther(t *testing.T) {
	for seed := range uint64(400) {
		r := newRough(t, seed)
		r.what = "the first launch"
		for range 6 {
			for range r.random.IntN(30) {
				r.obeyWithin()
				r.suffer(true)
			}
			r.order()
			r.action = restartApplication // what is left half done is replaced
		}
		r.settleWithin(0)
	}
}

func TestDecide_AWaitingAppComesBackAsItWas(t *testing.T) {
	a := testApp(1, 1, 1)
	old := newInstance("x", a, testTime)
	s := situation{app: changed(a), instances: []*instance{old}, now: testTime, waiting: true}
	if o := decide(s); len(o.launch) != 1 || s.specOf(old) != a || o.add+len(o.retire) > 0 {
		t.Errorf("%+v", o)
	}
	if s.waiting = false; s.specOf(old) != s.app {
		t.Error("in its own step it has the new definition")
	}
}

func TestDecide_WhatIsNotReadyReplacesNothing(t *testing.T) {
	a := testApp(1, 1, 1)
	old := newInstance("old", a, testTime).provision(a, nil, testTime).started("", testTime)
	b := changed(a)
	b.ReadinessChecks = []readinessCheck{{Name: "ready"}}
	fresh := newInstance("new", b, testTime).provision(b, nil, testTime).started("", testTime)
	s := situation{app: b, instances: []*instance{old, fresh}, now: testTime, doing: restartApplication}
	if o := decide(s); len(o.retire) != 0 || s.settled(restartApplication) {
		t.Errorf("before it is ready: %+v", o)
	}
	fresh.Ready = true
	if o := decide(s); len(o.retire) != 1 || o.retire[0] != old {
		t.Errorf("when it is ready: %+v", o)
	}
}

func TestDecide_AnAppThatBecomesSmallerNeedNotBeWell(t *testing.T) {
	a := testApp(1, 1, 1)
	a.HealthChecks = []healthCheck{{Protocol: "HTTP"}}
	ill := newInstance("ill", a, testTime).provision(a, nil, testTime).started("", testTime)
	s := situation{app: a, instances: []*instance{ill}, now: testTime, doing: scaleApplication}
	if s.settled(scaleApplication) {
		t.Error("growing is done although it is ill")
	}
	if s.shrinks = true; !s.settled(scaleApplication) {
		t.Error("shrinking waits for health")
	}
}
