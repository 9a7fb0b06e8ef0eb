package reconcile_test

import (
	"slices"
	"strings"
	"testing"

	"seedbed"
	"seedbed/reconcile/reconciletest"
)

// told is what the routers were told last of a site, if anything.
func (s *stage) told(workload seedbed.WorkloadID) (host seedbed.VirtualHost, there bool) {
	hosts := s.published.Load()
	if hosts == nil {
		return host, false
	}
	n := slices.IndexFunc(*hosts, func(v seedbed.VirtualHost) bool { return v.Workload == workload })
	if n < 0 {
		return host, false
	}
	return (*hosts)[n], true
}

func (s *stage) tells(workload seedbed.WorkloadID, door seedbed.VisitorDoor) {
	s.t.Helper()
	s.eventually("the routers are told the door of "+string(workload), func() bool {
		host, there := s.told(workload)
		return there && host.Door == door
	})
}

// visitors changes how a site meets its visitors.
func (s *stage) visitors(d seedbed.Deployment, change func(*seedbed.Visitors)) {
	s.t.Helper()
	spec, err := s.store.SiteSpec(s.t.Context(), d.SiteID)
	if err == nil {
		change(&spec.Visitors)
		_, err = s.store.ChangeVisitors(s.t.Context(), d.SiteID, spec.Visitors, false, amina)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestWatcher_TellsRoutersWhatIsGivenUpAndNotThere(t *testing.T) {
	s := newStage(t)
	s.world.Set(func(w *reconciletest.World) { w.Failing, w.Only = "panic", "/sites/ill" })
	well, ill := s.ends(s.create("Well"), seedbed.Done), s.ends(s.create("Ill"), seedbed.Failed)
	s.tells("/sites/ill", seedbed.GivenUp)
	s.tells("/sites/well", seedbed.LetIn)
	if _, err := s.store.DeleteSite(t.Context(), well.SiteID, amina); err != nil {
		t.Fatal(err)
	}
	s.eventually("a site that is removed is not told any more", func() bool {
		_, there := s.told("/sites/well")
		return !there
	})
	s.world.Set(func(w *reconciletest.World) { w.Failing = "" })
	s.tells("/sites/ill", seedbed.LetIn)
	s.ends(ill, seedbed.Done)
}

func TestWatcher_TellsHowVisitorsAreMetAndSeesWhenThatCounts(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	s.visitors(d, func(v *seedbed.Visitors) {
		v.Hosts = append([]seedbed.HostName{"guide.example.org"}, v.Hosts...)
		v.ToMain, v.Upload, v.Language = true, 512, "sw"
	})
	s.eventually("it is in effect", func() bool {
		spec, err := s.store.SiteSpec(t.Context(), d.SiteID)
		return err == nil && spec.Visitors.Version == 1 && s.board.Visiting(spec).Effect == seedbed.InEffect
	})
	host, _ := s.told("/sites/guide")
	if !slices.Equal(host.Hosts, []seedbed.HostName{"guide.example.org", "guide.localhost"}) || !host.ToMain || host.Upload != 512 || host.Language != "sw" || host.Since.IsZero() {
		t.Errorf("told %+v", host)
	}
	s.deaf.Store(true)
	s.visitors(d, func(v *seedbed.Visitors) { v.Upload = 100 })
	s.eventually("it is on its way, and the Part is in trouble", func() bool {
		spec, err := s.store.SiteSpec(t.Context(), d.SiteID)
		return err == nil && s.board.Visiting(spec).Effect == seedbed.OnItsWay && s.board.Published(t.Context()) != nil
	})
	s.deaf.Store(false)
	s.eventually("it is in effect at last", func() bool {
		spec, err := s.store.SiteSpec(t.Context(), d.SiteID)
		return err == nil && s.board.Visiting(spec).Effect == seedbed.InEffect && s.board.Published(t.Context()) == nil
	})
}

func TestWatcher_CallsASiteInMaintenanceNeitherBrokenNorLive(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	s.visitors(d, func(v *seedbed.Visitors) { v.Maintenance = true })
	s.tells("/sites/guide", seedbed.Maintenance)
	s.eventually("it is at rest", func() bool { return s.status(d) == seedbed.AtRest })
	again, err := s.store.ChangeSite(t.Context(), d.SiteID, "Guide", map[string]string{"image": "2"}, amina)
	if err != nil {
		t.Fatal(err)
	}
	s.ends(again, seedbed.Done) // nobody sees its first page, and it is carried out all the same
	s.visitors(d, func(v *seedbed.Visitors) { v.Maintenance = false })
	s.eventually("it is live", func() bool { return s.status(d) == seedbed.Live })
}

func TestWatcher_ShowsWhatTheRouterLeftOut(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	s.world.Set(func(w *reconciletest.World) {
		w.Clashes = map[seedbed.WorkloadID][]string{"/sites/guide": {"wiki.example.org is not led here."}}
	})
	s.eventually("it is told", func() bool {
		spec, err := s.store.SiteSpec(t.Context(), d.SiteID)
		return err == nil && strings.Join(s.board.Visiting(spec).Refused, "") == "wiki.example.org is not led here."
	})
}
