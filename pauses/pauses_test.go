package pauses

import (
	"strconv"
	"testing"
	"time"
)

func TestPauses_GrowAndAreForgotten(t *testing.T) {
	p, now := New(2), time.Date(2025, 5, 6, 14, 2, 0, 0, time.UTC)
	p.Try("amina", now)
	for _, want := range []int{0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		if wait := p.Try("amina", now); wait != 0 {
			t.Fatalf("%s to wait after a pause", wait)
		}
		pause := time.Duration(want) * time.Second
		if pause == 0 {
			continue
		}
		if wait := p.Try("amina", now); wait != pause {
			t.Errorf("pause of %s, want %s", wait, pause)
		}
		now = now.Add(pause)
	}
	p.Try("amina", now)
	if wait := p.Try("joseph", now); wait != 0 {
		t.Errorf("somebody else waits %s", wait)
	}
	if wait := p.Try("amina", now.Add(forgetAfter+time.Second)); wait != 0 {
		t.Errorf("after a quiet time the wait is %s", wait)
	}
}

func TestPauses_TakeBackOne(t *testing.T) {
	p, now := New(1), time.Date(2025, 5, 6, 14, 2, 0, 0, time.UTC)
	p.Try("a", now)
	p.Try("a", now)
	if p.Try("a", now) == 0 {
		t.Fatal("no pause after a try too many")
	}
	p.TakeBack("a")
	if wait := p.Try("a", now); wait != 0 {
		t.Errorf("still %s to wait", wait)
	}
	p.TakeBack("nobody")
}

func TestPauses_RememberABoundedNumber(t *testing.T) {
	p, now := New(1), time.Date(2025, 5, 6, 14, 2, 0, 0, time.UTC)
	for i := range maxKeys + 50 {
		p.Try(strconv.Itoa(i), now.Add(time.Duration(i)*time.Millisecond))
	}
	if len(p.tries) > maxKeys {
		t.Errorf("%d keys", len(p.tries))
	}
	if _, kept := p.tries[strconv.Itoa(maxKeys+49)]; !kept {
		t.Error("the newest was dropped")
	}
}
