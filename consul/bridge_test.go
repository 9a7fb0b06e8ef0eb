package consul

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/consul/api"

	"seedbed"
)

const flags = 7 // of labels in these tests

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func inst(id, workload string, ports ...int) seedbed.Instance {
	return seedbed.Instance{
		ID: id, Workload: seedbed.WorkloadID(workload), Host: "10.0.0.1", Ports: ports, Healthy: true,
		Labels: map[string]string{"domain": "a.localhost", "name": "a"},
	}
}

// said is a complete answer of an engine that has the workloads of the instances.
func said(instances ...seedbed.Instance) answer {
	a := answer{whole: true, apps: map[seedbed.WorkloadID][]seedbed.Instance{}}
	for _, i := range instances {
		a.apps[i.Workload] = append(a.apps[i.Workload], i)
	}
	return a
}

// and adds a workload of which nothing runs.
func (a answer) and(apps ...seedbed.WorkloadID) answer {
	for _, app := range apps {
		a.apps[app] = nil
	}
	return a
}

// ledger is a bridge without its loop, and a Consul that obeys.
type ledger struct {
	t    testing.TB
	have *state
	know *evidence
	mind map[seedbed.WorkloadID]remembered
	now  time.Time
	last *plan
}

func newLedger(t testing.TB) *ledger {
	return &ledger{t: t, have: newState(), know: newEvidence(), mind: map[seedbed.WorkloadID]remembered{}, now: time.Unix(1_700_000_000, 0)}
}

func (l *ledger) plan(a answer) []change {
	a.at = l.now
	l.last = &plan{owner: owner{"seedbed", "seedbed"}, flags: flags, have: l.have, know: l.know, mind: l.mind, now: l.now, log: quiet()}
	return l.last.make(a)
}

// sync takes in an answer a moment after the last one, carries out what is to be
// written, and holds that nothing is left to write.
func (l *ledger) sync(a answer) []change {
	l.t.Helper()
	l.now = l.now.Add(time.Second)
	changes := l.plan(a)
	before := newState()
	for _, e := range l.have.entries {
		before.put(e)
	}
	carryOut(changes, before) // what the bridge thinks of it
	for _, c := range changes {
		for _, op := range c.ops {
			l.do(op)
		}
	}
	if diff := cmp.Diff(l.have.entries, before.entries); diff != "" || l.have.digest != before.digest {
		l.t.Errorf("Consul has something else than the bridge thinks: %s", diff)
	}
	emptied := func(c change) bool { return strings.HasPrefix(c.what, "remove node ") } // only at the next look
	if again := slices.DeleteFunc(l.plan(a), emptied); len(again) > 0 {
		l.t.Errorf("a second sync would change %v", whats(again))
	}
	if mark, there := l.have.mark("seedbed"); !there || mark.Meta[metaInstances] != fmt.Sprint(l.have.count()) || mark.Meta[metaDigest] != hex16(l.have.digest) {
		l.t.Errorf("the bridge's own entry is %+v", mark)
	}
	return changes
}

// long is the same, so much later that it confirms what the last answer said.
func (l *ledger) long(a answer) []change {
	l.t.Helper()
	l.now = l.now.Add(absentFor)
	return l.sync(a)
}

func (l *ledger) ended(ids ...string) { l.know.hear(seedbed.Hint{Ended: ids}, "", l.now) }

// do carries an operation out as Consul would.
func (l *ledger) do(op *api.TxnOp) {
	l.t.Helper()
	s := l.have
	switch {
	case op.Node != nil && op.Node.Verb == api.NodeSet:
		s.nodes[op.Node.Node.Node] = node{address: op.Node.Node.Address, bridge: op.Node.Node.Meta[metaBridge]}
	case op.Node != nil && op.Node.Verb == api.NodeDelete:
		if s.onNode[op.Node.Node.Node] > 0 {
			l.t.Errorf("node %s is removed and there is something on it", op.Node.Node.Node)
		}
		delete(s.nodes, op.Node.Node.Node)
	case op.Service != nil && op.Service.Verb == api.ServiceSet:
		if _, there := s.nodes[op.Service.Node]; !there {
			l.t.Errorf("service on node %q, which is not there", op.Service.Node)
		}
		s.put(entryFrom(op.Service.Node, &op.Service.Service, nil))
	case op.Service != nil && op.Service.Verb == api.ServiceDelete:
		s.drop(place{op.Service.Node, op.Service.Service.ID})
	case op.Check != nil && op.Check.Verb == api.CheckSet:
		at := place{op.Check.Check.Node, op.Check.Check.ServiceID}
		e, there := s.entries[at]
		if !there || op.Check.Check.CheckID != e.checkID() {
			l.t.Errorf("check of service %v, which is not there", at)
		}
		e.Status, e.Output = op.Check.Check.Status, op.Check.Check.Output
		s.put(e)
	case op.KV != nil && op.KV.Verb == api.KVSet:
		s.labels[op.KV.Key], s.own[op.KV.Key] = string(op.KV.Value), true
	case op.KV != nil && op.KV.Verb == api.KVDelete:
		delete(s.labels, op.KV.Key)
		delete(s.own, op.KV.Key)
	default:
		l.t.Errorf("unexpected operation %+v", op)
	}
}

func whats(changes []change) (all []string) {
	for _, c := range changes {
		all = append(all, c.what)
	}
	return all
}

func (l *ledger) get(node, id string) entry {
	l.t.Helper()
	e, there := l.have.entries[place{node, id}]
	if !there {
		l.t.Fatalf("there is no %s on %s", id, node)
	}
	return e
}

// holds compares the instances in Consul.
func (l *ledger) holds(want ...string) {
	l.t.Helper()
	var ids []string
	for _, e := range l.have.entries {
		if e.app() != "" {
			ids = append(ids, e.ID)
		}
	}
	slices.Sort(ids)
	if diff := cmp.Diff(want, ids); diff != "" {
		l.t.Errorf("in Consul: %s", diff)
	}
}

func (l *ledger) labels() []string { return slices.Sorted(maps.Keys(l.have.labels)) }

func TestBridge_NamesThingsAsConsularDid(t *testing.T) {
	i := inst("task.1", "/group/my/app", 31001, 31002)
	i.Labels["quote"] = `a "b" <c> &`
	l := newLedger(t)
	l.sync(said(i))
	first, second := l.get("marathon-10.0.0.1", "task.1"), l.get("marathon-10.0.0.1", "task.1-1")
	if first.Name != "group-my-app" || first.Port != 31001 || first.Address != "10.0.0.1" || second.Port != 31002 {
		t.Errorf("the entries are %+v and %+v", first, second)
	}
	if diff := cmp.Diff([]string{"consular-reg-id=seedbed", "consular-app-id=/group/my/app"}, first.Tags); diff != "" {
		t.Error(diff)
	}
	wantLabels := map[string]string{
		"consular/group-my-app/domain": `"a.localhost"`,
		"consular/group-my-app/name":   `"a"`,
		"consular/group-my-app/quote":  `"a \"b\" <c> &"`,
	}
	if diff := cmp.Diff(wantLabels, l.have.labels); diff != "" {
		t.Error(diff)
	}
	for key, value := range map[string]string{
		"seedbed-bridge": "seedbed", "seedbed-cluster": "seedbed", "seedbed-app": "/group/my/app", "seedbed-task": "task.1", "seedbed-port": "0",
		"seedbed-health": "passing", "seedbed-since": "2023-11-14T22:13:21Z", "domain": "a.localhost",
	} {
		if first.Meta[key] != value {
			t.Errorf("Meta %s is %q, want %q", key, first.Meta[key], value)
		}
	}
}

func TestBridge_SaysSinceWhenItKnowsAWorkload(t *testing.T) {
	l := newLedger(t)
	l.sync(said(inst("a.1", "/a", 31001)))
	since := l.get("marathon-10.0.0.1", "a.1").Meta[metaSince]
	l.ended("a.1")
	l.long(said(inst("a.2", "/a", 31002)))
	if now := l.get("marathon-10.0.0.1", "a.2").Meta[metaSince]; now != since || since == "" {
		t.Errorf("it was known since %s, and now since %s", since, now)
	}
	l.mind = map[seedbed.WorkloadID]remembered{} // another program goes on
	l.long(said(inst("a.2", "/a", 31002), inst("a.3", "/a", 31003)))
	if now := l.get("marathon-10.0.0.1", "a.3").Meta[metaSince]; now != since {
		t.Errorf("it was known since %s, and now since %s", since, now)
	}
}

func TestBridge_CarriesTheEnginesVerdict(t *testing.T) {
	well, sick, draining := inst("a", "/a", 1), inst("b", "/b", 2), inst("c", "/c", 3)
	sick.Healthy, sick.Reason = false, "the health check got 500"
	draining.Healthy, draining.Draining, draining.Reason = false, true, "It is being stopped."
	unchecked := inst("d", "/d", 4)
	unchecked.Unchecked = true
	strict, lax := unchecked, unchecked
	strict.Labels = map[string]string{seedbed.UncheckedLabel: "critical"}
	lax.Labels = map[string]string{seedbed.UncheckedLabel: "warning"}
	for _, c := range []struct {
		seedbed.Instance
		status, output string
	}{
		{well, "passing", ""}, {sick, "critical", sick.Reason}, {draining, "warning", draining.Reason}, {unchecked, "passing", ""},
		{strict, "critical", "Nobody checks its health; the label SEEDBED_UNCHECKED says what is thought of it."},
		{lax, "warning", "Nobody checks its health; the label SEEDBED_UNCHECKED says what is thought of it."},
	} {
		l := newLedger(t)
		l.sync(said(c.Instance))
		if e := l.get("marathon-10.0.0.1", c.ID); e.Status != c.status || e.Output != c.output || e.Meta[metaHealth] != c.status {
			t.Errorf("%s is %+v", c.ID, e)
		}
	}
}

func TestBridge_SeesEveryDifference(t *testing.T) {
	l := newLedger(t)
	l.sync(said(inst("a.1", "/a", 31001)))
	changed := inst("a.1", "/a", 31001)
	changed.Labels["name"] = "other"
	before := l.get("marathon-10.0.0.1", "a.1").Meta[metaHash]
	if changes := l.sync(said(changed)); len(changes) == 0 || l.get("marathon-10.0.0.1", "a.1").Meta[metaHash] == before {
		t.Errorf("another label changes %v", whats(changes))
	}
	e := l.get("marathon-10.0.0.1", "a.1")
	e.Port = 1 // by somebody else
	l.have.put(e)
	if changes := l.sync(said(changed)); len(changes) != 1 || l.last.found != (seedbed.BridgeDrift{}) {
		t.Errorf("it would %v", whats(changes))
	}
}

func TestBridge_ReplacesAnInstanceInOneTransaction(t *testing.T) {
	l := newLedger(t)
	l.sync(said(inst("old", "/a", 31001)))
	l.ended("old")
	changes := l.sync(said(inst("new", "/a", 31002)))
	l.holds("new")
	if len(batches(changes, fewOps)) != 1 {
		t.Errorf("it is not one transaction: %v", whats(changes))
	}
}

func TestBridge_RemovesOnlyWhatHasSurelyEnded(t *testing.T) {
	stays, goes := inst("b.1", "/b", 31002), inst("a.1", "/a", 31001)
	for name, steps := range map[string]func(l *ledger){
		"absent once":                  func(l *ledger) { l.sync(said(stays)) },
		"absent twice at once":         func(l *ledger) { l.sync(said(stays)); l.sync(said(stays)) },
		"back in between":              func(l *ledger) { l.sync(said(stays)); l.long(said(stays, goes)); l.long(said(stays)) },
		"listed although its end told": func(l *ledger) { l.ended("a.1"); l.long(said(stays, goes)) },
		"an error in between":          func(l *ledger) { l.sync(said(stays)); l.know.doubt(); l.long(said(stays)) },
		"absent in an answer for its app": func(l *ledger) {
			l.sync(answer{apps: map[seedbed.WorkloadID][]seedbed.Instance{"/a": nil}})
			l.long(answer{apps: map[seedbed.WorkloadID][]seedbed.Instance{"/a": nil}})
		},
	} {
		l := newLedger(t)
		l.sync(said(stays, goes))
		steps(l)
		if e := l.have.entries[place{"marathon-10.0.0.1", "a.1"}]; e.Status != api.HealthPassing {
			t.Errorf("%s: it is %+v", name, e)
		}
	}
	for name, steps := range map[string]func(l *ledger){
		"absent twice": func(l *ledger) { l.sync(said(stays)); l.long(said(stays)) },
		"its end told": func(l *ledger) { l.ended("a.1"); l.sync(said(stays)) },
		"its workload's end": func(l *ledger) {
			l.know.hear(seedbed.Hint{Gone: []seedbed.WorkloadID{"/a"}}, "", l.now)
			l.sync(said(stays))
		},
		"another runs": func(l *ledger) {
			l.ended("a.1")
			l.sync(said(stays).and("/a"))
			l.sync(said(stays, inst("a.2", "/a", 31003)))
			l.ended("a.2")
			l.sync(said(stays))
		},
		"told after the answer": func(l *ledger) { l.sync(said(stays)); l.ended("a.1"); l.sync(said(stays)) },
	} {
		l := newLedger(t)
		l.sync(said(stays, goes))
		steps(l)
		if l.holds("b.1"); t.Failed() {
			t.Fatalf("so it is after: %s", name)
		}
		if diff := cmp.Diff([]string{"consular/b/domain", "consular/b/name"}, l.labels()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestBridge_KeepsTheLastEntryOfAWorkloadThatTheEngineHas(t *testing.T) {
	l := newLedger(t)
	l.sync(said(inst("a.1", "/a", 31001, 31005), inst("a.2", "/a", 31003), inst("b.1", "/b", 31002)))
	l.ended("a.1", "a.2")
	l.sync(said(inst("b.1", "/b", 31002)).and("/a"))
	l.holds("a.1", "a.1-1", "b.1")
	if e := l.get("marathon-10.0.0.1", "a.1"); e.Status != api.HealthCritical || e.Meta["domain"] != "a.localhost" {
		t.Errorf("it is %+v", e)
	}
	if l.have.labels["consular/a/domain"] == "" {
		t.Error("its labels are gone")
	}
	l.know = newEvidence() // another program goes on
	l.sync(said(inst("b.1", "/b", 31002)).and("/a"))
	l.holds("a.1", "a.1-1", "b.1")
	l.sync(said(inst("b.1", "/b", 31002), inst("a.3", "/a", 31009)))
	l.holds("a.3", "b.1")
}

// crowd is many instances, each of its own workload.
func crowd(n int) (all []seedbed.Instance) {
	for i := range n {
		all = append(all, inst(fmt.Sprintf("t%04d", i), fmt.Sprintf("/t%04d", i), 31001))
	}
	return all
}

func TestBridge_HoldsBackManyRemovalsUntilTheyAreConfirmed(t *testing.T) {
	for name, without := range map[string]answer{"nothing": said(), "some": said(crowd(900)...), "no tasks": said().and(apps(crowd(1000))...)} {
		l := newLedger(t)
		l.sync(said(crowd(1000)...))
		for n := range confirmed {
			if passing(l) != 1000 {
				t.Fatalf("%s: %d are left after %d answers", name, passing(l), n)
			}
			l.long(without)
			if n > 0 && n < confirmed-1 && len(l.last.held) < 100 {
				t.Errorf("%s: %d are said to be held back", name, len(l.last.held))
			}
		}
		if passing(l) == 1000 || len(l.last.held) > 0 {
			t.Errorf("%s: %d are left in the end", name, passing(l))
		}
	}
}

func apps(instances []seedbed.Instance) (ids []seedbed.WorkloadID) {
	for _, i := range instances {
		ids = append(ids, i.Workload)
	}
	return ids
}

func passing(l *ledger) (n int) {
	for _, e := range l.have.entries {
		if e.app() != "" && e.Status == api.HealthPassing {
			n++
		}
	}
	return n
}

func TestBridge_PutsBackWhatConsulLostUntilItsEndIsProved(t *testing.T) {
	for name, proof := range map[string]func(l *ledger){"told": func(l *ledger) { l.ended("t0000", "t0001") }, "absent": func(*ledger) {}} {
		l := newLedger(t)
		l.sync(said(crowd(20)...))
		lost := l.have
		l.have = newState() // and the engine says too little just then
		l.now = l.now.Add(time.Second)
		a := said(crowd(20)[2:]...)
		a.at = l.now
		proof(l)
		p := &plan{owner: owner{"seedbed", "seedbed"}, flags: flags, have: l.have, lost: lost, know: l.know, mind: l.mind, now: l.now, log: quiet()}
		for _, c := range p.make(a) {
			for _, op := range c.ops {
				l.do(op)
			}
		}
		if want := map[string]int{"told": 18, "absent": 20}[name]; passing(l) != want {
			t.Errorf("%s: %d are there again, want %d", name, passing(l), want)
		}
		l.long(a)
		if passing(l) != 18 {
			t.Errorf("%s: %d are there in the end", name, passing(l))
		}
	}
}

func TestBridge_RemovesManyOfWhichEachEndWasTold(t *testing.T) {
	l := newLedger(t)
	l.sync(said(crowd(100)...))
	for _, i := range crowd(100)[50:] {
		l.ended(i.ID)
	}
	l.sync(said(crowd(50)...))
	if passing(l) != 50 {
		t.Errorf("%d are left", passing(l))
	}
}

func TestBridge_RemovesManyAtTheOperatorsWord(t *testing.T) {
	l := newLedger(t)
	l.sync(said(crowd(100)...))
	l.sync(said())
	l.now = l.now.Add(absentFor)
	p := &plan{owner: owner{"seedbed", "seedbed"}, have: l.have, know: l.know, mind: l.mind, now: l.now, log: quiet(), unlimited: true}
	a := said()
	a.at = l.now
	p.make(a)
	if p.found.Extra != 100 || len(p.held) > 0 {
		t.Errorf("%d go and %d are held back", p.found.Extra, len(p.held))
	}
}

func TestBridge_ForgetsWhatConcernsNothing(t *testing.T) {
	l := newLedger(t)
	l.sync(said(inst("a.1", "/a", 31001)))
	l.ended("a.1", "never.seen")
	l.know.missed("never.seen", l.now)
	l.know.prune(l.have, l.now.Add(2*forgetAfter))
	if _, kept := l.know.ended["a.1"]; !kept || len(l.know.ended) != 1 || len(l.know.absent) != 0 {
		t.Errorf("it knows %v", l.know)
	}
}

func TestBridge_RemovesANodeThatIsEmpty(t *testing.T) {
	moved := inst("a.2", "/a", 31001)
	moved.Host = "10.0.0.2"
	l := newLedger(t)
	l.sync(said(inst("a.1", "/a", 31001)))
	l.ended("a.1")
	l.have.shared = true // another bridge may be putting something there
	l.now = l.now.Add(time.Second)
	for range 2 {
		for _, c := range l.plan(said(moved)) {
			for _, op := range c.ops {
				l.do(op)
			}
		}
	}
	if len(l.have.nodes) != 3 {
		t.Errorf("there are %v", l.have.nodes)
	}
	l.have.shared = false
	l.sync(said(moved))
	if diff := cmp.Diff([]string{"marathon-10.0.0.2", "seedbed-bridge-seedbed"}, slices.Sorted(maps.Keys(l.have.nodes))); diff != "" {
		t.Error(diff)
	}
}

func TestBridge_LeavesWhatIsNotItsOwn(t *testing.T) {
	l := newLedger(t)
	l.have.nodes["marathon-10.0.0.1"] = node{address: "10.0.0.9", bridge: "other", foreign: 2}
	l.have.nodes["marathon-10.0.0.7"] = node{address: "10.0.0.7", bridge: "seedbed", foreign: 1}
	l.have.nodes["esm"] = node{address: "10.0.0.8"}
	l.have.taken[place{"marathon-10.0.0.1", "theirs.1"}] = "other"
	l.have.labels["consular/a/old"] = `"of another program"`
	l.have.labels["consular/zzz/domain"] = `"of another program"`
	changes := l.sync(said(inst("a.1", "/a", 31001), inst("theirs.1", "/b", 31002)))
	for _, c := range changes {
		if c.removes || strings.HasPrefix(c.what, "make node marathon-10.0.0.1") {
			t.Errorf("it would %s", c.what)
		}
	}
	if l.have.labels["consular/a/old"] == "" || l.have.labels["consular/zzz/domain"] == "" || len(l.have.nodes) != 4 {
		t.Errorf("left are %v and %v", l.have.labels, l.have.nodes)
	}
	l.holds("a.1")
	if len(l.last.clashes) != 1 || !strings.Contains(l.last.clashes[0], `registered already, by "other"`) {
		t.Errorf("it says %v", l.last.clashes)
	}
}

func TestBridge_NeverMixesWorkloadsOfOneServiceName(t *testing.T) {
	a, b := inst("one", "/a-b", 31001), inst("two", "/a/b", 31002)
	b.Labels = map[string]string{"domain": "b.localhost"}
	l := newLedger(t)
	l.sync(said(a, b))
	one, two := l.get("marathon-10.0.0.1", "one"), l.get("marathon-10.0.0.1", "two")
	if one.Name != two.Name || one.Meta[metaApp] != "/a-b" || two.Meta[metaApp] != "/a/b" || one.Meta["domain"] == two.Meta["domain"] {
		t.Errorf("they are %+v and %+v", one, two)
	}
	if len(l.last.clashes) != 1 || l.have.labels["consular/a-b/domain"] != `"b.localhost"` {
		t.Errorf("it says %v, labels are %v", l.last.clashes, l.have.labels)
	}
	l.ended("two")
	l.sync(answer{apps: map[seedbed.WorkloadID][]seedbed.Instance{"/a-b": {a}}})
	l.sync(said(a))
	l.holds("one")
	if l.have.labels["consular/a-b/domain"] != `"a.localhost"` || l.have.labels["consular/a-b/name"] != `"a"` {
		t.Errorf("labels are %v", l.have.labels)
	}
}

func TestBridge_TakesLabelsOver(t *testing.T) {
	l := newLedger(t)
	l.have.labels["consular/a/domain"] = `"a.localhost"` // of Consular
	p := &plan{owner: owner{"seedbed", "seedbed"}, flags: flags, have: l.have, know: l.know, mind: l.mind, now: l.now, log: quiet(), adopt: true}
	if changes := whats(p.make(said(inst("a.1", "/a", 31001)))); !slices.Contains(changes, "write label consular/a/domain") {
		t.Errorf("it would %v", changes)
	}
}

func TestBridge_SkipsOnlyTheBadInstance(t *testing.T) {
	bad := []seedbed.Instance{
		{}, inst("", "/a", 1), inst("x", "", 1), inst("x", "a", 1), inst("x", "/", 1), inst("x", "/a//b", 1), inst("x", "/A", 1),
		inst("x", "/a\n", 1), inst("x", "/a", 0), inst("x", "/a", 65536), inst("x\x00", "/a", 1), inst(strings.Repeat("x", 600), "/a", 1),
		{ID: "x", Workload: "/a", Host: "", Ports: []int{1}}, {ID: "x", Workload: "/a", Host: "a b", Ports: []int{1}},
		{ID: "x", Workload: "/a", Host: "fe80::1%eth0", Ports: []int{1}},
	}
	l := newLedger(t)
	l.sync(said(append(bad, inst("good", "/good", 31001))...))
	l.holds("good")
}

func TestBridge_KeepsAnEntryWhoseInstanceIsBadNow(t *testing.T) {
	l := newLedger(t)
	l.sync(said(inst("a.1", "/a", 31001), inst("b.1", "/b", 31002)))
	l.long(said(inst("a.1", "/a", 0), inst("b.1", "/b", 31002)))
	l.long(said(inst("a.1", "/a", 0), inst("b.1", "/b", 31002)))
	l.holds("a.1", "b.1")
}

func TestBridge_LeavesOutLabelsThatDoNotFit(t *testing.T) {
	labels := map[string]string{
		"domain": "a.localhost", "SEEDBED_SERVICE_PORT": "5432",
		"seedbed-app": "/stolen", "SEEDBED-HEALTH": "passing", "consul-x": "1", "": "1", "a b": "1", "a.b": "1",
		strings.Repeat("k", 129): "1", "long": strings.Repeat("v", 513), "binary": "\xff",
	}
	for n := range 80 {
		labels[fmt.Sprintf("l%02d", n)] = "x"
	}
	i := inst("a.1", "/a", 31001)
	i.Labels = labels
	entries, left := entriesOf(owner{"seedbed", "seedbed"}, "2026-01-01T00:00:00Z", i)
	meta := entries[0].Meta
	if len(meta) != maxMetaPairs || meta["domain"] != "a.localhost" || meta["SEEDBED_SERVICE_PORT"] != "5432" || meta[metaApp] != "/a" {
		t.Errorf("Meta has %d pairs: %v", len(meta), meta)
	}
	if len(left) != len(labels)-(maxMetaPairs-ownMeta) {
		t.Errorf("%d of %d labels are left out", len(left), len(labels))
	}
}

func TestBatches_FitIntoTransactions(t *testing.T) {
	var instances []seedbed.Instance
	for n := range 500 {
		i := inst(fmt.Sprintf("task.%d", n), fmt.Sprintf("/app%d", n), 31001)
		i.Labels["large"] = strings.Repeat("x", 5000)
		i.Labels["odd"] = strings.Repeat("<\x01", 200)
		instances = append(instances, i)
	}
	changes := newLedger(t).sync(said(instances...))
	for _, most := range []int{fewOps, manyOps} {
		count := 0
		for _, batch := range batches(changes, most) {
			ops := api.TxnOps{}
			for _, c := range batch {
				ops = append(ops, c.ops...)
			}
			text, err := json.Marshal(ops)
			if err != nil || len(ops) > most || len(text) > 512<<10 {
				t.Errorf("a transaction has %d operations in %d bytes, %v", len(ops), len(text), err)
			}
			count += len(batch)
		}
		if count != len(changes) {
			t.Errorf("%d of %d changes are in transactions", count, len(changes))
		}
	}
	if last := changes[len(changes)-1]; !last.counts {
		t.Errorf("the last change is to %s", last.what)
	}
}

// FuzzPlan puts anything into an instance and holds that a sync ends: that it
// converges, that the entries obey Consul's grammar, and that other instances
// are as they were.
func FuzzPlan(f *testing.F) {
	f.Add("task.1", "/a", "10.0.0.1", 31001, "domain", "a.localhost", "fine")
	f.Add("good", "/good", "::1", 0, "seedbed-app", "/x", "\xff\x00")
	f.Add("", "a/../b", "evil.example.org; }", -1, "a/b", strings.Repeat("x", 600), "")
	f.Fuzz(func(t *testing.T, id, workload, host string, port int, key, value, reason string) {
		good := inst("good", "/good", 31009)
		l := newLedger(t)
		l.sync(said(good))
		at := place{"marathon-10.0.0.1", "good"}
		alone := l.have.entries[at]
		hostile := seedbed.Instance{ID: id, Workload: seedbed.WorkloadID(workload), Host: host, Ports: []int{port, 31003},
			Reason: reason, Labels: map[string]string{key: value}}
		for _, c := range l.sync(said(good, hostile)) {
			if _, err := json.Marshal(c.ops); err != nil {
				t.Error(err)
			}
		}
		if id != "good" && !l.have.entries[at].equal(alone) {
			t.Errorf("the good one is %+v", l.have.entries[at])
		}
		for _, e := range l.have.entries {
			if len(e.Meta) > maxMetaPairs {
				t.Errorf("Meta has %d pairs", len(e.Meta))
			}
			for k, v := range e.Meta {
				if len(k) > maxMetaKey || len(v) > maxMetaValue || strings.ContainsFunc(k, notInMetaKey) {
					t.Errorf("Consul would not take Meta %q=%q", k, v)
				}
			}
		}
	})
}
