package nginxconf

import (
	"errors"
	"strings"
	"testing"
)

func TestReadDocument_TakesWhatItsBridgeWrote(t *testing.T) {
	foreign := one("/sites/foreign", 31001, "domain", "foreign.localhost")
	foreign.Meta[metaBridge] = "other"
	mine := one("/sites/mine", 31002, "domain", "mine.localhost")
	entries, err := readDocument([]byte(someDocument(t, "1", foreign, mine)), "seedbed")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, entries, []entry{mine})
}

func TestReadDocument_ConcludesNothingFromAPartialView(t *testing.T) {
	mine := one("/sites/mine", 31002, "domain", "mine.localhost")
	for name, text := range map[string]string{
		"fewer than the bridge wrote":  someDocument(t, "2", mine),
		"more than the bridge wrote":   someDocument(t, "0", mine),
		"no word of the bridge":        `{"nodes":[null]}`,
		"Consul without its data":      `{"nodes":[{"Node":{},"Services":[]},null]}`,
		"only the bridge's own entry":  someDocument(t, "1"),
		"a word of some other bridge":  strings.ReplaceAll(someDocument(t, "0"), `"seedbed-bridge":"seedbed"`, `"seedbed-bridge":"other"`),
		"a node that vanished between": `{"nodes":[{"Node":null,"Services":null},null]}`,
	} {
		if _, err := readDocument([]byte(text), "seedbed"); !errors.Is(err, errIncomplete) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadDocument_RefusesAnotherForm(t *testing.T) {
	for _, text := range []string{"", "{}x", "null x", `{"nodes":[null]} {}`, `{"nodes":[{"Unknown":1}]}`, `{"nodes":{}}`,
		"<html>", someDocument(t, "many"), strings.TrimSuffix(someDocument(t, "0"), "}")} {
		if _, err := readDocument([]byte(text), "seedbed"); err == nil || errors.Is(err, errIncomplete) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestReadDocument_TakesNothingFromABridgeWithNothing(t *testing.T) {
	entries, err := readDocument([]byte(someDocument(t, "0")), "seedbed")
	if err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}
