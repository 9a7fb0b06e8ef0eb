package templates

import (
	"testing"
	"time"

	"seedbed"
)

func TestAgo_SaysTimesAsPeopleDo(t *testing.T) {
	for _, c := range []struct {
		age  time.Duration
		want string
	}{
		{-time.Minute, "now"}, {0, "now"}, {44 * time.Second, "now"}, {50 * time.Second, "1 min ago"}, {59 * time.Minute, "59 min ago"},
		{59*time.Minute + 40*time.Second, "59 min ago"}, {2 * time.Hour, "2 h ago"}, {14 * time.Hour, "14 h ago"}, {15 * time.Hour, "yesterday"},
		{37 * time.Hour, "yesterday"}, {39 * time.Hour, "Sunday"}, {5 * 24 * time.Hour, "Thursday"}, {30 * 24 * time.Hour, "6 April"}, {365 * 24 * time.Hour, "6 May 2024"},
	} {
		if got := ago(before(c.age), now()); got != c.want {
			t.Errorf("%s before: %q, want %q", c.age, got, c.want)
		}
	}
	east := time.FixedZone("EAT", 3*3600)
	if got := ago(time.Date(2025, 5, 5, 22, 30, 0, 0, time.UTC), now().In(east)); got != "15 h ago" {
		t.Errorf("in another time zone: %q", got)
	}
}

func TestLengthsAndSizes_AreShort(t *testing.T) {
	for got, want := range map[string]string{
		took(200 * time.Millisecond): "0.2 s", took(41 * time.Second): "41 s", took(65 * time.Second): "1 min 5 s", took(123 * time.Minute): "2 h 3 min", took(-1): "0 s",
		going(3 * time.Second): "", going(22 * time.Second): "20 s", going(3 * time.Minute): "3 min", going(61 * time.Minute): "1 h 1 min",
		about(40 * time.Second): "40 s", about(5 * time.Minute): "5 min",
		size(1): "1 byte", size(812): "812 bytes", size(41_000): "41 kB", size(999_600): "1 MB", size(1_400_000_000): "1.4 GB", size(536_870_912): "536.9 MB",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSteps_AllHaveWords(t *testing.T) {
	for _, name := range []seedbed.StepName{
		seedbed.StepVolumes, seedbed.StepService + ":postgres", seedbed.StepBinding + ":postgres", seedbed.StepApply, seedbed.StepWell, seedbed.StepRoute,
		seedbed.StepAnswer, seedbed.StepStop, seedbed.StepUnroute, seedbed.StepUnbind + ":postgres", seedbed.StepDiscard,
	} {
		w := wordsFor(name)
		if w.done == string(name) || w.done == w.now || w.now == w.toCome {
			t.Errorf("%s: %+v", name, w)
		}
	}
}

func TestWords_FitTheirSentence(t *testing.T) {
	for got, want := range map[string]string{
		midSentence("Static site"): "static site", midSentence("WordPress"): "WordPress", midSentence("Wiki"): "wiki",
		article("Archive"): "an", article("wiki"): "a", initial("  (2) x"): "2", initial("élan"): "É", initial("!"): "·",
		sequence(nil): "", sequence([]string{"a"}): "a", sequence([]string{"a", "b", "c"}): "a, b and c",
		belongings(true, []string{"postgres"}): "its files and its database in PostgreSQL",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
