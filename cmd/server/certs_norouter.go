//go:build !routertls

package main

import (
	"seedbed/certs"
	"seedbed/nginxconf"
)

// withTLS is for a router that cannot serve HTTPS yet.
func (c config) withTLS(_ *certs.Keeper, r nginxconf.Config) nginxconf.Config { return r }
