package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"

	"github.com/moby/moby/client"

	"seedbed"
	"seedbed/marathon"
	"seedbed/nginxconf"
)

// elsewhere says which parts run on other machines. What has an address here is
// not started here.
type elsewhere struct {
	marathon marathonOptions
	consul   consulOptions
	router   routerOptions
	noBridge bool
	// serviceAddress is where the portal reaches the ports of shared services;
	// empty for Docker's bridge on this machine.
	serviceAddress string
}

func (e *elsewhere) flags(f *flag.FlagSet) {
	e.marathon.flags(f)
	e.consul.flags(f)
	e.router.flags(f)
	f.BoolVar(&e.noBridge, "no-bridge", fromEnv("no-bridge", "") != "", "the bridge to Consul runs elsewhere")
	serviceAddressFlag(f, &e.serviceAddress)
}

func serviceAddressFlag(f *flag.FlagSet, to *string) {
	textFlag(f, to, "service-address", "", "IP address of the shared services' ports (default: that of Docker's bridge)")
}

// read checks the options and reads the files that they name.
func (e *elsewhere) read() error {
	if e.serviceAddress != "" {
		if _, err := netip.ParseAddr(e.serviceAddress); err != nil {
			return fmt.Errorf("-service-address: %q is not an IP address", e.serviceAddress)
		}
	}
	return errors.Join(e.marathon.read(), e.consul.read(), e.router.read())
}

// serviceAddr returns where shared services are reached: the address that was
// given, or that of Docker's bridge.
func serviceAddr(given string, docker *client.Client) func(context.Context) (netip.Addr, error) {
	return func(ctx context.Context) (netip.Addr, error) {
		if given != "" {
			return netip.ParseAddr(given)
		}
		if docker == nil {
			return netip.Addr{}, errors.New("there is no Docker here and no -service-address")
		}
		return bridgeAddress(ctx, docker)
	}
}

// marathonOptions say which Marathon runs the sites.
type marathonOptions struct {
	urls, user, passwordFile, caFile, certFile, keyFile, group, mesos string

	password, key seedbed.Secret
	ca, cert      []byte
}

func (o *marathonOptions) flags(f *flag.FlagSet) {
	textFlag(f, &o.urls, "marathon", "", "addresses of a Marathon that runs the sites, separated by commas: http://10.0.0.1:8080,http://10.0.0.2:8080")
	textFlag(f, &o.user, "marathon-user", "", "user name for Marathon and Mesos")
	textFlag(f, &o.passwordFile, "marathon-password-file", "", "file with the password for Marathon and Mesos; or SEEDBED_MARATHON_PASSWORD")
	textFlag(f, &o.caFile, "marathon-ca", "", "file of the certificates that sign those of Marathon and Mesos")
	textFlag(f, &o.certFile, "marathon-cert", "", "file of the certificate that is shown to Marathon and Mesos, if they ask for one")
	textFlag(f, &o.keyFile, "marathon-key", "", "file of that certificate's key")
	textFlag(f, &o.group, "marathon-group", "", "group of Marathon in which all is that is started, such as /seedbed; what is outside is left alone (default: the root)")
	textFlag(f, &o.mesos, "mesos", "", "address of the Mesos master (default: the one that Marathon tells)")
}

func (o *marathonOptions) given() bool { return o.urls != "" }

func (o *marathonOptions) read() (err error) {
	if o.group != "" && !o.given() {
		return errors.New("-marathon-group needs -marathon")
	}
	if o.password, err = readSecret("marathon-password", o.passwordFile); err != nil {
		return err
	}
	if o.ca, err = readOption("marathon-ca", o.caFile); err != nil {
		return err
	}
	if o.cert, err = readOption("marathon-cert", o.certFile); err != nil {
		return err
	}
	key, err := readOption("marathon-key", o.keyFile)
	o.key = seedbed.Secret(key)
	return err
}

// driver returns the driver for that Marathon.
func (o *marathonOptions) driver(log *slog.Logger) (*marathon.Client, error) {
	return marathon.New(marathon.Config{
		URLs: strings.Split(o.urls, ","), User: o.user, Password: o.password, CA: o.ca, Certificate: o.cert, Key: o.key,
		Group: o.group, Mesos: o.mesos, Log: log.With("part", "marathon"),
	})
}

// consulOptions say which Consul holds the routes.
type consulOptions struct {
	address, tokenFile, caFile string
	bridge, cluster            string // ids

	token seedbed.Secret
}

func (o *consulOptions) flags(f *flag.FlagSet) {
	textFlag(f, &o.address, "consul-address", "", "address of a Consul that is there already: 10.0.0.1:8500 or https://10.0.0.1:8501")
	textFlag(f, &o.tokenFile, "consul-token-file", "", "file with the token for Consul; or SEEDBED_CONSUL_TOKEN")
	textFlag(f, &o.caFile, "consul-ca", "", "file of the certificates that sign Consul's")
	textFlag(f, &o.bridge, "bridge-id", "seedbed", "what tells the entries of this bridge in Consul from those of others; of several bridges with one id one acts")
	textFlag(f, &o.cluster, "cluster", "seedbed", "what tells the entries of this cluster in Consul from those of others")
}

func (o *consulOptions) given() bool { return o.address != "" }

func (o *consulOptions) read() (err error) {
	o.address = strings.TrimPrefix(strings.TrimRight(o.address, "/"), "http://")
	o.token, err = readSecret("consul-token", o.tokenFile)
	return err
}

// routerOptions say where the router is, if it is on another machine.
type routerOptions struct {
	url, tokenFile, caFile, sites string

	token seedbed.Secret
	ca    []byte
}

func (o *routerOptions) flags(f *flag.FlagSet) {
	textFlag(f, &o.url, "router", "", "address at which a router on another machine says what it serves: http://10.0.0.2:8490")
	textFlag(f, &o.tokenFile, "router-token-file", "", "file with the token for that; or SEEDBED_ROUTER_TOKEN")
	textFlag(f, &o.caFile, "router-ca", "", "file of the certificates that sign that router's")
	textFlag(f, &o.sites, "router-sites", "", "address at which that router serves sites: 10.0.0.2:80")
}

func (o *routerOptions) given() bool { return o.url != "" }

func (o *routerOptions) read() (err error) {
	if o.token, err = readSecret("router-token", o.tokenFile); err != nil {
		return err
	}
	o.ca, err = readOption("router-ca", o.caFile)
	return err
}

func (o *routerOptions) remote() (*nginxconf.Remote, error) {
	return nginxconf.NewRemote(nginxconf.RemoteConfig{URL: o.url, Token: o.token, CA: o.ca, Sites: o.sites})
}

// textFlag adds an option that may also be in the environment.
func textFlag(f *flag.FlagSet, to *string, name, value, about string) {
	f.StringVar(to, name, fromEnv(name, value), about)
}

// readSecret returns a secret from a file, or from the environment.
func readSecret(name, file string) (seedbed.Secret, error) {
	if file == "" {
		return seedbed.Secret(fromEnv(name, "")), nil
	}
	text, err := readOption(name+"-file", file)
	return seedbed.Secret(strings.TrimSpace(string(text))), err
}

// readOption returns what is in the file of an option; nothing if none is given.
func readOption(option, file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("-%s: %w", option, err)
	}
	return text, nil
}

// orOwn returns the address of the Consul to use: the one that was given, or our
// own.
func (o *consulOptions) orOwn(own string) string { return cmp.Or(o.address, own) }
