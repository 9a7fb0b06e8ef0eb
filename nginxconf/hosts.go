package nginxconf

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"seedbed"
)

// Where package consul keeps the virtual hosts that the portal publishes:
// seedbed/hosts/<bridge>/<name>, and beside them the mark, which says how many
// there are.
const (
	hostsPrefix = "seedbed/hosts/"
	hostsMark   = ".all"
)

// pair is one value that the portal wrote.
type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// hostsView is what a document says of virtual hosts.
type hostsView struct {
	published bool // the portal has said which there are, even if there are none
	mark      string
	hosts     []seedbed.VirtualHost
	// unreadable are the names of those that cannot be read. What the portal
	// wanted for them is not known, so nobody is let in there.
	unreadable []string
}

// readHostPairs reads what the portal wrote. It is errIncomplete if that is not
// exactly what the mark says. Without any value there is no portal that
// publishes, which is no error.
func readHostPairs(pairs []*pair) (v hostsView, _ error) {
	var mark *struct {
		Count  int    `json:"count"`
		Digest string `json:"digest"`
	}
	count, sum := 0, uint64(0)
	for _, p := range pairs {
		switch {
		case p == nil:
		case p.Key == hostsMark:
			v.mark = p.Value
			if err := json.Unmarshal([]byte(p.Value), &mark); err != nil {
				return hostsView{}, fmt.Errorf("read how many virtual hosts there are: %w", err)
			}
		default:
			hash := sha256.Sum256([]byte(p.Value))
			count, sum = count+1, sum+binary.BigEndian.Uint64(hash[:8])
			v.take(*p)
		}
	}
	if mark == nil && count == 0 {
		return hostsView{}, nil
	}
	if mark == nil || mark.Count != count || mark.Digest != fmt.Sprintf("%016x", sum) {
		return hostsView{}, errIncomplete
	}
	v.published = true
	v.tidy()
	return v, nil
}

// take reads one value.
func (v *hostsView) take(p pair) {
	var host seedbed.VirtualHost
	if err := json.Unmarshal([]byte(p.Value), &host); err != nil || host.Workload == "" {
		v.unreadable = append(v.unreadable, p.Key)
		return
	}
	v.hosts = append(v.hosts, host)
}

// isNameOf reports whether a key is the one of a workload: the beginning of the
// hash of its id, in hex.
func isNameOf(key string, id seedbed.WorkloadID) bool {
	sum := sha256.Sum256([]byte(id))
	return len(key) >= minHostKey && strings.HasPrefix(hex.EncodeToString(sum[:]), key)
}

// minHostKey is the least length of a key that names a workload.
const minHostKey = 16

func (v *hostsView) tidy() {
	slices.SortStableFunc(v.hosts, func(a, b seedbed.VirtualHost) int { return cmp.Compare(a.Workload, b.Workload) })
	slices.Sort(v.unreadable)
}
