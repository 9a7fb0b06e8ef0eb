package rabbitmq

import (
	"strings"
	"testing"

	"seedbed"
	"seedbed/catalog/kindtest"
)

func TestKind_RefusesNamesThatAreNotASitesOwn(t *testing.T) {
	kindtest.RefusesNames(t, New(), `{"seedbed":"`+form+`"}`, "is not the name of a site's own virtual host",
		"/", "seedbed", "s1-a/b", "s1-a?x", "../users")
}

func TestKind_SaysUnavailableWhenNothingAnswers(t *testing.T) {
	kindtest.SaysUnavailable(t, New(), `{"seedbed":"`+form+`"}`)
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
