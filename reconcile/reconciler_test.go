package reconcile_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seedbed"
	"seedbed/db"
	"seedbed/reconcile"
	"seedbed/reconcile/reconciletest"
)

var amina = seedbed.Author{Name: "amina"}

// stage is a reconciler with a real database in a made-up world.
type stage struct {
	t     *testing.T
	world *reconciletest.World
	store *db.DB
	board *reconcile.Board
	now   func() time.Time
	stop  func()
	poke  func()
	// volumes and backups are the world's and none, where a test sets no others.
	volumes reconcile.Volumes
	backups reconcile.Backups
	images  reconcile.Images // nil: all are there
	// published is what the routers were told last, and deaf has telling fail.
	published atomic.Pointer[[]seedbed.VirtualHost]
	deaf      atomic.Bool
}

func newStage(t *testing.T) *stage {
	t.Helper()
	return newStageAt(t, time.Now)
}

// newStageAt is newStage with a clock.
func newStageAt(t *testing.T, now func() time.Time) *stage {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{
		Path: filepath.Join(t.TempDir(), "seedbed.db"), FirstServicePort: 8451, Rand: rand.Reader, Now: time.Now,
		NewSecret: func(io.Reader) seedbed.Secret { return seedbed.Secret(rand.Text()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	s := &stage{t: t, world: reconciletest.New(), store: store, now: now}
	s.volumes = reconciletest.Volumes{World: s.world}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

// start runs reconciler and watcher as a new process would.
func (s *stage) start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.board = &reconcile.Board{}
	r := reconcile.New(reconcile.Config{
		Engine: reconciletest.Engine{World: s.world}, Router: s.world, Volumes: s.volumes, Backups: s.backups, Catalog: s.world, Images: s.images,
		Kinds: map[string]reconcile.ServiceKind{"postgres": reconciletest.Kind{World: s.world}}, Store: s.store, Board: s.board,
		ServiceAddress: func(context.Context) (string, error) { return "127.0.0.1", nil }, Now: s.now, Log: slog.New(slog.DiscardHandler),
	})
	w := &reconcile.Watcher{Reconciler: r, Publish: s.publish, Parts: []reconcile.Part{{Name: "engine", Trouble: "It is down.", Blocks: true, Check: func(ctx context.Context) error {
		_, err := s.world.Observe(ctx)
		return err
	}}}}
	s.poke = r.Poke
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	running.Go(func() { w.Run(ctx) })
	running.Go(func() { reconcile.Meter{Reconciler: r, Every: 50 * time.Millisecond}.Run(ctx) })
	s.stop = func() { cancel(); running.Wait(); s.stop = func() {} }
}

func (s *stage) publish(_ context.Context, hosts []seedbed.VirtualHost) error {
	if s.deaf.Load() {
		return errors.New("nobody listens")
	}
	s.published.Store(&hosts)
	s.world.Set(func(w *reconciletest.World) { w.Serve(hosts) })
	return nil
}

func (s *stage) create(title string) seedbed.Deployment {
	s.t.Helper()
	label := seedbed.SuggestLabel(seedbed.Title(title))
	d, err := s.store.CreateSite(s.t.Context(), seedbed.NewSite{Name: seedbed.Label(label), Title: seedbed.Title(title),
		Host: seedbed.HostName(label + ".localhost"), Template: reconciletest.Template, By: amina})
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// eventually waits for a condition, looking again whenever the board tells.
func (s *stage) eventually(what string, holds func() bool) {
	s.t.Helper()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-s.board.Wait():
		case <-time.After(50 * time.Millisecond):
			s.poke()
		case <-deadline:
			s.t.Fatalf("it never came to this: %s", what)
		}
	}
}

func (s *stage) state(d seedbed.Deployment) seedbed.DeploymentState {
	s.t.Helper()
	got, err := s.store.Deployment(s.t.Context(), d.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return got.State
}

// status is how the deployment's site is, as a page would show it now.
func (s *stage) status(d seedbed.Deployment) seedbed.State {
	s.t.Helper()
	spec, err := s.store.SiteSpec(s.t.Context(), d.SiteID)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.board.SiteStatus(spec).State
}

func (s *stage) ends(d seedbed.Deployment, want seedbed.DeploymentState) seedbed.Deployment {
	s.t.Helper()
	s.eventually("the deployment is "+string(want), func() bool { return s.state(d) == want })
	got, err := s.store.Deployment(s.t.Context(), d.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func TestReconciler_MakesASiteLive(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	var names []seedbed.StepName
	for _, step := range d.Steps {
		names = append(names, step.Name)
		if step.Started.IsZero() || step.Ended.Before(step.Started) {
			t.Errorf("step %s has no true times: %+v", step.Name, step)
		}
	}
	if len(names) != 7 || names[0] != seedbed.StepVolumes || names[1] != "service:postgres" || names[6] != seedbed.StepAnswer {
		t.Errorf("the steps are %v", names)
	}
	s.eventually("the site is live", func() bool { return s.status(d) == seedbed.Live })
}

func TestReconciler_RemovesAllThatIsTheSitesOwn(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	removal, err := s.store.DeleteSite(t.Context(), d.SiteID, amina)
	if err != nil {
		t.Fatal(err)
	}
	s.ends(removal, seedbed.Done)
	workloads, volumes, bindings := s.world.Left()
	if workloads != 1 || volumes != 1 || bindings != 0 {
		t.Errorf("left are %d workloads, %d volumes, %d bindings; want the shared service's 1, 1, 0", workloads, volumes, bindings)
	}
}

func TestReconciler_GoesOnAfterBeingKilledAtAnyStep(t *testing.T) {
	s := newStage(t)
	s.world.Set(func(w *reconciletest.World) { w.Down = true })
	first, second := s.create("First"), s.create("Second")
	for range 5 {
		s.stop()
		s.world.Set(func(w *reconciletest.World) { w.Down = !w.Down })
		s.start()
	}
	s.world.Set(func(w *reconciletest.World) { w.Down = false })
	s.ends(first, seedbed.Done)
	s.ends(second, seedbed.Done)
	if workloads, volumes, bindings := s.world.Left(); workloads != 3 || volumes != 3 || bindings != 2 {
		t.Errorf("there are %d workloads, %d volumes, %d bindings; want 3, 3, 2", workloads, volumes, bindings)
	}
	s.world.Set(func(w *reconciletest.World) {
		for name, n := range w.Ensured {
			if n != 1 {
				t.Errorf("the binding %s was made %d times", name, n)
			}
		}
	})
}

func TestReconciler_GivesUpWithTheContainersWords(t *testing.T) {
	s := newStage(t)
	s.ends(s.create("Well"), seedbed.Done)
	s.world.Set(func(w *reconciletest.World) { w.Failing = "panic: no such table" })
	d := s.ends(s.create("Ill"), seedbed.Failed)
	if d.Words != "panic: no such table" || d.Cause == "" {
		t.Errorf("it says %q and %q", d.Cause, d.Words)
	}
	s.eventually("the site is broken", func() bool { return s.status(d) == seedbed.Broken })

	s.world.Set(func(w *reconciletest.World) { w.Failing = "" })
	again, err := s.store.RetrySite(t.Context(), d.SiteID, amina)
	if err != nil {
		t.Fatal(err)
	}
	s.ends(again, seedbed.Done)
}

func TestReconciler_DeletesASiteWhoseServiceNeverStarted(t *testing.T) {
	s := newStage(t)
	s.world.Set(func(w *reconciletest.World) { w.Failing = "no space left" })
	d := s.ends(s.create("Guide"), seedbed.Failed)
	removal, err := s.store.DeleteSite(t.Context(), d.SiteID, amina)
	if err != nil {
		t.Fatal(err)
	}
	s.ends(removal, seedbed.Done)
}

func TestWatcher_DoesNothingOnAFailedRead(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	s.world.Set(func(w *reconciletest.World) { w.Down = true; clear(w.Applied) })
	s.eventually("the part is in trouble", func() bool { p := s.board.Parts(); return len(p) == 1 && !p[0].OK })
	s.eventually("the site is not called live", func() bool { return s.status(d) != seedbed.Live })
	s.world.Set(func(w *reconciletest.World) { w.Down = false })
	s.eventually("the site is live again", func() bool { return s.status(d) == seedbed.Live })
	s.world.Set(func(w *reconciletest.World) {
		if len(w.Applied) != 0 {
			t.Errorf("what could not be seen was handed over again: %v", w.Applied)
		}
	})
}

func TestWatcher_HandsOverAgainWhatTheEngineLost(t *testing.T) {
	s := newStage(t)
	d := s.ends(s.create("Guide"), seedbed.Done)
	s.world.Forget()
	s.eventually("both run again", func() bool { n, _, _ := s.world.Left(); return n == 2 })
	s.eventually("the site is live again", func() bool { return s.status(d) == seedbed.Live })
}

func TestReconciler_DoesNotCountTheTimeInWhichNothingAnswers(t *testing.T) {
	var ahead atomic.Int64
	s := newStageAt(t, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	s.world.Set(func(w *reconciletest.World) { w.Down = true })
	d := s.create("Guide")
	s.eventually("the trouble is known", func() bool { p := s.board.Parts(); return len(p) == 1 && !p[0].OK })
	for range 4 {
		ahead.Add(int64(stepPatience))
		s.world.Set(func(w *reconciletest.World) { w.Refused = 0 })
		s.eventually("it is tried again", func() (again bool) {
			s.world.Set(func(w *reconciletest.World) { again = w.Refused >= 8 })
			return again
		})
	}
	s.world.Set(func(w *reconciletest.World) { w.Down = false })
	s.ends(d, seedbed.Done)
}

// stepPatience is how long a step may fail before its deployment is given up.
const stepPatience = 2 * time.Minute

func TestWatcher_FinishesWhatCameToBeAfterItWasGivenUp(t *testing.T) {
	s := newStage(t)
	s.world.Set(func(w *reconciletest.World) { w.Failing, w.Only = "not yet", "/sites/late" })
	d := s.ends(s.create("Late"), seedbed.Failed)
	s.world.Forget()
	s.eventually("it is handed over again although it had failed", func() bool { n, _, _ := s.world.Left(); return n == 2 })
	s.world.Set(func(w *reconciletest.World) { w.Failing = "" })
	d = s.ends(d, seedbed.Done)
	if d.Cause != "" || d.Words != "" {
		t.Errorf("it still says %q and %q", d.Cause, d.Words)
	}
	s.eventually("the site is live", func() bool { return s.status(d) == seedbed.Live })
}
