package onebox

import (
	"testing"
	"time"
)

func TestBackoff_GrowsToItsLimitAndForgets(t *testing.T) {
	a := testApp(1, 1, 1)
	a.BackoffSeconds, a.BackoffFactor, a.MaxLaunchDelaySeconds = 1, 2, 5
	var b backoff
	now := testTime
	for _, want := range []time.Duration{1, 2, 4, 5, 5} {
		b = b.failed(a, now)
		if b.Delay != want*time.Second || !b.until(a, now).Equal(now.Add(want*time.Second)) {
			t.Fatalf("the delay is %v until %v, want %vs", b.Delay, b.until(a, now), int(want))
		}
		now = b.until(a, now)
	}
	if later := b.failed(a, now.Add(time.Minute)); later.Delay != time.Second {
		t.Errorf("after a calm the delay is %v", later.Delay)
	}
	if soon := b.advanced(a, now.Add(4*time.Second)).failed(a, now.Add(8*time.Second)); soon.Delay != 5*time.Second {
		t.Errorf("a container that started and failed again has the delay %v", soon.Delay)
	}
	if other := changed(a); !b.until(other, now).IsZero() {
		t.Error("another configuration still has the delay")
	}
}

func TestBackoff_CountsFromTheLastSignOfLife(t *testing.T) {
	a := testApp(1, 1, 1)
	a.BackoffSeconds = 10
	b := backoff{}.failed(a, testTime)
	if next := b.advanced(a, testTime.Add(3*time.Second)).until(a, testTime.Add(time.Minute)); !next.Equal(testTime.Add(13 * time.Second)) {
		t.Errorf("after a launch 3 s later the next may be at %v", next)
	}
	if next := (backoff{}).advanced(a, testTime).until(a, testTime); !next.IsZero() {
		t.Errorf("without a failure there is a delay until %v", next)
	}
}

func TestBackoff_FirstDelayIsNotLongerThanTheLongest(t *testing.T) {
	a := testApp(1, 1, 1)
	a.BackoffSeconds, a.MaxLaunchDelaySeconds = 100, 5
	if b := (backoff{}).failed(a, testTime); b.Delay != 5*time.Second {
		t.Errorf("the delay is %v", b.Delay)
	}
}

func TestBackoff_DoesNotStickWhenTheClockIsSetBack(t *testing.T) {
	a := testApp(1, 1, 1)
	b := backoff{}.failed(a, testTime)
	if back := testTime.Add(-time.Hour); b.until(a, back).After(back) {
		t.Errorf("an hour earlier nothing is launched before %v", b.until(a, back))
	}
}
