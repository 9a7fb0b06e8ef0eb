package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"

	"seedbed/certs"
	"seedbed/consul"
	"seedbed/nginxconf"
)

// configure is `seedbed configure consul|nginx`: it writes what the program
// needs for its start by systemd. What runs already is not touched.
func configure(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to configure: consul or nginx")
	}
	c, err := parseConfig("configure "+args[0], args[1:])
	if err != nil {
		return err
	}
	switch args[0] {
	case "consul":
		agent, err := c.newAgent(slog.Default())
		if err != nil {
			return err
		}
		return agent.Prepare()
	case "nginx":
		keeper, err := c.makeKeeper(slog.Default())
		if err != nil {
			return err
		}
		router, err := c.newRouter(slog.Default(), keeper)
		if err != nil {
			return err
		}
		return router.Prepare(ctx)
	default:
		return fmt.Errorf("there is no %q to configure; there are consul and nginx", args[0])
	}
}

func (c config) newAgent(log *slog.Logger) (*consul.Agent, error) {
	return consul.NewAgent(consul.AgentConfig{
		Binary: c.Consul, Dir: c.path("consul"), Log: log, External: c.Adopt,
		HTTP: c.Port + consulOffset, Serf: c.Port + consulOffset + 1, RPC: c.Port + consulOffset + 2,
	})
}

// newRouter returns a router that asks nobody where Docker's network is: it
// uses what it knew before.
func (c config) newRouter(log *slog.Logger, keeper *certs.Keeper) (*nginxconf.Router, error) {
	return nginxconf.New(c.withTLS(keeper, c.forVisitors(nginxconf.Config{
		Dir: c.path("nginx"), ConsulAddr: c.consulAddress(), Listen: c.siteAddress(), Nginx: c.Nginx, Log: log,
		ServiceAddr: func(context.Context) (netip.Addr, error) {
			return netip.Addr{}, errors.New("it is not asked for here")
		},
	})))
}
