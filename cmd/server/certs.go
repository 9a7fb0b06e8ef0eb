package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"seedbed"
	"seedbed/certs"
	"seedbed/nginxconf"
)

// certOptions say where the certificates of sites come from.
type certOptions struct {
	source, port, domains                            string
	directory, email, caFile, keyID, macFile, lookAt string

	ca     []byte
	macKey seedbed.Secret
}

func (o *certOptions) flags(f *flag.FlagSet) {
	textFlag(f, &o.source, "tls", "off", "where the certificates of sites come from: off (no HTTPS), acme (an authority such as Let's Encrypt), own (one of this installation), or uploaded (from people alone)")
	textFlag(f, &o.port, "tls-port", "", "port of HTTPS (default: 443 if sites are at port 80, else 43 above the portal's)")
	textFlag(f, &o.domains, "own-ca-domains", "", "with -tls own: domains below which this installation's authority may sign names, separated by spaces (default: the domain)")
	textFlag(f, &o.directory, "acme-directory", certs.LetsEncrypt, "with -tls acme: address of the authority's directory")
	textFlag(f, &o.email, "acme-email", "", "e-mail address that the authority writes to when there is trouble")
	textFlag(f, &o.caFile, "acme-ca", "", "file of the certificates that sign those of a private authority; it may then certify any name")
	textFlag(f, &o.keyID, "acme-key-id", "", "id of the account that the authority wants named (EAB)")
	textFlag(f, &o.macFile, "acme-mac-key-file", "", "file with the key of that account; or SEEDBED_ACME_MAC_KEY")
	textFlag(f, &o.lookAt, "acme-route-test", "on", "off leaves out the test whether a name leads here, for networks in which a machine cannot reach itself by its public address")
}

func (o *certOptions) read() (err error) {
	if o.source != string(certs.Uploaded) {
		if _, err := certs.ParseSource(o.source); err != nil {
			return fmt.Errorf("-tls: %w", err)
		}
	}
	if o.lookAt != "on" && o.lookAt != "off" {
		return fmt.Errorf("-acme-route-test: %q is neither on nor off", o.lookAt)
	}
	if n, err := strconv.Atoi(o.port); o.port != "" && (err != nil || n < 1 || n > 65535) {
		return fmt.Errorf("-tls-port: %q is not a port", o.port)
	}
	if o.macKey, err = readSecret("acme-mac-key", o.macFile); err != nil || o.caFile == "" {
		return err
	}
	o.ca, err = readOption("acme-ca", o.caFile)
	return err
}

func (o certOptions) wanted() bool { return certs.Source(o.source) != certs.Off }

// usual is where the certificate of a host name comes from for which nobody
// uploaded one.
func (o certOptions) usual() certs.Source {
	if certs.Source(o.source) == certs.Uploaded {
		return certs.Off
	}
	return certs.Source(o.source)
}

// makeKeeper returns what keeps the certificates of this machine's nginx, or nil
// if there is no HTTPS.
func (c config) makeKeeper(log *slog.Logger) (*certs.Keeper, error) {
	if !c.wanted() {
		return nil, nil
	}
	domains, err := c.ownDomains()
	if err != nil {
		return nil, err
	}
	return certs.New(certs.Config{
		Dir: c.path("certs"), Source: c.usual(), Domains: domains, Log: log.With("part", "certificates"),
		Authority: certs.Authority{Directory: c.directory, Email: c.email, CA: c.ca, KeyID: c.keyID, MACKey: c.macKey, TrustRoute: c.lookAt == "off"},
	})
}

func (c config) ownDomains() (domains []seedbed.HostName, err error) {
	for _, name := range strings.Fields(c.domains) {
		domain, err := seedbed.ParseHostName(name)
		if err != nil {
			return nil, fmt.Errorf("-own-ca-domains: %q is not a host name", name)
		}
		domains = append(domains, domain)
	}
	if len(domains) == 0 {
		return []seedbed.HostName{seedbed.HostName(c.Domain)}, nil
	}
	return domains, nil
}

// challengeAddress is where nginx asks for the proofs that authorities want.
func (c config) challengeAddress() string { return c.address("127.0.0.1", challengeOffset) }

// runKeeper keeps the certificates of all that a router serves.
func (c config) runKeeper(ctx context.Context, parts *errgroup.Group, keeper *certs.Keeper, router *nginxconf.Router) error {
	if keeper == nil || router == nil {
		return nil
	}
	listener, err := listen(c.challengeAddress())
	if err != nil {
		return err
	}
	parts.Go(func() error { return serveHTTP(ctx, listener, keeper.Challenges()) })
	parts.Go(func() error { return keeper.Run(ctx) })
	parts.Go(func() error { followHosts(ctx, keeper, router); return nil })
	return nil
}

// followHosts tells the keeper which host names there are, until ctx ends.
func followHosts(ctx context.Context, keeper *certs.Keeper, router *nginxconf.Router) {
	tell := func() {
		routes, err := router.Routes(ctx)
		if err != nil {
			return // nothing is concluded from that
		}
		hosts := map[seedbed.HostName]certs.Source{}
		for host := range routes.Hosts {
			hosts[host] = certs.Usual
		}
		keeper.Want(hosts)
	}
	var watch sync.WaitGroup
	defer watch.Wait()
	watch.Go(func() { router.Watch(ctx, tell) })
	for ctx.Err() == nil {
		tell()
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
		}
	}
}

// withTrust puts what people need to trust the installation's own authority
// beside the portal, for everybody.
func withTrust(portal http.Handler, keeper *certs.Keeper) http.Handler {
	trust := keeper.Trust()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == certs.TrustPath || strings.HasPrefix(r.URL.Path, certs.TrustPath+"/") {
			trust.ServeHTTP(w, r)
			return
		}
		portal.ServeHTTP(w, r)
	})
}
