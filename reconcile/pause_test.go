package reconcile_test

import (
	"testing"

	"seedbed"
)

func TestReconciler_PausesASiteAndResumesItAsItWas(t *testing.T) {
	s := newStage(t)
	made := s.ends(s.create("Guide"), seedbed.Done)
	pause, err := s.store.PauseSite(t.Context(), made.SiteID, amina)
	if err != nil {
		t.Fatal(err)
	}
	d := s.ends(pause, seedbed.Done)
	if len(d.Steps) != 2 || d.Steps[0].Name != seedbed.StepStop || d.Steps[1].Name != seedbed.StepUnroute {
		t.Errorf("the steps are %+v", d.Steps)
	}
	s.tells("/sites/guide", seedbed.Paused)
	s.eventually("it is at rest", func() bool { return s.status(made) == seedbed.AtRest })
	s.stop()
	s.start() // a new process does not start it either
	s.tells("/sites/guide", seedbed.Paused)
	if _, volumes, bindings := s.world.Left(); volumes == 0 || bindings == 0 {
		t.Error("something of it was taken away")
	}
	s.eventually("it stays at rest", func() bool { return s.status(made) == seedbed.AtRest })
	if s.running("/sites/guide") {
		t.Error("it runs")
	}
	resume, err := s.store.ResumeSite(t.Context(), made.SiteID, amina)
	if err != nil {
		t.Fatal(err)
	}
	s.ends(resume, seedbed.Done)
	s.tells("/sites/guide", seedbed.LetIn)
	s.eventually("it is live", func() bool { return s.status(made) == seedbed.Live })
}

// running reports whether the engine has a workload.
func (s *stage) running(id seedbed.WorkloadID) bool {
	s.t.Helper()
	all, err := s.world.Observe(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	_, there := all[id]
	return there
}
