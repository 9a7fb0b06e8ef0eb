package reconcile

import (
	"testing"
	"time"

	"seedbed"
)

func TestBoard_KeepsTheNewestOfLooksThatOverlap(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2026, 5, 4, 12, 0, s, 0, time.UTC) }
	spec := seedbed.SiteSpec{Site: seedbed.Site{ID: 1}, Deployment: seedbed.Deployment{State: seedbed.Done}}
	well := &seedbed.Observed{Instances: 1, Running: 1, Healthy: 1, Settled: true}
	worker := Sight{At: at(1), Workload: well, Routed: true, Answer: seedbed.Answer{At: at(4), Status: 200}}
	watcher := Sight{At: at(2), Workload: well, Routed: true} // began later, and did not ask
	unknown := map[int64]Sight{}

	for name, see := range map[string]func(*Board){
		"the worker ends first": func(b *Board) {
			b.see(spec, worker)
			b.post(at(2), []seedbed.SiteSpec{spec}, map[int64]Sight{1: watcher}, nil, nil)
		},
		"the watcher ends first": func(b *Board) {
			b.post(at(2), []seedbed.SiteSpec{spec}, map[int64]Sight{1: watcher}, nil, nil)
			b.see(spec, worker)
		},
		"the watcher began before the site was there": func(b *Board) { b.see(spec, worker); b.post(at(0), nil, unknown, nil, nil) },
	} {
		var b Board
		see(&b)
		if got := b.SiteStatus(spec); got.State != seedbed.Live {
			t.Errorf("%s: the site is %s (%s), want live", name, got.State, got.Sentence)
		}
	}
	var b Board
	b.see(spec, worker)
	b.post(at(5), nil, unknown, nil, nil)
	if got := b.SiteStatus(spec); got.State != seedbed.AtRest {
		t.Errorf("a site that is gone is still %s", got.State)
	}
}
