package redis

import (
	"testing"

	"seedbed/catalog/kindtest"
)

func TestKind_RefusesNamesThatAreNotASitesOwn(t *testing.T) {
	kindtest.RefusesNames(t, New(), magic+"e\x00", "is not the name of a site's own user",
		"admin", "default", "s1-a?", "s1-[a]", "s1-a on", "s1-a\n+@all")
}

func TestKind_SaysUnavailableWhenNothingAnswers(t *testing.T) {
	kindtest.SaysUnavailable(t, New(), magic+"e\x00")
}
