package postgres_test

import (
	"net"
	"strings"
	"testing"

	"seedbed"
	"seedbed/catalog/postgres"
)

// A name from anywhere else than Site.Key must not even be tried: Remove would
// delete what it names.
func TestKind_RefusesNamesThatAreNotASitesOwn(t *testing.T) {
	k := postgres.New()
	nowhere := seedbed.Endpoint{Host: "127.0.0.1", Port: 1}
	for _, name := range []string{
		"", "postgres", "template1", "pg_monitor", "nurse-handbook", "s1-", "s1-a-", "s-a", "S1-A", `s1-a"; DROP ROLE x`, "s1-a\x00b", "s1-a b",
		"s1-" + strings.Repeat("a", 61),
	} {
		b := seedbed.Binding{Name: name, Password: "x"}
		_, boundErr := k.Bound(t.Context(), nowhere, b)
		_, goneErr := k.Gone(t.Context(), nowhere, b)
		for _, err := range []error{k.Ensure(t.Context(), nowhere, b), k.Remove(t.Context(), nowhere, b), boundErr, goneErr} {
			if err == nil || !strings.Contains(err.Error(), "is not the name of a site's own database") {
				t.Errorf("name %q gave %v", name, err)
			}
		}
	}
}

func TestKind_SaysUnavailableWhenNothingAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	e := seedbed.Endpoint{Host: "127.0.0.1", Port: port, Password: "very secret"}
	k, b := postgres.New(), seedbed.Binding{Name: "s1-a", Password: "also secret"}
	bound, boundErr := k.Bound(t.Context(), e, b)
	gone, goneErr := k.Gone(t.Context(), e, b)
	if bound || gone {
		t.Errorf("of a server that does not answer: bound %v, gone %v", bound, gone)
	}
	for _, err := range []error{k.Check(t.Context(), e), k.Ensure(t.Context(), e, b), k.Remove(t.Context(), e, b), boundErr, goneErr} {
		if seedbed.CodeOf(err) != seedbed.Unavailable {
			t.Errorf("got %v, want Unavailable", err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error holds a password: %v", err)
		}
	}
}

func TestKind_RefusesPasswordsThatSASLprepWouldChange(t *testing.T) {
	k := postgres.New()
	for _, password := range []seedbed.Secret{"", "pässword", "a\nb", "a\x7f"} {
		b := seedbed.Binding{Name: "s1-a", Password: password}
		if err := k.Ensure(t.Context(), seedbed.Endpoint{}, b); err == nil || !strings.Contains(err.Error(), "ASCII") {
			t.Errorf("password %q gave %v", password.Reveal(), err)
		}
	}
}
