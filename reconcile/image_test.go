package reconcile_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"seedbed"
	"seedbed/reconcile/reconciletest"
)

// shelf is Images with one state for all of them.
type shelf struct {
	state atomic.Pointer[seedbed.ImageState]
}

func (s *shelf) Image(string) seedbed.ImageState { return *s.state.Load() }

func (s *shelf) put(state seedbed.ImageState) { s.state.Store(&state) }

// detail is what the current step of a deployment waits for.
func (s *stage) detail(d seedbed.Deployment) string {
	s.t.Helper()
	got, err := s.store.Deployment(s.t.Context(), d.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, step := range got.Steps {
		if step.Ended.IsZero() && !step.Started.IsZero() {
			return step.Detail
		}
	}
	return ""
}

func TestReconciler_WaitsForAnImageHoweverLongItTakes(t *testing.T) {
	s := newStage(t)
	s.stop()
	images := &shelf{}
	s.images = images
	images.put(seedbed.ImageState{})
	s.start()
	d := s.create("Guide")
	s.eventually("the step says what it waits for", func() bool { return strings.Contains(s.detail(d), "being prepared") })
	if workloads, _, _ := s.world.Left(); workloads != 0 {
		t.Errorf("%d workloads were handed over without their image", workloads)
	}
	images.put(seedbed.ImageState{Ready: true})
	s.ends(d, seedbed.Done)
}

func TestReconciler_SaysWhyAnImageCouldNotBeMade(t *testing.T) {
	s := newStage(t)
	s.stop()
	images := &shelf{}
	s.images = images
	images.put(seedbed.ImageState{Trouble: "No mirror answers."})
	s.start()
	d := s.create("Guide")
	s.eventually("the step says why it waits", func() bool { return strings.HasPrefix(s.detail(d), "No mirror answers.") })
	images.put(seedbed.ImageState{Ready: true})
	s.ends(d, seedbed.Done)
}

func TestReconciler_SaysThatAnImageCouldNotBeFetched(t *testing.T) {
	for words, want := range map[string]string{
		"the image x is not on this machine, and pulling it failed: not found":                                             "Its image could not be fetched.",
		"Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock pull x:1': exited with status 1": "Its image could not be fetched.",
		"Task was killed since health check failed. Reason: dial tcp 127.0.0.1:1: connection refused":                      "did not answer",
		"panic: no such table": "stopped by itself",
	} {
		s := newStage(t)
		s.world.Set(func(w *reconciletest.World) { w.Failing, w.Only = words, "/sites/guide" })
		d := s.ends(s.create("Guide"), seedbed.Failed)
		if !strings.Contains(d.Cause, want) || d.Words != words {
			t.Errorf("%q was told as %q", words, d.Cause)
		}
	}
}

func TestReconciler_DoesNotWaitForAServiceThatIsSwitchedOff(t *testing.T) {
	s := newStage(t)
	switched := reconciletest.Template
	switched.Needs = []seedbed.Need{{Service: "postgres", If: "database"}}
	switched.Questions = []seedbed.Question{{Name: "database", Type: seedbed.SwitchQuestion, Default: "on"}}
	s.world.Set(func(w *reconciletest.World) { w.Sites = &switched })
	d := s.ends(s.create("Guide"), seedbed.Done)
	s.world.Set(func(w *reconciletest.World) { w.Failing, w.Only = "ill", "/services/postgres" })
	change, err := s.store.ChangeSite(t.Context(), d.SiteID, "Guide", map[string]string{"database": "off"}, amina)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range s.ends(change, seedbed.Done).Steps {
		if step.Name.Kind() != "" {
			t.Errorf("it did %s", step.Name)
		}
	}
	if spec, err := s.store.SiteSpec(t.Context(), d.SiteID); err != nil || len(spec.Bindings) != 1 {
		t.Errorf("its part of the service is gone: %v, %v", spec.Bindings, err)
	}
}
