package main

import (
	"net"
	"strconv"

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

// tlsAddress is where sites are served by HTTPS.
func (c config) tlsAddress() string {
	port := strconv.Itoa(c.Port + tlsOffset)
	switch {
	case c.port != "":
		port = c.port
	case c.sitePort() == 80:
		port = "443"
	}
	return net.JoinHostPort(c.Listen, port)
}
