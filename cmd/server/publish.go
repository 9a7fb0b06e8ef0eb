package main

import (
	"context"

	"seedbed"
)

// publish returns how the routers are told of the sites, or nil where none is to
// be told.
func (s *server) publish() func(context.Context, []seedbed.VirtualHost) error {
	if s.own == nil {
		return nil
	}
	return func(_ context.Context, hosts []seedbed.VirtualHost) error {
		s.own.Expect(expected(hosts))
		return nil
	}
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
