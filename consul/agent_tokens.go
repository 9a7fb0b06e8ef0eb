package consul

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/consul/api"

	"seedbed"
)

// grantEvery is how often it is looked whether Consul still knows the tokens: one
// that somebody else starts may have lost its data.
const grantEvery = 30 * time.Second

// duty is what a program of the installation does with Consul, and what it needs
// for that.
type duty struct{ name, rules string }

var (
	routing = duty{"seedbed-router", `
		node_prefix "" { policy = "read" }
		service_prefix "" { policy = "read" }
		key_prefix "seedbed/hosts/" { policy = "read" }`}
	bridging = duty{"seedbed-bridge", `
		node_prefix "" { policy = "write" }
		service_prefix "" { policy = "write" }
		session_prefix "" { policy = "write" }
		key_prefix "consular/" { policy = "write" }
		key_prefix "seedbed/" { policy = "write" }`}
)

// RouterToken is a token that can only read what is routed. The agent knows it
// once Start has returned.
func (a *Agent) RouterToken() seedbed.Secret { return a.tokenFor(routing) }

// BridgeToken is a token that can only write what the bridge and the portal
// write. The agent knows it once Start has returned.
func (a *Agent) BridgeToken() seedbed.Secret { return a.tokenFor(bridging) }

// tokenFor derives a token from the agent's own, so that there is nothing more to
// keep, and a Consul that lost its data gets the same one again.
func (a *Agent) tokenFor(d duty) seedbed.Secret {
	return seedbed.Secret(a.derived("secret of " + d.name))
}

// derived is a UUID, as Consul wants it, that nobody can guess without the agent's
// own token.
func (a *Agent) derived(what string) string {
	sum := hmac.New(sha256.New, []byte(a.token.Reveal()))
	sum.Write([]byte(what))
	id, _ := uuid.FromBytes(sum.Sum(nil)[:16]) // it fails for another length only
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

// grant makes sure that Consul knows the tokens of router and bridge, and what they
// may do. It is cheap to repeat.
func (a *Agent) grant(ctx context.Context) error {
	for _, d := range []duty{routing, bridging} {
		if err := a.grantOne(ctx, d); err != nil {
			return fmt.Errorf("make the token %s in Consul: %w", d.name, err)
		}
	}
	return nil
}

func (a *Agent) grantOne(ctx context.Context, d duty) error {
	acl, write := a.client.ACL(), (&api.WriteOptions{}).WithContext(ctx)
	read := (&api.QueryOptions{}).WithContext(ctx)
	wanted := api.ACLPolicy{Name: d.name, Description: "Seedbed keeps this as it is.", Rules: d.rules}
	policy, _, err := acl.PolicyReadByName(d.name, read)
	switch {
	case err != nil && !isAbsent(err):
		return err
	case policy == nil:
		if _, _, err := acl.PolicyCreate(&wanted, write); err != nil {
			return err
		}
	case policy.Rules != d.rules:
		wanted.ID = policy.ID
		if _, _, err := acl.PolicyUpdate(&wanted, write); err != nil {
			return err
		}
	}
	accessor := a.derived("accessor of " + d.name)
	token, _, err := acl.TokenRead(accessor, read)
	if err == nil && token != nil {
		return nil
	}
	if err != nil && !isAbsent(err) {
		return err
	}
	_, _, err = acl.TokenCreate(&api.ACLToken{
		AccessorID: accessor, SecretID: a.tokenFor(d).Reveal(), Description: d.name, Policies: []*api.ACLTokenPolicyLink{{Name: d.name}},
	}, write)
	return err
}

// isAbsent reports whether Consul says that there is no such policy or token; it
// says so with different codes.
func isAbsent(err error) bool {
	return strings.Contains(err.Error(), "404") || strings.Contains(err.Error(), "ACL not found")
}
