package certs

import (
	"path/filepath"
	"testing"
	"time"
)

func TestPace_AsksAnAuthorityNoFasterThanItAllowsAlsoAfterRestarts(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "pace.json")
	start := func() *pace {
		return &pace{path: path, every: orderEvery, burst: orderBurst, quiet: quietAfter, now: func() time.Time { return at }}
	}
	orders := 0
	for range 3 * 60 * 6 { // three hours, every ten seconds, each time after a restart
		p := start()
		for {
			later, err := p.take()
			if err != nil {
				t.Fatal(err)
			}
			if !later.IsZero() {
				if later.Before(at) || later.After(at.Add(orderEvery)) {
					t.Fatalf("at %v it says %v", at, later)
				}
				break
			}
			orders++
		}
		at = at.Add(10 * time.Second)
	}
	if orders < 220 || orders > 300 {
		t.Errorf("%d orders in three hours", orders)
	}
}

func TestPace_LeavesAnAuthorityAloneThatDoesNotAnswer(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	p := &pace{path: filepath.Join(t.TempDir(), "pace.json"), every: orderEvery, burst: orderBurst, quiet: quietAfter, now: func() time.Time { return at }}
	var waits []time.Duration
	for range 10 {
		until := p.fell(0)
		if again := p.fell(0); again != until {
			t.Errorf("who asked at the same time makes it longer: %v, %v", until, again)
		}
		waits = append(waits, until.Sub(at))
		at = until.Add(time.Second)
	}
	if waits[0] != time.Minute || waits[1] != 2*time.Minute || waits[9] != time.Hour {
		t.Errorf("got %v", waits)
	}
	if until := p.fell(5 * time.Hour); until.Sub(at) != 5*time.Hour {
		t.Errorf("it named five hours; we wait %v", until.Sub(at))
	}
	if p.rose(); !p.silence().IsZero() {
		t.Error("after an answer it is still left alone")
	}
}

func TestPace_AClockThatWasWrongSilencesNobodyForYears(t *testing.T) {
	at := time.Date(2096, 5, 1, 12, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "pace.json")
	start := func() *pace {
		return &pace{path: path, every: orderEvery, burst: orderBurst, quiet: quietAfter, now: func() time.Time { return at }}
	}
	if _, err := start().take(); err != nil {
		t.Fatal(err)
	}
	at = at.AddDate(-70, 0, 0)
	if later := start().turn(); later.After(at.Add(time.Duration(orderBurst) * orderEvery)) {
		t.Errorf("nobody asks before %v", later)
	}
}

func TestPauses_GrowAndEnd(t *testing.T) {
	g := growing{time.Minute, time.Hour}
	for failures, want := range map[int]time.Duration{0: time.Minute, 1: time.Minute, 2: 2 * time.Minute, 6: 32 * time.Minute, 7: time.Hour, 1 << 30: time.Hour} {
		if got := g.after(failures); got != want {
			t.Errorf("after %d failures: %v, not %v", failures, got, want)
		}
	}
}

func TestParseRetryAfter(t *testing.T) {
	const now = "Fri, 01 May 2026 12:00:00 GMT"
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "": 0, "soon": 0, "-5": 0, "99999999999999999999": 0, "2147483647": maxRetryAfter,
		"Fri, 01 May 2026 13:00:00 GMT": time.Hour, "Fri, 01 May 2020 13:00:00 GMT": 0, "Fri, 01 May 2096 13:00:00 GMT": maxRetryAfter,
	} {
		if got := parseRetryAfter(value, now); got != want {
			t.Errorf("%q is %v, not %v", value, got, want)
		}
	}
}
