package reconcile_test

import (
	"testing"

	"seedbed"
	"seedbed/reconcile/reconciletest"
)

// service wants the shared service, as somebody who asks for it does.
func (s *stage) service() seedbed.Service {
	s.t.Helper()
	service, err := s.store.StartService(s.t.Context(), "postgres", amina)
	if err != nil {
		s.t.Fatal(err)
	}
	return service
}

func (s *stage) is(service seedbed.Service, state seedbed.State) {
	s.t.Helper()
	s.eventually("the service is "+string(state), func() bool { return s.board.ServiceStatus(service.ID).State == state })
}

func TestWatcher_KeepsAServiceThatNoSiteUses(t *testing.T) {
	s := newStage(t)
	service := s.service()
	s.is(service, seedbed.Live)
	s.world.Forget()
	s.eventually("it runs again", func() bool { n, _, _ := s.world.Left(); return n == 1 })
	s.is(service, seedbed.Live)
}

func TestWatcher_StartsAServiceAnewWhenAsked(t *testing.T) {
	s := newStage(t)
	s.world.Set(func(w *reconciletest.World) { w.Failing = "no space left" })
	service := s.service()
	s.is(service, seedbed.Broken)
	if got := s.board.ServiceStatus(service.ID); got.Words != "no space left" {
		t.Errorf("it says %q", got.Words)
	}
	s.world.Set(func(w *reconciletest.World) { w.Failing = "" })
	if _, err := s.store.RestartService(t.Context(), "postgres", amina); err != nil {
		t.Fatal(err)
	}
	s.is(service, seedbed.Live)
	s.eventually("it was handed over twice", func() bool {
		n := 0
		s.world.Set(func(w *reconciletest.World) { n = w.Applied[service.WorkloadID()] })
		return n == 2
	})
}

// The site's own container and its first page are well all the time.
func TestWatcher_CallsNoSiteLiveWithoutTheServiceThatItNeeds(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	s.eventually("the site is live", func() bool { return s.status(d) == seedbed.Live })
	s.world.Set(func(w *reconciletest.World) { w.Failing, w.Only = "killed", "/services/postgres" })
	s.eventually("the site is not called live", func() bool { return s.status(d) == seedbed.Attention })
	s.world.Set(func(w *reconciletest.World) { w.Failing, w.Asked = "", 0 })
	s.eventually("the site is live again", func() bool { return s.status(d) == seedbed.Live })
	s.world.Set(func(w *reconciletest.World) {
		if w.Asked == 0 {
			t.Error("nobody asked it since")
		}
	})
}

func TestMeter_TellsHowMuchASiteTakes(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	s.eventually("it is measured", func() bool { u, known := s.board.Usage(d.SiteID, 1); return known && u.Bytes == 8<<20 })
	if _, known := s.board.Usage(d.SiteID, 2); known {
		t.Error("a service that is not there was measured")
	}
}

func TestReconciler_ShutsOutWhoHasTheOldPassword(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	before, err := s.store.SiteSpec(t.Context(), d.SiteID)
	if err != nil {
		t.Fatal(err)
	}
	renewal, err := s.store.RotateBindings(t.Context(), d.SiteID, amina)
	if err != nil {
		t.Fatal(err)
	}
	s.ends(renewal, seedbed.Done)
	after, err := s.store.SiteSpec(t.Context(), d.SiteID)
	if err != nil || after.Bindings[0].Password == before.Bindings[0].Password {
		t.Errorf("the password is the old one, %v", err)
	}
	s.world.Set(func(w *reconciletest.World) {
		if name := after.Bindings[0].Name; w.Rotated[name] != 1 || w.Ensured[name] != 1 {
			t.Errorf("it was rotated %d times and made %d times", w.Rotated[name], w.Ensured[name])
		}
	})
}
