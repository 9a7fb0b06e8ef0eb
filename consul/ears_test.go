package consul

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

func TestEars_GatherWhatIsHeardUntilItWasLookedAt(t *testing.T) {
	var e ears
	at := func(n int) time.Time { return time.Unix(int64(n), 0) }
	e.hear(seedbed.Hint{Missed: true, All: true}, "", at(1))
	e.hear(seedbed.Hint{Workloads: []seedbed.WorkloadID{"/a"}, Ended: []string{"a.1"}}, "/team", at(2))
	if got := e.take(); got != nil {
		t.Errorf("before all was looked at it gives %v", got)
	}
	if facts := e.facts(); len(facts) != 1 || len(e.facts()) != 0 {
		t.Errorf("the facts are %v", facts)
	}
	e.hear(seedbed.Hint{Workloads: []seedbed.WorkloadID{"/b"}}, "/team", at(4))
	e.looked(at(3))
	if missed, asked := e.wants(); missed || asked {
		t.Error("all is to be looked at again")
	}
	want := map[seedbed.WorkloadID]time.Time{"/team/b": at(4)}
	got := e.take()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	e.again(got)
	e.hear(seedbed.Hint{Workloads: []seedbed.WorkloadID{"/b"}}, "/team", at(9))
	if diff := cmp.Diff(want, e.take()); diff != "" {
		t.Errorf("what could not be looked at: %s", diff)
	}
	e.hear(seedbed.Hint{Missed: true}, "", at(10))
	e.looked(at(5))
	if missed, _ := e.wants(); !missed {
		t.Error("a look that began before does for a stream that began after it")
	}
}

func TestEars_KeepNoMoreThanThereCanBe(t *testing.T) {
	var e ears
	for n := range maxFacts + 10 {
		e.hear(seedbed.Hint{Workloads: []seedbed.WorkloadID{seedbed.WorkloadID(fmt.Sprintf("/x%d", n))}, Ended: []string{"x"}}, "", time.Unix(1, 0))
	}
	if _, all := e.wants(); !all || len(e.dirty) != maxDirty || len(e.hints) != maxFacts {
		t.Errorf("it keeps %d workloads and %d facts", len(e.dirty), len(e.hints))
	}
}

func TestHolder_IsGoneOnlyIfThatIsSure(t *testing.T) {
	this := thisProcess()
	ended, other, restarted, unknown := this, this, this, this
	ended.PID = 1<<22 + 1 // greater than the kernel gives
	other.PID, other.Boot = ended.PID, "another"
	restarted.Began = "1"
	unknown.Boot, unknown.PID = "", ended.PID
	for name, c := range map[string]struct {
		holder
		want bool
	}{
		"this process": {this, false}, "one that has ended": {ended, true}, "one of another machine": {other, false},
		"one whose number another has": {restarted, true}, "one that did not say": {unknown, false}, "nobody": {holder{}, false},
	} {
		if c.isGone() != c.want {
			t.Errorf("%s: %v", name, c.isGone())
		}
	}
}

func TestEntriesOf_OfAnInstanceWithoutPortsAreNone(t *testing.T) {
	l := newLedger(t)
	l.sync(said(inst("a.1", "/a")))
	l.holds()
	l.sync(said(inst("a.1", "/a", 31001, 31002)))
	l.sync(said(inst("a.1", "/a", 31001)))
	l.holds("a.1")
}
