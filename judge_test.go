package seedbed_test

import (
	"strings"
	"testing"
	"time"

	"seedbed"
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
		unseen  = &seedbed.Observed{Instances: 1, Settled: true, Unseen: true}
	)
	for _, c := range []struct {
		name string
		dep  seedbed.Deployment
		s    seedbed.Sight
		want seedbed.State
		says string
	}{
		{"all well", done, seedbed.Sight{Workload: healthy, Routed: true, Answer: ok}, seedbed.Live, "120 ms"},
		{"no answer", done, seedbed.Sight{Workload: healthy, Routed: true, Answer: bad}, seedbed.Broken, "503"},
		{"asked in vain", done, seedbed.Sight{Workload: healthy, Routed: true}, seedbed.Broken, "does not answer"},
		{"no route but an old answer", done, seedbed.Sight{Workload: healthy, Answer: ok}, seedbed.Attention, "not all"},
		{"unhealthy", done, seedbed.Sight{Workload: unwell, Answer: bad}, seedbed.Broken, "health check"},
		{"engine away, site answers", done, seedbed.Sight{Blind: true, Answer: ok}, seedbed.Attention, "answers"},
		{"engine away, nothing answers", done, seedbed.Sight{Blind: true, Answer: bad}, seedbed.Broken, "engine"},
		{"docker away", done, seedbed.Sight{Workload: unseen, Answer: bad}, seedbed.Broken, "Docker"},
		{"lost", done, seedbed.Sight{Answer: bad}, seedbed.Broken, "does not know it"},
		{"being made", working, seedbed.Sight{Answer: bad}, seedbed.AtWork, "steps"},
		{"change failed, answers", failed, seedbed.Sight{Workload: healthy, Routed: true, Answer: ok}, seedbed.Attention, "It stopped."},
		{"change failed, does not answer", failed, seedbed.Sight{Answer: bad}, seedbed.Broken, "It stopped."},
	} {
		c.s.At = time.Now()
		got := seedbed.JudgeSite(seedbed.SiteSpec{Deployment: c.dep}, c.s)
		if got.State != c.want || !strings.Contains(got.Sentence, c.says) || got.Word == "" {
			t.Errorf("%s: %s %q %q, want %s with %q", c.name, got.State, got.Word, got.Sentence, c.want, c.says)
		}
	}
}

func TestJudgeSite_SaysNothingOfWhatWasNotSeen(t *testing.T) {
	got := seedbed.JudgeSite(seedbed.SiteSpec{Deployment: seedbed.Deployment{State: seedbed.Done}}, seedbed.Sight{})
	if got.State != seedbed.AtRest {
		t.Errorf("a site that was not looked at yet is %s", got.State)
	}
}

func TestSecret_IsNeverPrinted(t *testing.T) {
	s := struct{ Password seedbed.Secret }{"hunter2"}
	for _, text := range []string{sprint("%v", s), sprint("%+v", s), sprint("%#v", s), sprint("%s", s.Password), sprint("%q", s.Password), sprint("%x", s.Password), asJSON(t, s), asLog(s.Password)} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e746572") {
			t.Errorf("the secret is in %q", text)
		}
	}
}
