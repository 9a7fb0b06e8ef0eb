package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"

	"golang.org/x/sync/errgroup"

	"seedbed/consul"
	"seedbed/metrics"
)

// bridgeCommand holds the options of `seedbed bridge`.
type bridgeCommand struct {
	marathon      marathonOptions
	consul        consulOptions
	takeOver      string
	statusListen  string
	allowRemovals bool
	dryRun        bool
}

func (o *bridgeCommand) flags(f *flag.FlagSet) {
	o.marathon.flags(f)
	o.consul.flags(f)
	textFlag(f, &o.takeOver, "take-over", "", "id under which a Consular registered (its --registration-id): what it has of tasks that this bridge registers is ended at its agents; stop that Consular first")
	textFlag(f, &o.statusListen, "status-listen", "", "address and port of /ready and /metrics (default: port+91 on the loopback address)")
	f.BoolVar(&o.allowRemovals, "allow-removals", false, "believe Marathon even if very many tasks are gone at once, until this bridge ends")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would be changed in Consul if all that Marathon says were believed at once, and change nothing")
}

func (o *bridgeCommand) read() error {
	if err := errors.Join(o.marathon.read(), o.consul.read()); err != nil {
		return err
	}
	if !o.marathon.given() || !o.consul.given() {
		return errors.New("the bridge needs -marathon and -consul-address")
	}
	return nil
}

// runBridge is `seedbed bridge`: it writes what a Marathon runs into a Consul,
// and nothing else. Of several with one id one acts, and the others wait until
// it ends.
func runBridge(ctx context.Context, args []string) error {
	var o bridgeCommand
	c, err := parseConfig("bridge", args, o.flags)
	if err != nil {
		return err
	}
	if err := o.read(); err != nil {
		return err
	}
	return alone(ctx, c, func(ctx context.Context, r *role) error { return r.runBridge(ctx, o) })
}

func (r *role) runBridge(ctx context.Context, o bridgeCommand) error {
	driver, err := o.marathon.driver(r.log)
	if err != nil {
		return err
	}
	with := r.bridgeConfig(r.log, o.consul, driver)
	with.TakeOver, with.AllowRemovals = o.takeOver, o.allowRemovals
	bridge, err := consul.New(with)
	if err != nil {
		return err
	}
	if o.dryRun {
		return showDifference(ctx, bridge)
	}
	listener, err := r.listenForStatus(o.statusListen)
	if err != nil {
		return err
	}
	parts, running := errgroup.WithContext(ctx)
	if listener != nil {
		parts.Go(func() error { return serveHTTP(running, listener, bridgeStatus(bridge)) })
	}
	parts.Go(func() error { return bridge.Run(running) })
	fmt.Println("The bridge is running. Ctrl-C stops it; what it wrote stays.")
	return parts.Wait()
}

// listenForStatus takes the address that was given, or the usual one. If the
// usual one is taken the bridge does without.
func (r *role) listenForStatus(address string) (net.Listener, error) {
	if address != "" {
		return listen(address)
	}
	l, err := listen(r.address("127.0.0.1", bridgeOffset))
	if err != nil {
		r.log.Warn("/ready and /metrics are not served; give -status-listen", "error", err)
		return nil, nil
	}
	return l, nil
}

// bridgeStatus answers GET /ready: 200 if Consul is kept up to date, 503 with the
// reason if not; and GET /metrics.
func bridgeStatus(bridge *consul.Bridge) http.Handler {
	counts := metrics.New(metrics.Bridge(bridge.Report))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", counts.ShowOwn)
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		if err := bridge.Ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, bridge.Report().Role)
	})
	return mux
}

// showDifference is the dry run.
func showDifference(ctx context.Context, bridge *consul.Bridge) error {
	lines, err := bridge.Difference(ctx)
	if err != nil {
		return err
	}
	for _, line := range lines {
		fmt.Println(line)
	}
	fmt.Printf("%d changes. Nothing was written.\n", len(lines))
	return nil
}
