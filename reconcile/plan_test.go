package reconcile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
	"seedbed/reconcile"
)

var (
	bound  = seedbed.Binding{Service: seedbed.Service{Kind: "postgres"}, Made: true}
	wanted = seedbed.SiteSpec{
		Deployment: seedbed.Deployment{ID: 7, Kind: seedbed.Make},
		Volumes:    []seedbed.Volume{{Name: "files"}},
		Bindings:   []seedbed.Binding{bound},
	}
	well = seedbed.Observed{Deployment: "d7", Instances: 1, Running: 1, Healthy: 1, Settled: true}
)

func actual(change func(*reconcile.Actual)) reconcile.Actual {
	w := well
	a := reconcile.Actual{Volumes: 1, Services: map[string]bool{"postgres": true}, Bound: map[string]bool{"postgres": true},
		Workload: &w, Routed: true, Known: true, Answered: true}
	change(&a)
	return a
}

func firstUndone(plan []reconcile.Planned) seedbed.StepName {
	for _, p := range plan {
		if !p.Done {
			return p.Name
		}
	}
	return ""
}

func TestPlan_FindsTheFirstThingThatIsNotSo(t *testing.T) {
	for _, c := range []struct {
		name   string
		want   seedbed.StepName
		change func(*reconcile.Actual)
	}{
		{"all is well", "", func(*reconcile.Actual) {}},
		{"no volume", seedbed.StepVolumes, func(a *reconcile.Actual) { a.Volumes = 0 }},
		{"service is down", "service:postgres", func(a *reconcile.Actual) { a.Services = nil; a.Bound = nil }},
		{"no database", "binding:postgres", func(a *reconcile.Actual) { a.Bound = nil }},
		{"engine has nothing", seedbed.StepApply, func(a *reconcile.Actual) { a.Workload = nil; a.Routed = false }},
		{"engine has an older one, which is well", seedbed.StepApply, func(a *reconcile.Actual) { a.Workload.Deployment = "d6" }},
		{"engine is at it", seedbed.StepWell, func(a *reconcile.Actual) { a.Workload.Settled = false }},
		{"not healthy", seedbed.StepWell, func(a *reconcile.Actual) { a.Workload.Healthy = 0 }},
		{"out of sight", seedbed.StepWell, func(a *reconcile.Actual) { a.Workload.Unseen = true }},
		{"no route", seedbed.StepRoute, func(a *reconcile.Actual) { a.Routed = false; a.Answered = false }},
		{"no answer", seedbed.StepAnswer, func(a *reconcile.Actual) { a.Answered = false }},
	} {
		if got := firstUndone(reconcile.Plan(wanted, actual(c.change))); got != c.want {
			t.Errorf("%s: next is %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPlan_RemovesWorkLast(t *testing.T) {
	spec := wanted
	spec.Deployment.Kind = seedbed.Remove
	var names []seedbed.StepName
	for _, p := range reconcile.Plan(spec, actual(func(*reconcile.Actual) {})) {
		names = append(names, p.Name)
	}
	want := []seedbed.StepName{"stop", "unroute", "service:postgres", "unbind:postgres", "discard"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestPlan_DoesNotTakeAnUnseenDatabaseForGone(t *testing.T) {
	spec := wanted
	spec.Deployment.Kind = seedbed.Remove
	for want, change := range map[seedbed.StepName]func(*reconcile.Actual){
		"service:postgres": func(a *reconcile.Actual) { a.Services = nil },
		"unbind:postgres":  func(a *reconcile.Actual) { a.Bound = nil }, // nobody can sign in, but it may be there
	} {
		plan := reconcile.Plan(spec, actual(func(a *reconcile.Actual) { a.Workload, a.Known = nil, false; change(a) }))
		if got := firstUndone(plan); got != want {
			t.Errorf("next is %q, want %q", got, want)
		}
	}
}
