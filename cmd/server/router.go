package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"seedbed"
	"seedbed/metrics"
	"seedbed/nginxconf"
)

// routerCommand holds the options of `seedbed router`.
type routerCommand struct {
	consul                  consulOptions
	services                string
	statusListen, tokenFile string
	tls                     tlsOptions

	token seedbed.Secret
}

func (o *routerCommand) flags(f *flag.FlagSet) {
	o.consul.flags(f)
	serviceAddressFlag(f, &o.services)
	textFlag(f, &o.statusListen, "status-listen", "", "address and port at which a portal elsewhere asks what is served (default: port+90 on the loopback address)")
	textFlag(f, &o.tokenFile, "router-token-file", "", "file with the token that is asked for; or SEEDBED_ROUTER_TOKEN")
	o.tls.flags(f)
}

func (o *routerCommand) read(c config) (err error) {
	if o.token, err = readSecret("router-token", o.tokenFile); err != nil {
		return err
	}
	if !o.consul.given() || o.token == "" {
		return errors.New("the router needs -consul-address, and -router-token-file or SEEDBED_ROUTER_TOKEN")
	}
	if o.statusListen == "" {
		o.statusListen = c.address("127.0.0.1", statusOffset)
	}
	return o.consul.read()
}

// runRouter is `seedbed router`: nginx with what Consul says, on this machine.
// nginx ends with it when it is asked to end, and not when it is killed.
func runRouter(ctx context.Context, args []string) error {
	var o routerCommand
	c, err := parseConfig("router", args, o.flags)
	if err != nil {
		return err
	}
	if err := o.read(c); err != nil {
		return err
	}
	return alone(ctx, c, func(ctx context.Context, r *role) error { return r.runRouter(ctx, o) })
}

func (r *role) runRouter(ctx context.Context, o routerCommand) error {
	docker, _, _ := findDocker(ctx, r.config) // only asked for its bridge, again and again
	r.Adopt = false                           // it starts and stops nginx itself
	keeper, err := r.makeKeeper(r.log)
	if err != nil {
		return err
	}
	router, err := r.makeRouter(r.log, o.consul, o.services, docker, keeper)
	if err != nil {
		return err
	}
	listener, scheme, err := o.tls.listen(o.statusListen)
	if err != nil {
		return err
	}
	if err := router.Start(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	parts, running := errgroup.WithContext(ctx)
	if err := r.runKeeper(running, parts, keeper, router); err != nil {
		return errors.Join(err, listener.Close(), stopRouter(router))
	}
	parts.Go(func() error { return serveHTTP(running, listener, routerStatus(router, o.token)) })
	parts.Go(func() error { return router.Run(running) })
	fmt.Printf("nginx serves sites at %s, and says so at %s://%s\nCtrl-C stops both.\n", r.siteAddress(), scheme, listener.Addr())
	return errors.Join(parts.Wait(), stopRouter(router))
}

// routerStatus answers GET /ready, for all: 200 if nginx serves what is known here,
// 503 if not. What a portal elsewhere asks, and GET /metrics, are for who knows the
// token.
func routerStatus(router *nginxconf.Router, token seedbed.Secret) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, req *http.Request) {
		if _, err := router.Routes(req.Context()); err != nil {
			http.Error(w, seedbed.MessageOf(err), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.Handle("GET /metrics", nginxconf.Guarded(token, metrics.OfRouter(router.Report)))
	mux.Handle("/", router.Status(token))
	return mux
}

func stopRouter(router *nginxconf.Router) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return router.Stop(ctx)
}
