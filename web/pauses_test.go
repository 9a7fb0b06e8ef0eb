package web

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"seedbed"
)

func TestPauses_GrowAndAreForgotten(t *testing.T) {
	p, now := newPauses(2), time.Date(2025, 5, 6, 14, 2, 0, 0, time.UTC)
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
	p, now := newPauses(1), time.Date(2025, 5, 6, 14, 2, 0, 0, time.UTC)
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
	p, now := newPauses(1), time.Date(2025, 5, 6, 14, 2, 0, 0, time.UTC)
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

func TestTooMany_SaysHowLong(t *testing.T) {
	for wait, want := range map[time.Duration]string{1500 * time.Millisecond: "2 seconds", 5 * time.Minute: "5 minutes", 91 * time.Second: "2 minutes"} {
		if got := seedbed.MessageOf(tooMany(wait)); !strings.Contains(got, want) {
			t.Errorf("%s: %q", wait, got)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "/sites/a?b=c", "//x", "/\\x", "https://x", "", "/\n/x", "/%2f/x", "/..//x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := localPath(next)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t") {
			t.Errorf("%q leads to %q", next, got)
		}
	})
}

func FuzzParseUserName(f *testing.F) {
	for _, seed := range []string{"Amina", "", " a ", "a b", "\xff", "أمينة", "a\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := parseUserName(s)
		if err == nil && (name == "" || strings.ContainsAny(name, " <>&\"'\x00\n\uFFFD")) {
			t.Errorf("%q became %q", s, name)
		}
	})
}
