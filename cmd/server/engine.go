package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"seedbed"
	"seedbed/db"
	"seedbed/marathon/onebox"
)

// engineOptions are those of `seedbed engine`.
type engineOptions struct {
	listen, user, passwordFile, volumeRoots string
	hostNames, callbackHosts, networks      string
	noPassword, dryRun                      bool
	hostNetwork, hostPrograms               bool
	fetchRoots, fetchAllow, registryAuth    string
	tls                                     tlsOptions

	password seedbed.Secret
}

func (o *engineOptions) flags(f *flag.FlagSet) {
	textFlag(f, &o.listen, "engine-listen", "", "address and port of the API (default: port+20 on the loopback address)")
	textFlag(f, &o.user, "engine-user", "seedbed", "user name that is asked for")
	textFlag(f, &o.passwordFile, "engine-password-file", "", "file with the password that is asked for; or SEEDBED_ENGINE_PASSWORD")
	textFlag(f, &o.volumeRoots, "volume-roots", "", "folders below which volumes may be, separated by commas (default: -volume-dir)")
	textFlag(f, &o.hostNames, "engine-host-names", "", "names by which clients may call the engine besides addresses and localhost, separated by commas")
	textFlag(f, &o.callbackHosts, "callback-hosts", "", "networks such as 10.0.0.0/24 to which /v2/eventSubscriptions may post, besides the address that a client asks from")
	f.BoolVar(&o.noPassword, "engine-no-password", false, "ask nobody for a password: for old clients, and only on the loopback address")
	textFlag(f, &o.networks, "networks", "", "Docker networks, besides the engine's own, that definitions may ask for by name, separated by commas")
	f.BoolVar(&o.hostNetwork, "host-network", true, "let containers have the machine's own network if they ask for it or for nothing; in it they reach what only listens on the loopback address")
	f.BoolVar(&o.dryRun, "dry-run", false, "start nothing, and take everything to run: for trying a client")
	f.BoolVar(&o.hostPrograms, "host-programs", true, "run commands without an image, with the machine's own programs, each app as a user of its own")
	textFlag(f, &o.fetchRoots, "fetch-roots", "", "folders of the machine below which definitions may fetch files, separated by commas")
	textFlag(f, &o.fetchAllow, "fetch-allow", "", "hosts and networks that are not of the internet and from which definitions may fetch, separated by commas")
	textFlag(f, &o.registryAuth, "registry-auth", "", "file with the passwords of registries, as docker login writes it (config.json)")
	o.tls.flags(f)
}

// read checks the options. Without a password nobody is let in, for definitions
// hold secrets.
func (o *engineOptions) read(c config) (err error) {
	if o.password, err = readSecret("engine-password", o.passwordFile); err != nil {
		return err
	}
	if o.listen == "" {
		o.listen = c.engineAddress()
	}
	if err := o.checkPassword(); err != nil {
		return err
	}
	if o.volumeRoots == "" {
		o.volumeRoots = strings.Join(c.volumeRoots(), ",")
	}
	return nil
}

func (o *engineOptions) checkPassword() error {
	host, _, err := net.SplitHostPort(o.listen)
	if err != nil {
		return fmt.Errorf("-engine-listen: %w", err)
	}
	address, err := netip.ParseAddr(host)
	switch {
	case o.noPassword && o.password != "":
		return errors.New("a password is given and -engine-no-password as well; which of them?")
	case o.noPassword && (err != nil || !address.IsLoopback()):
		return errors.New("-engine-no-password is only for the loopback address: whoever reaches the engine can start containers")
	case !o.noPassword && o.password == "":
		return errors.New("the engine needs a password: give -engine-password-file or SEEDBED_ENGINE_PASSWORD")
	}
	return nil
}

func (o *engineOptions) roots() (roots []string, err error) {
	for one := range strings.SplitSeq(o.volumeRoots, ",") {
		absolute, err := filepath.Abs(one)
		if err != nil {
			return nil, fmt.Errorf("-volume-roots: %w", err)
		}
		roots = append(roots, absolute)
	}
	return roots, nil
}

// words returns the words of a list that commas separate.
func words(list string) (out []string) {
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); one != "" {
			out = append(out, one)
		}
	}
	return out
}

// prefixes reads a list of networks, or of single addresses.
func prefixes(list string) (out []netip.Prefix, err error) {
	for _, one := range words(list) {
		p, err := netip.ParsePrefix(one)
		if addr, single := netip.ParseAddr(one); single == nil {
			p, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return nil, fmt.Errorf("-callback-hosts: %q is neither an address nor a network such as 10.0.0.0/24", one)
		}
		out = append(out, p)
	}
	return out, nil
}

// runEngine is `seedbed engine`: the engine of one box alone, for a portal that
// is started with -marathon. Containers go on when it ends.
func runEngine(ctx context.Context, args []string) error {
	var o engineOptions
	c, err := parseConfig("engine", args, o.flags)
	if err != nil {
		return err
	}
	if err := o.read(c); err != nil {
		return err
	}
	return alone(ctx, c, func(ctx context.Context, r *role) error { return r.runEngine(ctx, o) })
}

// docker returns the Docker that carries the engine's orders out, or nil for a
// dry run.
func (o *engineOptions) docker(ctx context.Context, c config) (*client.Client, error) {
	if o.dryRun {
		return nil, nil
	}
	docker, _, err := ensureDocker(ctx, c, func(line string) { fmt.Println(line) })
	if docker == nil && err == nil {
		err = errors.New("there is no Docker")
	}
	if docker != nil {
		err = nil // one that does not answer yet will be waited for
	}
	return docker, err
}

func (r *role) runEngine(ctx context.Context, o engineOptions) error {
	key, err := db.LoadKey(r.path("secret.key"), rand.Reader)
	if err != nil {
		return err
	}
	docker, err := o.docker(ctx, r.config)
	if err != nil {
		return err
	}
	roots, err := o.roots()
	if err != nil {
		return err
	}
	callbackHosts, err := prefixes(o.callbackHosts)
	if err != nil {
		return err
	}
	engine, err := r.makeEngine(key, onebox.Config{
		Docker: docker, VolumeRoots: roots, User: o.user, Password: o.password.Reveal(), Log: r.log,
		HostNetwork: o.hostNetwork, Networks: words(o.networks),
		HostNames: words(strings.ToLower(o.hostNames)), CallbackHosts: callbackHosts,
		HostPrograms: o.hostPrograms, FetchRoots: words(o.fetchRoots), FetchAllow: words(o.fetchAllow), RegistryAuth: o.registryAuth,
	})
	if err != nil {
		return err
	}
	listener, scheme, err := o.tls.listen(o.listen)
	if err != nil {
		return errors.Join(err, engine.Close())
	}
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error { return serveHTTP(ctx, listener, engine) })
	parts.Go(func() error { return engine.Run(ctx) })
	fmt.Printf("The engine answers at %s://%s\nCtrl-C stops it. Containers go on.\n", scheme, listener.Addr())
	return errors.Join(parts.Wait(), engine.Close())
}
