package nginxconf

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

func TestReadDocument_TakesWhatItsBridgeWrote(t *testing.T) {
	foreign := one("/sites/foreign", 31001, "domain", "foreign.localhost")
	foreign.Meta[metaBridge] = "other"
	mine := one("/sites/mine", 31002, "domain", "mine.localhost")
	seen, err := new(nodeCache).readDocument([]byte(someDocument(t, "1", foreign, mine)), "seedbed")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, seen.entries, []entry{mine})
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
		if _, err := new(nodeCache).readDocument([]byte(text), "seedbed"); !errors.Is(err, errIncomplete) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadDocument_RefusesAnotherForm(t *testing.T) {
	for _, text := range []string{"", "{}x", "null x", `{"nodes":[null]} {}`, `{"nodes":[{"Unknown":1}]}`, `{"nodes":{}}`,
		"<html>", someDocument(t, "many"), strings.TrimSuffix(someDocument(t, "0"), "}")} {
		if _, err := new(nodeCache).readDocument([]byte(text), "seedbed"); err == nil || errors.Is(err, errIncomplete) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestReadDocument_TakesNothingFromABridgeWithNothing(t *testing.T) {
	seen, err := new(nodeCache).readDocument([]byte(someDocument(t, "0")), "seedbed")
	if err != nil || len(seen.entries) != 0 || seen.hosts.published {
		t.Errorf("%v, %v", seen, err)
	}
}

// marked is a document of one bridge whose own entry has the digest.
func marked(t *testing.T, digest string, entries ...entry) []byte {
	t.Helper()
	mark := `"` + metaInstances + `":"` + strconv.Itoa(len(entries)) + `"`
	return []byte(strings.Replace(someDocument(t, strconv.Itoa(len(entries)), entries...), mark, mark+`,"`+metaDigest+`":"`+digest+`"`, 1))
}

func TestReadDocument_HoldsEntriesToTheBridgesDigest(t *testing.T) {
	first, second := one("/a", 31001, metaHash, "ffffffffffffffff"), one("/b", 31002, metaHash, "0000000000000003")
	if _, err := new(nodeCache).readDocument(marked(t, "0000000000000002", first, second), "seedbed"); err != nil {
		t.Error(err) // the sum goes over its end
	}
	broken := one("/b", 31002, metaHash, "three")
	for name, text := range map[string][]byte{
		"another sum":    marked(t, "0000000000000003", first, second),
		"an older entry": marked(t, "0000000000000002", first, one("/b", 31002, metaHash, "0000000000000004")),
		"no hash":        marked(t, "0000000000000002", first, broken),
	} {
		if _, err := new(nodeCache).readDocument(text, "seedbed"); !errors.Is(err, errIncomplete) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNodeCache_SeesEveryChangeOfANode(t *testing.T) {
	var cache nodeCache
	for port := 31001; port < 31004; port++ {
		mine := one("/sites/mine", port, "domain", "mine.localhost")
		for range 2 {
			seen, err := cache.readDocument([]byte(someDocument(t, "1", mine)), "seedbed")
			if err != nil {
				t.Fatal(err)
			}
			compare(t, seen.entries, []entry{mine})
		}
	}
	if _, err := cache.readDocument([]byte(`{"nodes":[null]}`), "seedbed"); !errors.Is(err, errIncomplete) || len(cache.nodes) != 1 {
		t.Errorf("%v, and %d nodes are kept", err, len(cache.nodes))
	}
}
