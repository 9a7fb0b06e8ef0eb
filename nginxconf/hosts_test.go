package nginxconf

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"seedbed"
)

// published is what the portal writes for virtual hosts.
func published(t testing.TB, hosts ...seedbed.VirtualHost) []*pair {
	t.Helper()
	var values []*pair
	for _, h := range hosts {
		text, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(h.Workload))
		values = append(values, &pair{hex.EncodeToString(sum[:12]), string(text)})
	}
	return withMark(values...)
}

func withMark(values ...*pair) []*pair {
	var digest uint64
	for _, p := range values {
		sum := sha256.Sum256([]byte(p.Value))
		digest += binary.BigEndian.Uint64(sum[:8])
	}
	mark := &pair{hostsMark, fmt.Sprintf(`{"count":%d,"digest":"%016x"}`, len(values), digest)}
	return append(append([]*pair{mark}, values...), nil)
}

func TestReadHostPairs_TakesWhatThePortalPublished(t *testing.T) {
	wiki := seedbed.VirtualHost{Workload: "/sites/wiki", Hosts: []seedbed.HostName{"wiki.localhost"}, Inside: true}
	got, err := readHostPairs(published(t, wiki))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, got.hosts, []seedbed.VirtualHost{wiki})
	if none, err := readHostPairs([]*pair{nil}); err != nil || none.published {
		t.Errorf("without a portal: %v, %v", none, err)
	}
	if none, err := readHostPairs(published(t)); err != nil || !none.published {
		t.Errorf("a portal without sites: %v, %v", none, err)
	}
}

func TestReadHostPairs_ConcludesNothingFromAPart(t *testing.T) {
	whole := published(t, seedbed.VirtualHost{Workload: "/a"}, seedbed.VirtualHost{Workload: "/b"})
	changed := *whole[2]
	changed.Value += " "
	for name, part := range map[string][]*pair{
		"one is missing":      {whole[0], whole[1]},
		"the mark is missing": {whole[1], whole[2]},
		"one is another":      {whole[0], whole[1], &changed},
		"one too many":        append([]*pair{{"x", "{}"}}, whole...),
	} {
		if _, err := readHostPairs(part); !errors.Is(err, errIncomplete) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadHostPairs_SetsAsideWhatCannotBeRead(t *testing.T) {
	sum := sha256.Sum256([]byte("/a"))
	key := hex.EncodeToString(sum[:8])
	for _, value := range []string{"", "{", "[]", `"x"`, "{}", `{"workload":7}`, "null"} {
		got, err := readHostPairs(withMark(&pair{key, value}))
		if err != nil || len(got.hosts) != 0 || len(got.unreadable) != 1 || !isNameOf(got.unreadable[0], "/a") || isNameOf(key, "/b") {
			t.Errorf("%q: %+v, %v", value, got, err)
		}
	}
}
