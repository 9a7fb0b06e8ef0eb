package onebox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var testTime = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func testApp(instances int, minimum, over float64) *app {
	a := defaultApp()
	a.ID, a.Instances = "/sites/guide", instances
	a.UpgradeStrategy = upgradeStrategy{minimum, over}
	a.Version = "2026-01-01T00:00:00.000Z"
	a.VersionInfo = versionInfo{a.Version, a.Version}
	return &a
}

func changed(a *app) *app {
	c := *a
	c.Version = laterStamp(testTime, a.Version)
	c.VersionInfo = versionInfo{c.Version, c.Version}
	return &c
}

// box is a made-up Docker for decisions: each step one random thing happens to
// one container, as it may on a real machine.
type box struct {
	app       *app
	action    string
	instances []*instance
	made      int
	random    *rand.Rand
	// unsupplied means that images are still on their way.
	unsupplied bool
}

func newBox(a *app, seed uint64) *box {
	return &box{app: a, action: scaleApplication, random: rand.New(rand.NewPCG(seed, 1))}
}

func (b *box) situation() situation {
	return situation{app: b.app, instances: slices.Clone(b.instances), doing: b.action, now: testTime, unsupplied: b.unsupplied}
}

func (b *box) obey() {
	o := decide(b.situation())
	for _, i := range o.retire {
		if i.Condition == scheduled {
			b.drop(i)
			continue
		}
		b.exchange(i, i.kill("", true))
	}
	for range o.add {
		b.made++
		b.instances = append(b.instances, newInstance(fmt.Sprint(b.made), b.app, testTime))
	}
	for _, i := range o.launch {
		b.exchange(i, i.provision(b.app, nil, testTime))
	}
}

func (b *box) drop(i *instance) {
	b.instances = slices.DeleteFunc(b.instances, func(j *instance) bool { return j.ID == i.ID })
}

func (b *box) exchange(i, next *instance) {
	b.instances[slices.IndexFunc(b.instances, func(j *instance) bool { return j.ID == i.ID })] = next
}

// happen lets one container come on by one step; troubled ones may also fail.
func (b *box) happen(trouble bool) {
	if len(b.instances) == 0 {
		return
	}
	i := b.instances[b.random.IntN(len(b.instances))]
	switch {
	case i.Condition == killing && i.Retired:
		b.drop(i)
	case i.Condition == killing, trouble && i.Condition == running && b.random.IntN(4) == 0:
		b.exchange(i, i.reschedule(testTime))
	case i.Condition == provisioned:
		b.exchange(i, i.started("", testTime.Add(time.Duration(b.random.IntN(100))*time.Second)))
	}
}

func (b *box) containers() int {
	return len(b.instances) - len(slices.DeleteFunc(slices.Clone(b.instances), func(i *instance) bool { return i.Condition == scheduled }))
}

func (b *box) done() bool { return b.situation().settled(b.action) }

// settle goes on until the action is done; watch is asked after each step.
func (b *box) settle(t *testing.T, trouble int, watch func()) {
	t.Helper()
	for step := range 2000 {
		b.obey()
		watch()
		if b.done() {
			return
		}
		b.happen(step < trouble)
		watch()
	}
	t.Fatalf("it never came to an end: %d instances of %d", len(b.instances), b.app.Instances)
}

var strategies = []struct{ minimum, over float64 }{{0, 0}, {1, 1}, {1, 0}, {0.5, 0}, {0.5, 0.2}, {0.9, 0.2}, {0, 1}, {0.7, 0.5}}

func TestDecide_ReplacesAllWithinItsCapacities(t *testing.T) {
	for _, s := range strategies {
		for seed := range uint64(40) {
			n := int(seed%7) + 1
			b := newBox(testApp(n, s.minimum, s.over), seed)
			b.settle(t, 0, func() {})
			b.app, b.action = changed(b.app), restartApplication
			least, most := b.situation().least(), b.situation().most()
			b.settle(t, 0, func() {
				if h := countHealthy(b.instances); h < least {
					t.Fatalf("%+v with %d instances: %d are healthy, at least %d should be", s, n, h, least)
				}
				if c := b.containers(); c > most {
					t.Fatalf("%+v with %d instances: %d containers, at most %d should be", s, n, c, most)
				}
			})
		}
	}
}

func TestDecide_ComesToAnEndThroughTrouble(t *testing.T) {
	for _, s := range strategies {
		for seed := range uint64(40) {
			b := newBox(testApp(int(seed%5)+1, s.minimum, s.over), seed)
			b.settle(t, 50, func() {})
			b.app, b.action = changed(b.app), restartApplication
			b.settle(t, 50, func() {})
			for _, i := range b.instances {
				if !i.current(b.app) || !i.healthy() {
					t.Fatalf("%+v seed %d: an instance is %+v", s, seed, i)
				}
			}
		}
	}
}

func TestDecide_OneWriterNeverHasTwoContainers(t *testing.T) {
	for seed := range uint64(200) {
		b := newBox(testApp(1, 0, 0), seed)
		alone := func() {
			if c := b.containers(); c > 1 {
				t.Fatalf("seed %d: %d containers", seed, c)
			}
		}
		b.settle(t, 20, alone)
		b.app, b.action = changed(b.app), restartApplication
		b.settle(t, 20, alone)
	}
}

func TestDecide_ScalesUpAndDown(t *testing.T) {
	b := newBox(testApp(2, 1, 1), 7)
	for _, n := range []int{2, 9, 3, 0, 1} {
		b.app = b.app.withInstances(n)
		b.settle(t, 0, func() {})
		if len(b.instances) != n {
			t.Errorf("there are %d instances, want %d", len(b.instances), n)
		}
	}
}

func TestDecide_ScalingDownTakesTheYoungestUnlessToldOtherwise(t *testing.T) {
	a := testApp(1, 1, 1)
	older := newInstance("older", a, testTime).provision(a, nil, testTime).started("", testTime)
	younger := newInstance("younger", a, testTime).provision(a, nil, testTime).started("", testTime.Add(time.Hour))
	waiting := newInstance("waiting", a, testTime)
	all := []*instance{older, younger, waiting}
	for selection, want := range map[string]*instance{"YOUNGEST_FIRST": older, "OLDEST_FIRST": younger} {
		b := *a
		b.KillSelection = selection
		left := slices.DeleteFunc(slices.Clone(all), func(i *instance) bool {
			return slices.Contains(decide(situation{app: &b, instances: slices.Clone(all), now: testTime}).retire, i)
		})
		if len(left) != 1 || left[0] != want {
			t.Errorf("%s leaves %v, want %s", selection, left, want.ID)
		}
	}
}

func TestDecide_LaunchesNothingWhileBlindOrTooEarly(t *testing.T) {
	a := testApp(1, 1, 1)
	waiting := []*instance{newInstance("x", a, testTime)}
	for name, s := range map[string]situation{
		"blind":     {app: a, instances: waiting, now: testTime, blind: true},
		"too early": {app: a, instances: waiting, now: testTime, notBefore: testTime.Add(time.Millisecond)},
		"waiting":   {app: a, instances: nil, now: testTime, waiting: true},
	} {
		if o := decide(s); len(o.launch)+o.add > 0 {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if o := decide(situation{app: a, instances: waiting, now: testTime, notBefore: testTime}); len(o.launch) != 1 {
		t.Errorf("when its time has come, it is launched: %+v", o)
	}
}

func TestDecide_GivesUpAllOfAnAppThatIsGone(t *testing.T) {
	a := testApp(2, 1, 1)
	all := []*instance{newInstance("x", a, testTime), newInstance("y", a, testTime).provision(a, nil, testTime)}
	o := decide(situation{instances: all, now: testTime})
	if len(o.retire) != 2 || o.add != 0 || len(o.launch) != 0 {
		t.Errorf("%+v", o)
	}
}
