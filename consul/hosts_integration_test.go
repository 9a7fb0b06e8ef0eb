//go:build integration

package consul

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"seedbed"
)

// published reads the virtual hosts as a router does, by the keys that count
// them.
func published(t *testing.T, a *Agent, bridge string) map[seedbed.WorkloadID]seedbed.VirtualHost {
	t.Helper()
	pairs, _, err := a.client.KV().List("seedbed/hosts/"+bridge+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	all, values := map[seedbed.WorkloadID]seedbed.VirtualHost{}, [][]byte{}
	var mark hostsMark
	for _, pair := range pairs {
		if strings.HasSuffix(pair.Key, "/.all") {
			if err := json.Unmarshal(pair.Value, &mark); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var host seedbed.VirtualHost
		if err := json.Unmarshal(pair.Value, &host); err != nil {
			t.Fatal(err)
		}
		all[host.Workload], values = host, append(values, pair.Value)
	}
	sum := sumOf(func(yield func([]byte) bool) {
		for _, v := range values {
			if !yield(v) {
				return
			}
		}
	})
	if mark.Count != len(all) || mark.Digest != hex16(sum) {
		t.Errorf("there are %d with %s, and the mark says %+v", len(all), hex16(sum), mark)
	}
	return all
}

func TestHosts_HoldsExactlyWhatIsPublished(t *testing.T) {
	a := startAgent(t, agentConfig(t))
	address, _, writes := counted(t, a)
	hosts, err := NewHosts(HostsConfig{Address: address, Token: a.Token()})
	if err != nil {
		t.Fatal(err)
	}
	foreign := &api.KVPair{Key: "seedbed/hosts/other/x", Value: []byte("{}")}
	if _, err := a.client.KV().Put(foreign, nil); err != nil {
		t.Fatal(err)
	}
	publish := func(all ...seedbed.VirtualHost) (transactions int64) {
		t.Helper()
		before := writes.Load()
		if err := hosts.Publish(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		if got := published(t, a, "seedbed"); len(got) != len(all) {
			t.Errorf("%d of %d are there", len(got), len(all))
		}
		return writes.Load() - before
	}
	var many []seedbed.VirtualHost
	for n := range 150 {
		many = append(many, seedbed.VirtualHost{
			Workload: seedbed.WorkloadID(fmt.Sprintf("/sites/a%d", n)), Since: time.Unix(int64(n), 0), Hosts: []seedbed.HostName{"a.example.org"},
			Words: strings.Repeat("“<ü>”", seedbed.MaxWords/5),
		})
	}
	if n := publish(); n != 1 {
		t.Errorf("nothing takes %d transactions", n)
	}
	if n := publish(many...); n < 2 || n > 10 {
		t.Errorf("many take %d transactions", n)
	}
	if n := publish(many...); n != 0 {
		t.Errorf("the same again takes %d transactions", n)
	}
	many[3].Door = seedbed.Maintenance
	if n := publish(many...); n != 1 || published(t, a, "seedbed")["/sites/a3"].Door != seedbed.Maintenance {
		t.Errorf("a change takes %d transactions", n)
	}
	if n := publish(many[1:50]...); n < 1 {
		t.Errorf("removals take %d transactions", n)
	}
	if err := hosts.Publish(t.Context(), append(many, many[0])); err == nil {
		t.Error("one workload may have two")
	}
	if pair, _, err := a.client.KV().Get(foreign.Key, nil); err != nil || pair == nil {
		t.Errorf("another bridge's is %v, %v", pair, err)
	}
}
