// Package kindtest tries what every kind of shared service has to do alike.
//
// It is for tests alone. What needs a server is in images/imagestest.
package kindtest

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"seedbed"
)

// Kind is a kind of shared service, as reconcile.ServiceKind describes it.
type Kind interface {
	Check(ctx context.Context, e seedbed.Endpoint) error
	Ensure(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error
	Bound(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (bool, error)
	Gone(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (bool, error)
	Remove(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error
	Rotate(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error
	Usage(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (seedbed.Usage, error)
	Dump(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding, w io.Writer) error
	Load(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding, r io.Reader) error
}

// RefusesNames fails the test unless k refuses those names, and others that no
// kind takes, with these words before it asks any server. A name from anywhere
// else than Site.Key must not even be tried: Remove would delete what it names.
func RefusesNames(t *testing.T, k Kind, dump, words string, names ...string) {
	t.Helper()
	nowhere := seedbed.Endpoint{Host: "127.0.0.1", Port: 1, AdminPort: 1}
	for _, name := range append(names, "", "guide", "s-a", "s1-", "s1-a-", "s1-A", "S1-a", "s1-a b", "s1-a_b", "s1-a*", "s1-a\x00b", "../s1-a") {
		for what, err := range everything(t, k, nowhere, seedbed.Binding{Name: name, Password: "x"}, dump) {
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%s of %q gave %v", what, name, err)
			}
		}
	}
}

// SaysUnavailable fails the test unless all that k does is Unavailable where
// nothing answers, and tells no password.
func SaysUnavailable(t *testing.T, k Kind, dump string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	e := seedbed.Endpoint{Host: "127.0.0.1", Port: port, AdminPort: port, Password: "very secret"}
	failures := everything(t, k, e, seedbed.Binding{Name: "s1-a", Password: "also secret"}, dump)
	failures["Check"] = k.Check(t.Context(), e)
	for what, err := range failures {
		if seedbed.CodeOf(err) != seedbed.Unavailable || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s gave %v, want Unavailable", what, err)
		}
	}
}

// everything calls each method that a binding is given to, none of which can do
// what it is to.
func everything(t *testing.T, k Kind, e seedbed.Endpoint, b seedbed.Binding, dump string) map[string]error {
	t.Helper()
	ctx := t.Context()
	bound, boundErr := k.Bound(ctx, e, b)
	gone, goneErr := k.Gone(ctx, e, b)
	if bound || gone {
		t.Errorf("of what cannot be known of %q: bound %v, gone %v", b.Name, bound, gone)
	}
	_, usage := k.Usage(ctx, e, b)
	return map[string]error{
		"Ensure": k.Ensure(ctx, e, b), "Remove": k.Remove(ctx, e, b), "Rotate": k.Rotate(ctx, e, b),
		"Bound": boundErr, "Gone": goneErr, "Usage": usage,
		"Dump": k.Dump(ctx, e, b, io.Discard), "Load": k.Load(ctx, e, b, strings.NewReader(dump)),
	}
}

// IsBound is k.Bound for a server that has to answer.
func IsBound(t *testing.T, k Kind, e seedbed.Endpoint, b seedbed.Binding) bool {
	t.Helper()
	return known(t, "Bound", b, k.Bound, e)
}

// IsGone is k.Gone for a server that has to answer.
func IsGone(t *testing.T, k Kind, e seedbed.Endpoint, b seedbed.Binding) bool {
	t.Helper()
	return known(t, "Gone", b, k.Gone, e)
}

func known(t *testing.T, what string, b seedbed.Binding, ask func(context.Context, seedbed.Endpoint, seedbed.Binding) (bool, error), e seedbed.Endpoint) bool {
	t.Helper()
	answer, err := ask(t.Context(), e, b)
	if err != nil {
		t.Fatalf("%s(%s): %v", what, b.Name, err)
	}
	return answer
}
