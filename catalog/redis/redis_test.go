package redis

import (
	"net"
	"strings"
	"testing"

	"seedbed"
)

// A name from anywhere else than Site.Key must not even be tried: a pattern in
// it would reach what is others', and Remove would delete it.
func TestKind_RefusesNamesThatAreNotASitesOwn(t *testing.T) {
	nowhere := seedbed.Endpoint{Host: "127.0.0.1", Port: 1}
	for _, name := range []string{"", "admin", "default", "guide", "s1-", "s1-*", "s1-a?", "s1-[a]", "s1-a on", "s1-a\n+@all"} {
		for what, err := range all(t, New(), nowhere, seedbed.Binding{Name: name, Password: "x"}) {
			if err == nil || !strings.Contains(err.Error(), "is not the name of a site's own user") {
				t.Errorf("%s of %q gave %v", what, name, err)
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
	for what, err := range all(t, New(), e, seedbed.Binding{Name: "s1-a", Password: "also secret"}) {
		if seedbed.CodeOf(err) != seedbed.Unavailable || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s gave %v, want Unavailable", what, err)
		}
	}
}

// all calls each method that a binding is given to.
func all(t *testing.T, k *Kind, e seedbed.Endpoint, b seedbed.Binding) map[string]error {
	t.Helper()
	var out strings.Builder
	_, bound := k.Bound(t.Context(), e, b)
	_, gone := k.Gone(t.Context(), e, b)
	_, usage := k.Usage(t.Context(), e, b)
	return map[string]error{
		"Ensure": k.Ensure(t.Context(), e, b), "Remove": k.Remove(t.Context(), e, b), "Rotate": k.Rotate(t.Context(), e, b),
		"Bound": bound, "Gone": gone, "Usage": usage,
		"Dump": k.Dump(t.Context(), e, b, &out), "Load": k.Load(t.Context(), e, b, strings.NewReader(magic+"e\x00")),
	}
}
