package rabbitmq

import (
	"net"
	"strings"
	"testing"

	"seedbed"
)

// A name from anywhere else than Site.Key must not even be tried: Remove would
// delete what it names.
func TestKind_RefusesNamesThatAreNotASitesOwn(t *testing.T) {
	nowhere := seedbed.Endpoint{Host: "127.0.0.1", Port: 1, AdminPort: 1}
	for _, name := range []string{"", "/", "seedbed", "guide", "s1-", "s1-a/b", "s1-a?x", "../users", "s1-A"} {
		for what, err := range all(t, New(), nowhere, seedbed.Binding{Name: name, Password: "x"}) {
			if err == nil || !strings.Contains(err.Error(), "is not the name of a site's own virtual host") {
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
	e := seedbed.Endpoint{Host: "127.0.0.1", Port: port, AdminPort: port, Password: "very secret"}
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
		"Dump": k.Dump(t.Context(), e, b, &out), "Load": k.Load(t.Context(), e, b, strings.NewReader(`{"seedbed":"`+form+`"}`)),
	}
}

// The example of RabbitMQ's page on passwords: salt 908DC60A, password "test12".
func TestSalted_IsWhatRabbitMQStores(t *testing.T) {
	const stored = "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"
	if !isHashOf(stored, "test12") {
		t.Error("the password of the example does not fit")
	}
	for _, other := range []seedbed.Secret{"", "test1", "test12 "} {
		if isHashOf(stored, other) {
			t.Errorf("%q fits as well", other.Reveal())
		}
	}
	if isHashOf("", "") || isHashOf("AAAA", "") || isHashOf("?", "") {
		t.Error("a user without a password can sign in with an empty one")
	}
}

func TestReadDump_RefusesWhatIsNoDumpAndWhatBelongsToOthers(t *testing.T) {
	for _, text := range []string{"", "{", "[]", "{}", `{"seedbed":"seedbed redis 1"}`, `{"seedbed":"` + form + `"`, `{"seedbed":"` + form + `","queues":[1]}`} {
		if _, err := readDump(strings.NewReader(text)); err == nil {
			t.Errorf("took %q", text)
		}
	}
	d, err := readDump(strings.NewReader(`{"seedbed":"` + form + `","users":[{"name":"evil"}],"queues":[{"name":"q","vhost":"s2-other"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	given := d.definitions()
	if len(given) != 4 || len(given["queues"]) != 1 || len(given["queues"][0]) != 1 {
		t.Errorf("the server would be given %v", given)
	}
}
