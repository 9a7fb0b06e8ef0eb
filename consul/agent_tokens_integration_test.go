//go:build integration

package consul

import (
	"strings"
	"testing"

	"github.com/hashicorp/consul/api"

	"seedbed"
)

// with returns a client of an agent with a token.
func with(t *testing.T, a *Agent, token seedbed.Secret) *api.Client {
	t.Helper()
	client, err := api.NewClient(&api.Config{Address: a.Address(), Token: token.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestAgent_GivesRouterAndBridgeNoMoreThanTheyNeed(t *testing.T) {
	a := startAgent(t, agentConfig(t))
	if err := a.grant(t.Context()); err != nil {
		t.Errorf("once more: %v", err)
	}
	router, bridge := with(t, a, a.RouterToken()), with(t, a, a.BridgeToken())
	hosts := &api.KVPair{Key: "seedbed/hosts/seedbed/.all", Value: []byte("{}")}
	entry := &api.CatalogRegistration{Node: "marathon-10.0.0.1", Address: "10.0.0.1", Service: &api.AgentService{ID: "a", Service: "a"}}
	if _, err := bridge.Catalog().Register(entry, nil); err != nil {
		t.Errorf("the bridge cannot write an entry: %v", err)
	}
	for _, key := range []string{hosts.Key, "consular/a/domain", "seedbed/bridge/seedbed/lock"} {
		if _, err := bridge.KV().Put(&api.KVPair{Key: key}, nil); err != nil {
			t.Errorf("the bridge cannot write %s: %v", key, err)
		}
	}
	if _, _, err := bridge.Session().CreateNoChecks(&api.SessionEntry{Name: "lock", TTL: "10s"}, nil); err != nil {
		t.Errorf("the bridge cannot make a session: %v", err)
	}
	if nodes, _, err := router.Catalog().Nodes(nil); err != nil || len(nodes) == 0 {
		t.Errorf("the router sees the nodes %v, %v", nodes, err)
	}
	if node, _, err := router.Catalog().Node("marathon-10.0.0.1", nil); err != nil || node == nil || len(node.Services) != 1 {
		t.Errorf("the router sees %v, %v", node, err)
	}
	if pairs, _, err := router.KV().List("seedbed/hosts/seedbed/", nil); err != nil || len(pairs) != 1 {
		t.Errorf("the router sees %v, %v", pairs, err)
	}
	for what, err := range map[string]error{
		"the router writes an entry": second(router.Catalog().Register(entry, nil)),
		"the router writes hosts":    second(router.KV().Put(hosts, nil)),
		"the router reads tokens":    third(router.ACL().TokenList(nil)),
		"the bridge reads tokens":    third(bridge.ACL().TokenList(nil)),
		"the bridge writes policies": third(bridge.ACL().PolicyCreate(&api.ACLPolicy{Name: "more"}, nil)),
		"the bridge writes anything": second(bridge.KV().Put(&api.KVPair{Key: "other"}, nil)),
	} {
		if err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }
