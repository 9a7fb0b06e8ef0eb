package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
)

// runBridge is `seedbed bridge`: it writes what a Marathon runs into a Consul,
// and nothing else. One is enough for a cluster; a second does no harm.
func runBridge(ctx context.Context, args []string) error {
	var e elsewhere
	c, err := parseConfig("bridge", args, func(f *flag.FlagSet) { e.marathon.flags(f); e.consul.flags(f) })
	if err != nil {
		return err
	}
	if err := e.read(); err != nil {
		return err
	}
	if !e.marathon.given() || !e.consul.given() {
		return errors.New("the bridge needs -marathon and -consul-address")
	}
	return alone(ctx, c, func(ctx context.Context, r *role) error {
		driver, err := e.marathon.driver(r.log)
		if err != nil {
			return err
		}
		bridge, err := r.makeBridge(r.log, e.consul, driver)
		if err != nil {
			return err
		}
		fmt.Println("The bridge is running. Ctrl-C stops it; what it wrote stays.")
		return bridge.Run(ctx)
	})
}
