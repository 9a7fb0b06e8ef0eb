package postgres_test

import (
	"strings"
	"testing"

	"seedbed"
	"seedbed/catalog/kindtest"
	"seedbed/catalog/postgres"
)

func TestKind_RefusesNamesThatAreNotASitesOwn(t *testing.T) {
	kindtest.RefusesNames(t, postgres.New(), "not read", "is not the name of a site's own database",
		"postgres", "template1", "pg_monitor", `s1-a"; DROP ROLE x`, "s1-"+strings.Repeat("a", 61))
}

func TestKind_SaysUnavailableWhenNothingAnswers(t *testing.T) {
	kindtest.SaysUnavailable(t, postgres.New(), "not read")
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
