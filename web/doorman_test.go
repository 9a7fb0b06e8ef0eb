package web

import (
	"strings"
	"testing"
	"time"

	"seedbed"
)

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
