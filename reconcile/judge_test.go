package reconcile_test

import (
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/reconcile"
)

func TestJudgeSite(t *testing.T) {
	var (
		ok      = seedbed.Answer{At: time.Now(), Status: 200, Took: 120 * time.Millisecond}
		bad     = seedbed.Answer{At: time.Now(), Status: 503}
		done    = seedbed.Deployment{State: seedbed.Done, Kind: seedbed.Make}
		working = seedbed.Deployment{State: seedbed.Working, Kind: seedbed.Make}
		failed  = seedbed.Deployment{State: seedbed.Failed, Kind: seedbed.Change, Cause: "It stopped.", Words: "boom"}
		healthy = &seedbed.Observed{Instances: 1, Running: 1, Healthy: 1, Settled: true}
		unwell  = &seedbed.Observed{Instances: 1, Running: 1, Settled: true, Failure: &seedbed.Failure{Message: "boom"}}
		lacks   = reconcile.Lack{Kind: "postgres", Status: seedbed.Status{State: seedbed.Broken, Sentence: "It stopped by itself.", Words: "disk full"}}
		waits   = &seedbed.Observed{Instances: 1, Settled: true, Waiting: &seedbed.Waiting{For: seedbed.ShortOfMemory, Need: 512, Freest: 300}}
		unseen  = &seedbed.Observed{Instances: 1, Settled: true, Unseen: true}
	)
	for _, c := range []struct {
		name string
		dep  seedbed.Deployment
		s    reconcile.Sight
		want seedbed.State
		says string
	}{
		{"all well", done, reconcile.Sight{Workload: healthy, Routed: true, Answer: ok}, seedbed.Live, "120 ms"},
		{"paused", seedbed.Deployment{State: seedbed.Done, Kind: seedbed.Pause}, reconcile.Sight{At: time.Now(), Unrouted: true, Answer: ok}, seedbed.AtRest, "Visitors read that it is paused"},
		{"paused, and something runs", seedbed.Deployment{State: seedbed.Done, Kind: seedbed.Pause}, reconcile.Sight{At: time.Now(), Workload: healthy, Routed: true}, seedbed.Attention, "something of it runs"},
		{"no answer", done, reconcile.Sight{Workload: healthy, Routed: true, Answer: bad}, seedbed.Broken, "503"},
		{"asked in vain", done, reconcile.Sight{Workload: healthy, Routed: true}, seedbed.Broken, "does not answer"},
		{"no route but an old answer", done, reconcile.Sight{Workload: healthy, Answer: ok}, seedbed.Attention, "not all"},
		{"unhealthy", done, reconcile.Sight{Workload: unwell, Answer: bad}, seedbed.Broken, "health check"},
		{"engine away, site answers", done, reconcile.Sight{Blind: true, Answer: ok}, seedbed.Attention, "answers"},
		{"engine away, nothing answers", done, reconcile.Sight{Blind: true, Answer: bad}, seedbed.Broken, "engine"},
		{"no room", done, reconcile.Sight{Workload: waits, Answer: bad}, seedbed.Broken, "It needs 512 MB of memory on one machine, and the freest has 300 MB left."},
		{"docker away", done, reconcile.Sight{Workload: unseen, Answer: bad}, seedbed.Broken, "Docker"},
		{"lost", done, reconcile.Sight{Answer: bad}, seedbed.Broken, "does not know it"},
		{"answers without its database", done, reconcile.Sight{Workload: healthy, Routed: true, Answer: ok, Lacks: lacks}, seedbed.Attention, "PostgreSQL, which it needs, is not ready. It stopped by itself."},
		{"does not answer without its database", done, reconcile.Sight{Workload: healthy, Routed: true, Answer: bad, Lacks: lacks}, seedbed.Broken, "PostgreSQL, which it needs"},
		{"being made", working, reconcile.Sight{Answer: bad}, seedbed.AtWork, "steps"},
		{"change failed, answers", failed, reconcile.Sight{Workload: healthy, Routed: true, Answer: ok}, seedbed.Attention, "It stopped."},
		{"change failed, does not answer", failed, reconcile.Sight{Answer: bad}, seedbed.Broken, "It stopped."},
	} {
		c.s.At = time.Now()
		got := reconcile.JudgeSite(seedbed.SiteSpec{Deployment: c.dep}, c.s)
		if got.State != c.want || !strings.Contains(got.Sentence, c.says) || got.Word == "" {
			t.Errorf("%s: %s %q %q, want %s with %q", c.name, got.State, got.Word, got.Sentence, c.want, c.says)
		}
	}
}

func TestJudgeSite_KnowsThatNginxAnswersInItsPlace(t *testing.T) {
	done, failed := seedbed.Deployment{State: seedbed.Done, Kind: seedbed.Make}, seedbed.Deployment{State: seedbed.Failed, Kind: seedbed.Change, Cause: "It stopped."}
	well := reconcile.Sight{At: time.Now(), Workload: &seedbed.Observed{Instances: 1, Running: 1, Healthy: 1, Settled: true}, Routed: true}
	ill, answering := well, well
	ill.Workload = &seedbed.Observed{Instances: 1, Running: 1, Settled: true}
	answering.Answer = seedbed.Answer{At: time.Now(), Status: 200}
	maintenance, keys := seedbed.Visitors{Maintenance: true}, seedbed.Visitors{Audience: seedbed.KeyHolders}
	for _, c := range []struct {
		name string
		v    seedbed.Visitors
		dep  seedbed.Deployment
		s    reconcile.Sight
		want seedbed.State
		says string
	}{
		{"maintenance", maintenance, done, well, seedbed.AtRest, "Visitors read your page"},
		{"maintenance, and it is let in", maintenance, done, answering, seedbed.AtRest, "Visitors read your page"},
		{"maintenance of what is ill", maintenance, done, ill, seedbed.Broken, "health check"},
		{"maintenance after a change that failed", maintenance, failed, well, seedbed.Attention, "It runs, but the last change was not carried out."},
		{"a password", keys, done, well, seedbed.Live, "do not see its first page"},
		{"a password, and it is let in", keys, done, answering, seedbed.Live, "Answering in"},
		{"a password of what is ill", keys, done, ill, seedbed.Broken, "health check"},
	} {
		got := reconcile.JudgeSite(seedbed.SiteSpec{Deployment: c.dep, Visitors: c.v}, c.s)
		if got.State != c.want || !strings.Contains(got.Sentence, c.says) {
			t.Errorf("%s: %s, %s", c.name, got.State, got.Sentence)
		}
	}
}

func TestJudgeSite_SaysNothingOfWhatWasNotSeen(t *testing.T) {
	got := reconcile.JudgeSite(seedbed.SiteSpec{Deployment: seedbed.Deployment{State: seedbed.Done}}, reconcile.Sight{})
	if got.State != seedbed.AtRest {
		t.Errorf("a site that was not looked at yet is %s", got.State)
	}
}
