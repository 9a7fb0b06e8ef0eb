//go:build routertls

package main

import (
	"seedbed/certs"
	"seedbed/nginxconf"
)

// withTLS adds to a router's configuration what it needs to serve sites by
// HTTPS, if there is a keeper of certificates.
func (c config) withTLS(keeper *certs.Keeper, r nginxconf.Config) nginxconf.Config {
	if keeper == nil {
		return r
	}
	r.ListenTLS, r.CertDir, r.Certificates, r.ChallengeAddr = c.tlsAddress(), keeper.ServedDir(), keeper.Certificates, c.challengeAddress()
	return r
}
