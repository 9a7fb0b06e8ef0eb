package main

import (
	"context"

	"seedbed"
	"seedbed/consul"
)

// publish returns how the routers are told of the sites, or nil where there is no
// Consul here by which they could be. The router in this process hears of the host
// names without it, too: it has to know them when Consul does not answer. group is
// where the sites are at Marathon.
func (s *server) publish(group seedbed.WorkloadID) (func(context.Context, []seedbed.VirtualHost) error, error) {
	if !s.consul.given() && s.agent == nil {
		return nil, nil
	}
	to, err := consul.NewHosts(consul.HostsConfig{Address: s.consul.orOwn(s.consulAddress()), CA: s.consul.caFile, Token: s.consul.token, Bridge: s.consul.bridge})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, hosts []seedbed.VirtualHost) error {
		if s.own != nil {
			s.own.Expect(expected(hosts))
		}
		return to.Publish(ctx, inGroup(group, hosts))
	}, nil
}

// expected is what a router in this process is told: the host names of all sites,
// and whether bringing one up has been given up.
func expected(hosts []seedbed.VirtualHost) map[seedbed.HostName]bool {
	all := map[seedbed.HostName]bool{}
	for _, v := range hosts {
		for _, host := range v.Hosts {
			all[host] = v.Door == seedbed.GivenUp
		}
	}
	return all
}

// bridgeReport returns how pages learn what the bridge does, or nil where it runs
// elsewhere.
func (s *server) bridgeReport() func() seedbed.BridgeReport {
	if s.bridge == nil {
		return nil
	}
	return s.bridge.Report
}
