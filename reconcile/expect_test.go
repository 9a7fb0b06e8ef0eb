package reconcile_test

import (
	"testing"

	"seedbed"
	"seedbed/reconcile/reconciletest"
)

// expects waits until the router was told of a host that it is given up, or not.
func (s *stage) expects(host seedbed.HostName, givenUp bool) {
	s.t.Helper()
	s.eventually("the router is told of "+string(host), func() bool {
		hosts := s.expected.Load()
		if hosts == nil {
			return false
		}
		got, there := (*hosts)[host]
		return there && got == givenUp
	})
}

func TestWatcher_TellsTheRouterWhatIsGivenUp(t *testing.T) {
	s := newStage(t)
	s.world.Set(func(w *reconciletest.World) { w.Failing, w.Only = "panic", "/sites/ill" })
	well, ill := s.ends(s.create("Well"), seedbed.Done), s.ends(s.create("Ill"), seedbed.Failed)
	s.expects("ill.localhost", true)
	s.expects("well.localhost", false)
	if _, err := s.store.DeleteSite(t.Context(), well.SiteID, amina); err != nil {
		t.Fatal(err)
	}
	s.eventually("the address of a site that is removed is not expected", func() bool {
		_, there := (*s.expected.Load())["well.localhost"]
		return !there
	})
	s.world.Set(func(w *reconciletest.World) { w.Failing = "" })
	s.ends(ill, seedbed.Done)
	s.expects("ill.localhost", false)
}
