package nginxconf

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"seedbed"
)

// someSites is a table of sites with one instance each; those from well on have
// none.
func someSites(count, well int) (t table) {
	for n := range count {
		s := site{
			Workload: seedbed.WorkloadID(fmt.Sprintf("/sites/s%02d", n)),
			Hosts:    []seedbed.HostName{seedbed.HostName(fmt.Sprintf("s%02d.example.org", n))},
		}
		if n < well {
			s.Instances = []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(31000+n))}
		}
		t.Sites = append(t.Sites, s)
	}
	return t
}

func nothingRemoved(seedbed.WorkloadID) bool { return false }

func running(t table) (count int) {
	for _, s := range t.Sites {
		if len(s.Instances) > 0 {
			count++
		}
	}
	return count
}

func TestLosses_KeepWhatSitesHadWhenMuchIsGoneAtOnceAndNotForEver(t *testing.T) {
	now := time.Unix(1e9, 0)
	before, after := someSites(20, 20), someSites(20, 8)
	after.Sites = after.Sites[:14] // some are ill, and of some nobody knows anything
	l := losses{}
	l.note(after, before, nothingRemoved, now)
	l.judge(after)
	held, count := l.hold(after, nil)
	if count != 12 || running(held) != 20 || len(held.Sites) != 20 {
		t.Errorf("%d are held, %d of %d run", count, running(held), len(held.Sites))
	}
	l.note(someSites(20, 15), held, nothingRemoved, now.Add(time.Minute)) // some are back
	if _, count := l.hold(someSites(20, 15), nil); count != 5 || !l.anyHeld() {
		t.Errorf("%d are held after a minute", count)
	}
	l.note(someSites(20, 15), held, nothingRemoved, now.Add(heldFor+time.Second))
	if l.anyHeld() {
		t.Error("they are held for ever")
	}
}

func TestLosses_LetGoOfWhatGoesOneByOne(t *testing.T) {
	l, last, now := losses{}, someSites(40, 40), time.Unix(1e9, 0)
	for well := 39; well > 5; well-- {
		now = now.Add(lossWindow/2 + time.Second)
		next := someSites(40, well)
		l.note(next, last, nothingRemoved, now)
		if l.judge(next); l.anyHeld() {
			t.Fatalf("held with %d left", well)
		}
		last = next
	}
}

func TestLosses_CountThoseOfSeveralMoments(t *testing.T) {
	l, last, now := losses{}, someSites(40, 40), time.Unix(1e9, 0)
	for well := 38; well >= 28; well -= 2 {
		now = now.Add(time.Second)
		next := someSites(40, well)
		l.note(next, last, nothingRemoved, now)
		l.judge(next)
		last, _ = l.hold(next, nil)
	}
	if running(last) != 40 {
		t.Errorf("%d run", running(last))
	}
}

func TestLosses_AreNoneWherePeopleMeantIt(t *testing.T) {
	before, after := someSites(20, 20), someSites(20, 0)
	for n := range 10 {
		after.Sites[n].Options.Door = seedbed.Paused
	}
	after.Sites = after.Sites[:10]
	l := losses{}
	l.note(after, before, func(seedbed.WorkloadID) bool { return true }, time.Unix(1e9, 0))
	if l.judge(after); len(l) != 0 {
		t.Errorf("%d losses", len(l))
	}
}

func TestLosses_NeverLeadVisitorsToSomebodyElse(t *testing.T) {
	before, after := someSites(20, 20), someSites(20, 0)
	l := losses{}
	l.note(after, before, nothingRemoved, time.Unix(1e9, 0))
	l.judge(after)
	used := map[netip.AddrPort]seedbed.WorkloadID{
		before.Sites[3].Instances[0]: "/sites/other",
		before.Sites[4].Instances[0]: before.Sites[4].Workload, // its own, which is ill
	}
	held, _ := l.hold(after, used)
	if len(held.Sites[3].Instances) != 0 || len(held.Sites[4].Instances) != 1 {
		t.Errorf("%v, %v", held.Sites[3].Instances, held.Sites[4].Instances)
	}
}

func TestWithout_OpensNoDoor(t *testing.T) {
	last, wanted := someSites(3, 3), someSites(3, 3)
	wanted.Sites[0].Options.Inside = true // it is for people inside from now on
	wanted.Sites[1].Options.Words = "bad"
	wanted.Sites[2].Hosts = append(wanted.Sites[2].Hosts, last.Sites[1].Hosts...)
	wanted.Sites[1].Hosts = []seedbed.HostName{"new.example.org"}
	got := wanted.without(setOf(wanted.workloads()[:2]), last)
	if len(got.Sites) != 1 || got.Sites[0].Workload != "/sites/s02" {
		t.Errorf("left are %v", got.Sites)
	}
}
