package reconcile_test

import (
	"strings"
	"testing"

	"seedbed"
	"seedbed/reconcile/reconciletest"
)

const pullFailed = "the image typo is not on this machine, and pulling it failed: not found"

// breaks changes a site's image to one that does not work.
func (s *stage) breaks(d seedbed.Deployment, words string) seedbed.Deployment {
	s.t.Helper()
	s.world.Set(func(w *reconciletest.World) { w.Failing, w.Only, w.Setting = words, "/sites/guide", "typo" })
	return s.change(d, "typo")
}

func (s *stage) change(d seedbed.Deployment, image string) seedbed.Deployment {
	s.t.Helper()
	change, err := s.store.ChangeSite(s.t.Context(), d.SiteID, "Guide", map[string]string{"image": image}, amina)
	if err != nil {
		s.t.Fatal(err)
	}
	return change
}

// follows waits until the deployment that followed on d has ended.
func (s *stage) follows(d seedbed.Deployment, want seedbed.DeploymentState) seedbed.SiteSpec {
	s.t.Helper()
	var spec seedbed.SiteSpec
	s.eventually("a way back is "+string(want), func() bool {
		var err error
		if spec, err = s.store.SiteSpec(s.t.Context(), d.SiteID); err != nil {
			s.t.Fatal(err)
		}
		return spec.Deployment.ID > d.ID && spec.Deployment.State == want
	})
	return spec
}

func TestReconciler_GoesBackToWhatWorkedWhenAChangeFails(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	s.ends(s.change(d, "good"), seedbed.Done)
	bad := s.ends(s.breaks(d, pullFailed), seedbed.Failed)
	spec := s.follows(bad, seedbed.Done)
	if spec.Deployment.Kind != seedbed.Return || spec.Revision.Settings["image"] != "good" || spec.Revision.Number != 4 {
		t.Errorf("it went on with a %s of revision %d: %v", spec.Deployment.Kind, spec.Revision.Number, spec.Revision.Settings)
	}
	if spec.Deployment.Cause != bad.Cause || !strings.Contains(bad.Cause, "could not be fetched") || spec.Deployment.Words != pullFailed {
		t.Errorf("it says %q and %q", spec.Deployment.Cause, spec.Deployment.Words)
	}
	s.eventually("visitors reach the site", func() bool {
		status := s.board.SiteStatus(spec)
		return status.State == seedbed.Live && status.Door == seedbed.DoorOpen
	})
}

func TestReconciler_GoesBackAlsoIfKilledOnTheWay(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	bad := s.breaks(d, "panic")
	s.eventually("it runs with the mistake", func() bool { return s.state(bad) == seedbed.Failed || s.detail(bad) != "" })
	for range 4 {
		s.stop()
		s.start()
	}
	s.ends(bad, seedbed.Failed)
	s.stop()
	s.start()
	if spec := s.follows(bad, seedbed.Done); spec.Revision.Settings["image"] != "" || spec.Revision.Number != 3 {
		t.Errorf("revision %d has %v", spec.Revision.Number, spec.Revision.Settings)
	}
}

func TestReconciler_GoesBackOnceOnly(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	s.world.Set(func(w *reconciletest.World) { w.Failing, w.Only = "panic", "/sites/guide" })
	bad := s.ends(s.change(d, "typo"), seedbed.Failed)
	spec := s.follows(bad, seedbed.Failed)
	s.eventually("the truth is said", func() bool {
		return strings.Contains(s.board.SiteStatus(spec).Sentence, "Visitors cannot reach the site now.")
	})
	all, err := s.store.Deployments(t.Context(), 1<<60, 10)
	if err != nil || len(all) != 3 {
		t.Errorf("there are %d deployments, %v", len(all), err)
	}
}

func TestReconciler_DoesNotGoBackFromANewSite(t *testing.T) {
	s := newStage(t)
	s.world.Set(func(w *reconciletest.World) { w.Failing, w.Only = "panic", "/sites/guide" })
	d := s.ends(s.create("Guide"), seedbed.Failed)
	if spec, err := s.store.SiteSpec(t.Context(), d.SiteID); err != nil || spec.Deployment.ID != d.ID {
		t.Errorf("it went on with %+v, %v", spec.Deployment, err)
	}
}

func TestReconciler_StopsAChangeThatIsUndone(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	s.world.Set(func(w *reconciletest.World) { w.Ill = "typo" })
	bad := s.change(d, "typo")
	s.eventually("it waits for an answer", func() bool { return strings.Contains(s.detail(bad), "until it answers") })
	back, err := s.store.ReturnSite(t.Context(), d.SiteID, amina)
	if err != nil {
		t.Fatal(err)
	}
	s.ends(back, seedbed.Done)
	s.ends(bad, seedbed.Superseded)
	if _, err := s.store.ReturnSite(t.Context(), d.SiteID, amina); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("what is undone can be undone: %v", err)
	}
}
