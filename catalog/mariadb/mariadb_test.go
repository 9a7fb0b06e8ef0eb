package mariadb

import (
	"strings"
	"testing"

	"seedbed/catalog/kindtest"
)

func TestQuote_MakesOneIdentifierOfAnyText(t *testing.T) {
	for text, want := range map[string]string{
		"s12-guide": "`s12-guide`", "": "``", "a`b": "`a``b`", "`": "````", "a`; DROP DATABASE mysql; -- ": "`a``; DROP DATABASE mysql; -- `",
	} {
		if got := quote(text); got != want {
			t.Errorf("quote(%q) = %s, want %s", text, got, want)
		}
	}
}

// The example of MariaDB's manual, PASSWORD('notagoodpwd').
func TestNativeHash_IsWhatMariaDBStores(t *testing.T) {
	if got := nativeHash("notagoodpwd"); got != "*3A70EE9FC6594F88CE9E959CD51C5A1C002DC937" {
		t.Errorf("got %s", got)
	}
}

func TestKind_RefusesNamesThatAreNotASitesOwn(t *testing.T) {
	kindtest.RefusesNames(t, New(), firstLine, "is not the name of a site's own schema",
		"mysql", "seedbed", "s1-a`", "s1-a%", "s1-"+strings.Repeat("a", 62))
}

func TestKind_SaysUnavailableWhenNothingAnswers(t *testing.T) {
	kindtest.SaysUnavailable(t, New(), firstLine)
}
