package main

import (
	"log/slog"

	"github.com/moby/moby/client"

	"seedbed"
	"seedbed/certs"
	"seedbed/consul"
	"seedbed/marathon"
	"seedbed/nginxconf"
)

// makeRouting makes what leads visitors to sites, as far as it is not elsewhere.
func (s *server) makeRouting(docker *client.Client, driver *marathon.Client) (err error) {
	if s.noBridge && s.elsewhere.router.given() {
		s.router, err = s.elsewhere.router.remote()
		return err // nothing here needs Consul
	}
	if err := s.makeConsul(); err != nil {
		return err
	}
	if !s.noBridge {
		if s.bridge, err = s.makeBridge(s.log, s.consulFor(bridging), driver); err != nil {
			return err
		}
	}
	if s.elsewhere.router.given() {
		s.router, err = s.elsewhere.router.remote()
		return err
	}
	if s.keeper, err = s.makeKeeper(s.log); err != nil {
		return err
	}
	s.own, err = s.makeRouter(s.log, s.consulFor(routing), s.serviceAddress, docker, s.keeper)
	s.router = s.own
	return err
}

// makeConsul makes the Consul of one box, unless there is one elsewhere.
func (s *server) makeConsul() (err error) {
	if s.consul.given() {
		return nil
	}
	if s.agent, err = s.newAgent(s.log.With("part", "consul")); err != nil {
		return err
	}
	s.consul.token = s.agent.Token()
	return nil
}

// What a part may do with our own Consul.
var (
	bridging = (*consul.Agent).BridgeToken
	routing  = (*consul.Agent).RouterToken
)

// consulFor returns how a part reaches Consul: with a token of its own, if the
// Consul is ours.
func (s *server) consulFor(token func(*consul.Agent) seedbed.Secret) consulOptions {
	o := s.consul
	if s.agent != nil {
		o.token = token(s.agent)
	}
	return o
}

func (c config) makeBridge(log *slog.Logger, o consulOptions, driver *marathon.Client) (*consul.Bridge, error) {
	return consul.New(c.bridgeConfig(log, o, driver))
}

func (c config) bridgeConfig(log *slog.Logger, o consulOptions, driver *marathon.Client) consul.Config {
	return consul.Config{
		Address: o.orOwn(c.consulAddress()), CA: o.caFile, Token: o.token, Source: driver, Group: driver.Group(), ID: o.bridge, Cluster: o.cluster,
		Log: log.With("part", "bridge"),
	}
}

func (c config) makeRouter(log *slog.Logger, o consulOptions, services string, docker *client.Client, keeper *certs.Keeper) (*nginxconf.Router, error) {
	return nginxconf.New(c.withTLS(keeper, c.forVisitors(nginxconf.Config{
		Dir: c.path("nginx"), ConsulAddr: o.orOwn(c.consulAddress()), ConsulCA: o.caFile, ConsulToken: o.token, Bridge: o.bridge, Listen: c.siteAddress(), Nginx: c.Nginx,
		External: c.Adopt, Log: log.With("part", "router"), ServiceAddr: serviceAddr(services, docker),
	})))
}
