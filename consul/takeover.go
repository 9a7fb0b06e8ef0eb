package consul

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"

	"github.com/hashicorp/consul/api"
)

// takeOver ends the registrations of a Consular, each at the agent where it was
// made, of the instances that this bridge has registered. Those of others stay.
func (b *Bridge) takeOver(ctx context.Context) error {
	if b.TakeOver == "" || b.have == nil {
		return nil
	}
	old, err := b.registry.registeredBy(ctx, b.TakeOver)
	if err != nil {
		b.report.trouble("takeover", err)
		b.Log.Warn("registrations of Consular are not taken over yet", "error", err)
		return nil
	}
	ours := map[string]bool{}
	for _, e := range b.have.entries {
		ours[e.task()] = true
	}
	for _, s := range old {
		if !ours[s.ServiceID] {
			continue
		}
		if err := b.deregister(ctx, s); err != nil {
			b.report.trouble("takeover", err)
			b.Log.Warn("a registration of Consular is not taken over yet", "service", s.ServiceID, "error", err)
			continue
		}
		b.Log.Info("taken over from Consular", "service", s.ServiceID, "agent", s.Node)
	}
	return nil
}

// registeredBy lists the services of agents that carry Consular's tag.
func (r *registry) registeredBy(ctx context.Context, id string) (list []*api.CatalogService, _ error) {
	tag := "consular-reg-id=" + id
	names, _, err := r.client.Catalog().Services(consistent(ctx))
	if err != nil {
		return nil, fmt.Errorf("list the services in Consul: %w", err)
	}
	for name, tags := range names {
		if !slices.Contains(tags, tag) {
			continue
		}
		found, _, err := r.client.Catalog().Service(name, tag, consistent(ctx))
		if err != nil {
			return nil, fmt.Errorf("list the service %q in Consul: %w", name, err)
		}
		for _, s := range found {
			if s.NodeMeta["external-node"] != "true" && s.ServiceMeta[metaBridge] == "" {
				list = append(list, s)
			}
		}
	}
	return list, nil
}

// deregister asks the agent of the service's node, which answers at the port at
// which Consul answers us.
func (b *Bridge) deregister(ctx context.Context, s *api.CatalogService) error {
	port, scheme, err := b.consulPort()
	if err != nil {
		return err
	}
	agent, err := newClient(scheme+net.JoinHostPort(s.Address, port), b.CA, b.Token)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if err := agent.Agent().ServiceDeregisterOpts(s.ServiceID, (&api.QueryOptions{}).WithContext(ctx)); err != nil {
		return fmt.Errorf("deregister %q at the agent %s: %w", s.ServiceID, s.Address, err)
	}
	return nil
}

func (b *Bridge) consulPort() (port, scheme string, _ error) {
	address := b.Address
	if u, err := url.Parse(b.Address); err == nil && u.Host != "" {
		address, scheme = u.Host, u.Scheme+"://"
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", "", errors.Join(errors.New("find the port of Consul's agents"), err)
	}
	return port, scheme, nil
}
