package marathon_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"seedbed"
	"seedbed/marathon"
)

// A deployment is followed by the mark that it leaves on the app, not by its id
// or its events, so none of these can be missed.

func TestFollow_ADeploymentThatEndsAtOnce(t *testing.T) {
	e := newEngine(t)
	m := driverOf(t, e.URL)
	for _, mark := range []string{"d1", "d2", "d3"} {
		if err := m.Apply(t.Context(), load(guide, mark)); err != nil {
			t.Fatal(err)
		}
		await(t, mark+" has ended", func() bool {
			o := observed(t, m, guide)
			if o.Deployment != mark {
				t.Fatalf("after %s was applied it is %+v", mark, o)
			}
			return o.Well(mark)
		})
	}
	if err := m.Apply(t.Context(), load(guide, "d3")); err != nil { // a deployment without steps
		t.Fatal(err)
	}
	if o := observed(t, m, guide); !o.Well("d3") {
		t.Errorf("applied again it is %+v", o)
	}
}

// The answer to Apply is lost, so its id is not known: the mark says whether it
// was taken, and applying it again begins nothing anew.
func TestFollow_ADeploymentWhoseBeginningWasNotHeard(t *testing.T) {
	e := newEngine(t)
	p := newProxy(t, e)
	m := driverOf(t, p.URL)
	p.set(lose)
	err := m.Apply(t.Context(), load(guide, "d1"))
	var unreachable *marathon.UnreachableError
	if seedbed.CodeOf(err) != seedbed.Unavailable || !errors.As(err, &unreachable) {
		t.Fatalf("its answer was lost: %v", err)
	}
	p.set(nil)
	await(t, "it is well", func() bool { return observed(t, m, guide).Well("d1") })
	tasks, err := m.Instances(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := m.Apply(t.Context(), load(guide, "d1")); err != nil {
			t.Fatal(err)
		}
	}
	after, err := m.Instances(t.Context())
	if err != nil || len(after) != 1 || after[0].ID != tasks[0].ID || e.versions(guide) != 1 {
		t.Errorf("after it was repeated there are %+v in %d versions, before %+v (%v)", after, e.versions(guide), tasks, err)
	}
	p.set(lose)
	if err := m.Remove(t.Context(), guide); seedbed.CodeOf(err) != seedbed.Unavailable {
		t.Errorf("the answer to Remove was lost: %v", err)
	}
	p.set(nil)
	if err := m.Remove(t.Context(), guide); err != nil {
		t.Errorf("said again: %v", err)
	}
}

// With another address, what was not heard is said again there: it is the same
// order, and is carried out once.
func TestFollow_AnOrderThatIsGivenAtTwoAddresses(t *testing.T) {
	e := newEngine(t)
	deaf, well := newProxy(t, e), newProxy(t, e)
	deaf.set(lose)
	m := driverOf(t, deaf.URL, well.URL)
	if err := m.Apply(t.Context(), load(guide, "d1")); err != nil {
		t.Fatal(err)
	}
	await(t, "it is well", func() bool { return observed(t, m, guide).Well("d1") })
	if list, err := m.Instances(t.Context()); err != nil || len(list) != 1 || e.versions(guide) != 1 {
		t.Errorf("there are %+v in %d versions (%v)", list, e.versions(guide), err)
	}
}

func TestFollow_ADeploymentThatEndsWhileNobodyListens(t *testing.T) {
	e := newEngine(t)
	p := newProxy(t, e)
	m := driverOf(t, p.URL)
	var changes atomic.Int32
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.Watch(ctx, func() { changes.Add(1) })
	}()
	await(t, "it listens", func() bool { return changes.Load() > 0 })
	p.set(cut)
	p.CloseClientConnections()
	if err := driverOf(t, e.URL).Apply(t.Context(), load(guide, "d1")); err != nil {
		t.Fatal(err)
	}
	await(t, "it has ended", func() bool { return observed(t, driverOf(t, e.URL), guide).Well("d1") })
	before := changes.Load()
	p.set(nil)
	await(t, "it is told to look", func() bool { return changes.Load() > before })
	if o := observed(t, m, guide); !o.Well("d1") {
		t.Errorf("then it sees %+v", o)
	}
	cancel()
	<-ended
}

// Whoever cancels a deployment leaves the app with its mark, and not well.
func TestFollow_ADeploymentThatSomebodyElseCancels(t *testing.T) {
	e := newEngine(t)
	m := driverOf(t, e.URL)
	if err := m.Apply(t.Context(), tooLarge(guide, "d1")); err != nil {
		t.Fatal(err)
	}
	await(t, "it says why it waits", func() bool {
		o := observed(t, m, guide)
		if o.Settled || o.Well("d1") {
			t.Fatalf("while its deployment goes on it is %+v", o)
		}
		return o.Waiting != nil && o.Waiting.For == seedbed.ShortOfCPUs
	})
	e.ask("DELETE", "/v2/deployments/"+e.deployment()+"?force=true", nil)
	if o := observed(t, m, guide); !o.Settled || o.Deployment != "d1" || o.Well("d1") {
		t.Errorf("after it was cancelled it is %+v", o)
	}
}

// Whoever rolls one back takes its mark away again.
func TestFollow_ADeploymentThatSomebodyElseRollsBack(t *testing.T) {
	e := newEngine(t)
	m := driverOf(t, e.URL)
	if err := m.Apply(t.Context(), load(guide, "d1")); err != nil {
		t.Fatal(err)
	}
	await(t, "it is well", func() bool { return observed(t, m, guide).Well("d1") })
	if err := m.Apply(t.Context(), tooLarge(guide, "d2")); err != nil {
		t.Fatal(err)
	}
	e.ask("DELETE", "/v2/deployments/"+e.deployment(), nil)
	await(t, "what was before is well", func() bool {
		o := observed(t, m, guide)
		if o.Well("d2") {
			t.Fatalf("what was rolled back is well: %+v", o)
		}
		return o.Well("d1")
	})
}

// A newer order takes over from one that is under way, without an error.
func TestFollow_ADeploymentThatAnotherReplaces(t *testing.T) {
	e := newEngine(t)
	m := driverOf(t, e.URL)
	for _, w := range []seedbed.Workload{tooLarge(guide, "d1"), load(guide, "d2")} {
		if err := m.Apply(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "the newer is well", func() bool { return observed(t, m, guide).Well("d2") })
}

// The leader goes while a deployment is under way: nothing is said until the next
// one has led for some time, and then what is so.
func TestFollow_ADeploymentAcrossAChangeOfLeaders(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	first, second := newProxy(t, e), newProxy(t, e)
	second.set(page(http.StatusBadGateway, `{"message":"Could not determine the current leader"}`))
	second.leader = "http://second:8080"
	m := driverOf(t, first.URL, second.URL)
	if err := m.Apply(t.Context(), tooLarge(guide, "d1")); err != nil {
		t.Fatal(err)
	}
	if o := observed(t, m, guide); o.Settled || o.Deployment != "d1" {
		t.Fatalf("at first it is %+v", o)
	}
	first.set(cut)
	first.CloseClientConnections()
	for name, meddle := range map[string]func(http.ResponseWriter, *http.Request, http.Handler){
		"without a leader": page(http.StatusBadGateway, `{"message":"Could not determine the current leader"}`),
		"with a new one, which has not read its records": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			w.Header().Set("X-Marathon-Leader", "http://second:8080")
			_, _ = w.Write([]byte(map[string]string{"/v2/apps": `{"apps":[]}`, "/v2/deployments": `[]`, "/v2/tasks": `{"tasks":[]}`}[r.URL.Path]))
		},
	} {
		second.set(meddle)
		if all, err := m.Observe(t.Context()); seedbed.CodeOf(err) != seedbed.Unavailable {
			t.Errorf("%s it says %v, %v", name, all, err)
		}
	}
	second.set(nil)
	await(t, "the new leader is believed", func() bool {
		all, err := m.Observe(t.Context())
		if err != nil {
			return false
		}
		if o := all[guide]; o.Settled || o.Deployment != "d1" {
			t.Fatalf("under the new leader it is %+v", o)
		}
		return true
	})
}
