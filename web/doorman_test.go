package web

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/web/webtest"
)

func TestTooMany_SaysHowLong(t *testing.T) {
	for wait, want := range map[time.Duration]string{1500 * time.Millisecond: "2 seconds", 5 * time.Minute: "5 minutes", 91 * time.Second: "2 minutes"} {
		if got := seedbed.MessageOf(tooMany(wait)); !strings.Contains(got, want) {
			t.Errorf("%s: %q", wait, got)
		}
	}
}

func TestDoorman_OneAddressMakesNobodyWaitElsewhere(t *testing.T) {
	now := time.Date(2025, 5, 6, 14, 2, 0, 0, time.UTC)
	d, err := newDoorman(func() time.Time { return now }, webtest.Hashing())
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		one := newTry("Amina", "192.0.2.1")
		_ = d.slow(&one)
		now = now.Add(5 * time.Minute)
	}
	elsewhere := newTry("amina", "198.51.100.1")
	if err := d.slow(&elsewhere); err != nil || !elsewhere.counted {
		t.Errorf("%v", err)
	}
}

func TestDoorman_ManyAddressesMakeANameWait(t *testing.T) {
	now := time.Date(2025, 5, 6, 14, 2, 0, 0, time.UTC)
	d, err := newDoorman(func() time.Time { return now }, webtest.Hashing())
	if err != nil {
		t.Fatal(err)
	}
	let := 0
	for i := range 300 {
		one := newTry("Amina", "192.0.2."+strconv.Itoa(i))
		if d.slow(&one) == nil {
			let++
		}
	}
	if let != freeForNameAtAll+1 {
		t.Errorf("%d tries at one name at once", let)
	}
	joseph := newTry("Joseph", "192.0.2.1")
	if err := d.slow(&joseph); err != nil {
		t.Errorf("somebody else: %v", err)
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
