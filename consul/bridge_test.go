package consul

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
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

// said is a snapshot of an engine that has the workloads of the instances.
func said(instances ...seedbed.Instance) snapshot {
	s := snapshot{apps: map[seedbed.WorkloadID]bool{}, instances: instances}
	for _, i := range instances {
		s.apps[i.Workload] = true
	}
	return s
}

func nothing() state {
	return state{nodes: map[string]node{}, entries: map[place]entry{}, labels: map[string]string{}, own: map[string]bool{}}
}

// after carries changes out on a state as Consul would.
func after(t testing.TB, s state, changes []change) state {
	t.Helper()
	next := state{nodes: maps.Clone(s.nodes), entries: maps.Clone(s.entries), labels: maps.Clone(s.labels), own: maps.Clone(s.own)}
	for _, c := range changes {
		for _, op := range c.ops {
			next.do(t, op)
		}
	}
	return next
}

func (s state) do(t testing.TB, op *api.TxnOp) {
	t.Helper()
	switch {
	case op.Node != nil && op.Node.Verb == api.NodeSet:
		s.nodes[op.Node.Node.Node] = node{address: op.Node.Node.Address, bridge: op.Node.Node.Meta[metaBridge]}
	case op.Node != nil && op.Node.Verb == api.NodeDelete:
		delete(s.nodes, op.Node.Node.Node)
		maps.DeleteFunc(s.entries, func(p place, _ entry) bool { return p.node == op.Node.Node.Node })
	case op.Service != nil && op.Service.Verb == api.ServiceSet:
		if _, there := s.nodes[op.Service.Node]; !there {
			t.Errorf("service on node %q, which is not there", op.Service.Node)
		}
		e := entryFrom(op.Service.Node, &op.Service.Service, nil)
		s.entries[e.place()] = e
	case op.Service != nil && op.Service.Verb == api.ServiceDelete:
		delete(s.entries, place{op.Service.Node, op.Service.Service.ID})
	case op.Check != nil && op.Check.Verb == api.CheckSet:
		at := place{op.Check.Check.Node, op.Check.Check.ServiceID}
		e, there := s.entries[at]
		if !there || op.Check.Check.CheckID != e.checkID() {
			t.Errorf("check of service %v, which is not there", at)
		}
		e.Status, e.Output = op.Check.Check.Status, op.Check.Check.Output
		s.entries[at] = e
	case op.KV != nil && op.KV.Verb == api.KVSet:
		s.labels[op.KV.Key], s.own[op.KV.Key] = string(op.KV.Value), true
	case op.KV != nil && op.KV.Verb == api.KVDelete:
		delete(s.labels, op.KV.Key)
		delete(s.own, op.KV.Key)
	default:
		t.Errorf("unexpected operation %+v", op)
	}
}

// synced is the state after a sync, and the changes that it took.
func synced(t testing.TB, have state, s snapshot) (state, []change) {
	t.Helper()
	changes := compare(want("seedbed", s, have, quiet()), have, "seedbed", flags)
	next := after(t, have, changes)
	if again := compare(want("seedbed", s, next, quiet()), next, "seedbed", flags); len(again) > 0 {
		t.Errorf("a second sync would change %v", whats(again))
	}
	return next, changes
}

func whats(changes []change) (all []string) {
	for _, c := range changes {
		all = append(all, c.what)
	}
	return all
}

func (s state) get(t *testing.T, node, id string) entry {
	t.Helper()
	e, there := s.entries[place{node, id}]
	if !there {
		t.Fatalf("there is no %s on %s", id, node)
	}
	return e
}

func (s state) instances() (ids []string) {
	for _, e := range s.entries {
		if e.app() != "" {
			ids = append(ids, e.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func TestBridge_NamesThingsAsConsularDid(t *testing.T) {
	i := inst("task.1", "/group/my/app", 31001, 31002)
	i.Labels["quote"] = `a "b" <c> &`
	got, _ := synced(t, nothing(), said(i))
	first, second := got.get(t, "marathon-10.0.0.1", "task.1"), got.get(t, "marathon-10.0.0.1", "task.1-1")
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
	if diff := cmp.Diff(wantLabels, got.labels); diff != "" {
		t.Error(diff)
	}
	for key, value := range map[string]string{
		"seedbed-bridge": "seedbed", "seedbed-app": "/group/my/app", "seedbed-task": "task.1", "seedbed-port": "0",
		"seedbed-health": "passing", "domain": "a.localhost",
	} {
		if first.Meta[key] != value {
			t.Errorf("Meta %s is %q, want %q", key, first.Meta[key], value)
		}
	}
	if mark := got.get(t, "seedbed-bridge-seedbed", "seedbed-bridge-seedbed"); mark.Meta[metaInstances] != "2" {
		t.Errorf("the bridge's own entry is %+v", mark)
	}
}

func TestBridge_NamesThingsByTheGroupTheyAreIn(t *testing.T) {
	instances := []seedbed.Instance{inst("team_sites_wiki.1", "/sites/wiki", 31001)}
	s := snapshotOf("/team", map[seedbed.WorkloadID]seedbed.Observed{"/sites/wiki": {}, "/sites/asleep": {}}, instances)
	if diff := cmp.Diff(map[seedbed.WorkloadID]bool{"/team/sites/wiki": true, "/team/sites/asleep": true}, s.apps); diff != "" {
		t.Error(diff)
	}
	got, _ := synced(t, nothing(), s)
	if e := got.get(t, "marathon-10.0.0.1", "team_sites_wiki.1"); e.Name != "team-sites-wiki" || e.app() != "/team/sites/wiki" {
		t.Errorf("the entry is %+v", e)
	}
	if instances[0].Workload != "/sites/wiki" {
		t.Error("what the source gave was changed")
	}
}

func TestBridge_PassesOnlyWhatIsHealthy(t *testing.T) {
	i := inst("task.1", "/a", 31001)
	i.Healthy, i.Reason = false, "the health check got 500"
	got, _ := synced(t, nothing(), said(i))
	sick := got.get(t, "marathon-10.0.0.1", "task.1")
	if sick.Status != api.HealthCritical || sick.Output != i.Reason || sick.Meta[metaHealth] != "critical" {
		t.Errorf("a sick one is %+v", sick)
	}
	i.Healthy = true
	got, _ = synced(t, got, said(i))
	if well := got.get(t, "marathon-10.0.0.1", "task.1"); well.Status != api.HealthPassing || well.Meta[metaHealth] != "passing" || well.Meta[metaHash] == sick.Meta[metaHash] {
		t.Errorf("a well one is %+v", well)
	}
}

func TestBridge_ReplacesAnInstance(t *testing.T) {
	got, _ := synced(t, nothing(), said(inst("old", "/a", 31001)))
	got, changes := synced(t, got, said(inst("new", "/a", 31002)))
	if diff := cmp.Diff([]string{"new"}, got.instances()); diff != "" {
		t.Error(diff)
	}
	if len(batches(changes)) != 1 {
		t.Errorf("it is not one transaction: %v", whats(changes))
	}
}

func TestBridge_KeepsTheLastEntryOfAWorkloadThatTheEngineHas(t *testing.T) {
	have, _ := synced(t, nothing(), said(inst("a.1", "/a", 31001), inst("b.1", "/b", 31002)))
	restarting := said(inst("b.1", "/b", 31002))
	restarting.apps["/a"] = true
	got, _ := synced(t, have, restarting)
	if e := got.get(t, "marathon-10.0.0.1", "a.1"); e.Status != api.HealthCritical || e.Meta["domain"] != "a.localhost" {
		t.Errorf("it is %+v", e)
	}
	if got.labels["consular/a/domain"] == "" {
		t.Error("its labels are gone")
	}
	got, _ = synced(t, got, said(inst("b.1", "/b", 31002)))
	if diff := cmp.Diff([]string{"b.1"}, got.instances()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"consular/b/domain", "consular/b/name"}, slices.Sorted(maps.Keys(got.labels))); diff != "" {
		t.Error(diff)
	}
}

// engine is a Source whose answers a test sets.
type engine struct {
	observed  map[seedbed.WorkloadID]seedbed.Observed
	instances []seedbed.Instance
}

func (e engine) Observe(context.Context) (map[seedbed.WorkloadID]seedbed.Observed, error) {
	return e.observed, nil
}

func (e engine) Instances(context.Context) ([]seedbed.Instance, error) { return e.instances, nil }

func (e engine) Watch(ctx context.Context, _ func()) { <-ctx.Done() }

func (e engine) said(t *testing.T) snapshot {
	t.Helper()
	s, err := (&Bridge{Config: Config{Source: e}}).ask(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBridge_LetsGoOfAWorkloadWhoseLastTasksEnd(t *testing.T) {
	stays, goes := inst("b.1", "/b", 31002), inst("a.1", "/a", 31001)
	have, _ := synced(t, nothing(), said(stays, goes))
	ending := goes
	ending.Healthy, ending.Reason = false, "The engine stops it."
	observed := map[seedbed.WorkloadID]seedbed.Observed{
		"/b": {ID: "/b", Instances: 1, Settled: true},
		"/a": {ID: "/a", Running: 1}, // its app is gone
	}
	// The second answer is one whose task ended between its two questions.
	for _, instances := range [][]seedbed.Instance{{stays, ending}, {stays}} {
		have, _ = synced(t, have, engine{observed, instances}.said(t))
		if e := have.get(t, "marathon-10.0.0.1", "a.1"); e.Status != api.HealthCritical || e.Meta[metaHealth] != "critical" {
			t.Errorf("while it ends it is %+v", e)
		}
	}
	delete(observed, "/a")
	have, _ = synced(t, have, engine{observed, []seedbed.Instance{stays}}.said(t))
	if diff := cmp.Diff([]string{"b.1"}, have.instances()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"consular/b/domain", "consular/b/name"}, slices.Sorted(maps.Keys(have.labels))); diff != "" {
		t.Error(diff)
	}
}

func TestBridge_RemovesANodeThatIsEmpty(t *testing.T) {
	moved := inst("a.2", "/a", 31001)
	moved.Host = "10.0.0.2"
	have, _ := synced(t, nothing(), said(inst("a.1", "/a", 31001)))
	got, _ := synced(t, have, said(moved))
	if diff := cmp.Diff([]string{"marathon-10.0.0.2", "seedbed-bridge-seedbed"}, slices.Sorted(maps.Keys(got.nodes))); diff != "" {
		t.Error(diff)
	}
}

func TestBridge_LeavesWhatIsNotItsOwn(t *testing.T) {
	have := nothing()
	have.nodes["marathon-10.0.0.1"] = node{address: "10.0.0.9", bridge: "other", foreign: 2}
	have.nodes["marathon-10.0.0.7"] = node{address: "10.0.0.7", bridge: "seedbed", foreign: 1}
	have.nodes["esm"] = node{address: "10.0.0.8"}
	have.labels["consular/a/old"] = `"of another program"`
	have.labels["consular/zzz/domain"] = `"of another program"`
	got, changes := synced(t, have, said(inst("a.1", "/a", 31001)))
	for _, c := range changes {
		if c.removes || strings.HasPrefix(c.what, "make node marathon-10.0.0.1") {
			t.Errorf("it would %s", c.what)
		}
	}
	if got.labels["consular/a/old"] == "" || got.labels["consular/zzz/domain"] == "" || len(got.nodes) != 4 {
		t.Errorf("left are %v and %v", got.labels, got.nodes)
	}
}

func TestBridge_NeverMixesWorkloadsOfOneServiceName(t *testing.T) {
	a, b := inst("one", "/a-b", 31001), inst("two", "/a/b", 31002)
	b.Labels = map[string]string{"domain": "b.localhost"}
	got, _ := synced(t, nothing(), said(a, b))
	one, two := got.get(t, "marathon-10.0.0.1", "one"), got.get(t, "marathon-10.0.0.1", "two")
	if one.Name != two.Name || one.Meta[metaApp] != "/a-b" || two.Meta[metaApp] != "/a/b" || one.Meta["domain"] == two.Meta["domain"] {
		t.Errorf("they are %+v and %+v", one, two)
	}
	got, _ = synced(t, got, said(a))
	if diff := cmp.Diff([]string{"one"}, got.instances()); diff != "" {
		t.Error(diff)
	}
}

func TestBridge_SkipsOnlyTheBadInstance(t *testing.T) {
	bad := []seedbed.Instance{
		{}, inst("", "/a", 1), inst("x", "", 1), inst("x", "a", 1), inst("x", "/", 1), inst("x", "/a//b", 1), inst("x", "/A", 1),
		inst("x", "/a\n", 1), inst("x", "/a", 0), inst("x", "/a", 65536), inst("x\x00", "/a", 1), inst(strings.Repeat("x", 600), "/a", 1),
		{ID: "x", Workload: "/a", Host: "", Ports: []int{1}}, {ID: "x", Workload: "/a", Host: "a b", Ports: []int{1}},
		{ID: "x", Workload: "/a", Host: "fe80::1%eth0", Ports: []int{1}},
	}
	got, _ := synced(t, nothing(), said(append(bad, inst("good", "/good", 31001))...))
	if diff := cmp.Diff([]string{"good"}, got.instances()); diff != "" {
		t.Error(diff)
	}
}

func TestBridge_KeepsAnEntryWhoseInstanceIsBadNow(t *testing.T) {
	have, _ := synced(t, nothing(), said(inst("a.1", "/a", 31001), inst("b.1", "/b", 31002)))
	got, _ := synced(t, have, said(inst("a.1", "/a", 0), inst("b.1", "/b", 31002)))
	if diff := cmp.Diff([]string{"a.1", "b.1"}, got.instances()); diff != "" {
		t.Error(diff)
	}
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
	entries, left := entriesOf("seedbed", i)
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
		instances = append(instances, i)
	}
	_, changes := synced(t, nothing(), said(instances...))
	count := 0
	for _, batch := range batches(changes) {
		ops := api.TxnOps{}
		for _, c := range batch {
			ops = append(ops, c.ops...)
		}
		text, err := json.Marshal(ops)
		if err != nil || len(ops) > 63 || len(text) > 512<<10 {
			t.Errorf("a transaction has %d operations in %d bytes, %v", len(ops), len(text), err)
		}
		count += len(batch)
	}
	if count != len(changes) {
		t.Errorf("%d of %d changes are in transactions", count, len(changes))
	}
	if last := changes[len(changes)-1]; !strings.Contains(last.what, "seedbed-bridge-seedbed") {
		t.Errorf("the last change is to %s", last.what)
	}
}

func TestBridge_BelievesOnlyASecondEmptyAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		have, _ := synced(t, nothing(), said(inst("a.1", "/a", 31001)))
		b := &Bridge{}
		for _, step := range []struct {
			wait    time.Duration
			said    snapshot
			doubted bool
		}{
			{0, said(), true},
			{4 * time.Second, said(), true},
			{time.Second, said(inst("a.1", "/a", 31001)), false},
			{time.Hour, said(), true}, // the first of a new row
			{4 * time.Second, said(), true},
			{time.Second, said(), false},
		} {
			time.Sleep(step.wait)
			if got := b.doubtful(step.said, have); got != step.doubted {
				t.Errorf("at %v it is %v", time.Now(), got)
			}
		}
		if b.doubtful(said(), nothing()) {
			t.Error("it doubts that nothing is nothing")
		}
	})
}

// FuzzWant puts anything into an instance and holds that a sync ends: that it
// converges, that the entries obey Consul's grammar, and that other instances
// are as they were.
func FuzzWant(f *testing.F) {
	f.Add("task.1", "/a", "10.0.0.1", 31001, "domain", "a.localhost", "fine")
	f.Add("good", "/good", "::1", 0, "seedbed-app", "/x", "\xff\x00")
	f.Add("", "a/../b", "evil.example.org; }", -1, "a/b", strings.Repeat("x", 600), "")
	f.Fuzz(func(t *testing.T, id, workload, host string, port int, key, value, reason string) {
		good := inst("good", "/good", 31009)
		alone, _ := synced(t, nothing(), said(good))
		hostile := seedbed.Instance{ID: id, Workload: seedbed.WorkloadID(workload), Host: host, Ports: []int{port, 31003},
			Reason: reason, Labels: map[string]string{key: value}}
		got, changes := synced(t, alone, said(good, hostile))
		if _, err := json.Marshal(changes); err != nil {
			t.Error(err)
		}
		if at := (place{"marathon-10.0.0.1", "good"}); id != "good" && !reflect.DeepEqual(got.entries[at], alone.entries[at]) {
			t.Errorf("the good one is %+v", got.entries[at])
		}
		for _, e := range got.entries {
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
