package reconcile_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seedbed"
	"seedbed/reconcile/reconciletest"
)

// ownContainer asks for its image, its port and its health page.
func ownContainer() *seedbed.Template {
	t := reconciletest.Template
	t.Needs, t.Patience, t.Health.Path = nil, time.Hour, "/"
	t.Questions = []seedbed.Question{{Name: "image", Type: seedbed.ImageQuestion}, {Name: "port", Type: seedbed.NumberQuestion, Default: "8000"}, {Name: "health", Type: seedbed.PageQuestion}}
	t.Asked = seedbed.Asked{Image: "image", Port: "port", HealthPath: "health"}
	return &t
}

func TestReconciler_SaysWhereNothingAnswers(t *testing.T) {
	var ahead atomic.Int64
	s := newStageAt(t, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	s.world.Set(func(w *reconciletest.World) { w.Sites, w.Ill = ownContainer(), "app:1" })
	d := s.ends(s.create("Guide"), seedbed.Done)
	change, err := s.store.ChangeSite(t.Context(), d.SiteID, "Guide", map[string]string{"image": "app:1", "port": "9999", "health": "/nothere"}, amina)
	if err != nil {
		t.Fatal(err)
	}
	s.eventually("it waits", func() bool { return strings.Contains(s.detail(change), "We are waiting until it answers.") })
	ahead.Add(int64(30 * time.Second))
	s.eventually("it says where", func() bool { return strings.Contains(s.detail(change), "nothing answers at port 9999 (/nothere) yet") })
}

func TestReconciler_SaysWhileItIsTriedHowItFailed(t *testing.T) {
	for words, want := range map[string]string{
		pullFailed: "Its image could not be fetched (1 of 3 times",
		"Task was killed since health check failed.": "Its program was started and did not answer (1 of 3 times",
		"panic": "Its program stopped by itself (1 of 3 times",
	} {
		s := newStage(t)
		s.world.Set(func(w *reconciletest.World) { w.Failing, w.Only, w.Once = words, "/sites/guide", true })
		d := s.create("Guide")
		s.eventually("it says "+want, func() bool { return strings.HasPrefix(s.detail(d), want) })
	}
}
