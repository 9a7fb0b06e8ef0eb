package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"seedbed"
	"seedbed/db"
)

// engineOptions are those of `seedbed engine`.
type engineOptions struct {
	listen, user, passwordFile, volumeRoots string
	tls                                     tlsOptions

	password seedbed.Secret
}

func (o *engineOptions) flags(f *flag.FlagSet) {
	textFlag(f, &o.listen, "engine-listen", "", "address and port of the API (default: port+20 on the loopback address)")
	textFlag(f, &o.user, "engine-user", "seedbed", "user name that is asked for")
	textFlag(f, &o.passwordFile, "engine-password-file", "", "file with the password that is asked for; or SEEDBED_ENGINE_PASSWORD")
	textFlag(f, &o.volumeRoots, "volume-roots", "", "folders below which volumes may be, separated by commas (default: -volume-dir)")
	o.tls.flags(f)
}

// read checks the options. Without a password nobody is let in, for definitions
// hold secrets.
func (o *engineOptions) read(c config) (err error) {
	if o.password, err = readSecret("engine-password", o.passwordFile); err != nil {
		return err
	}
	if o.password == "" {
		return errors.New("the engine needs a password: give -engine-password-file or SEEDBED_ENGINE_PASSWORD")
	}
	if o.listen == "" {
		o.listen = c.engineAddress()
	}
	if o.volumeRoots == "" {
		o.volumeRoots = strings.Join(c.volumeRoots(), ",")
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

func (r *role) runEngine(ctx context.Context, o engineOptions) error {
	key, err := db.LoadKey(r.path("secret.key"), rand.Reader)
	if err != nil {
		return err
	}
	docker, _, err := ensureDocker(ctx, r.config, func(line string) { fmt.Println(line) })
	if docker == nil {
		return err
	}
	roots, err := o.roots()
	if err != nil {
		return err
	}
	engine, err := r.makeEngine(engineParts{key, docker, roots, o.user, o.password, r.log})
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
