package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
)

// role is one part that runs alone, in a folder of its own.
type role struct {
	config
	log *slog.Logger
}

// alone runs one part until ctx ends, as the only process in its folder.
func alone(ctx context.Context, c config, run func(context.Context, *role) error) error {
	unlock, err := lock(c)
	if err != nil {
		return err
	}
	defer unlock()
	file, err := openLogFile(c.path("seedbed.log"))
	if err != nil {
		return err
	}
	r := &role{c, slog.New(slog.NewMultiHandler(
		slog.NewTextHandler(file, nil),
		slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))}
	catchTemplateLog(r.log)
	err = run(ctx, r)
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, file.Close())
}

// tlsOptions are the certificate of a part that others reach over the network.
type tlsOptions struct{ cert, key string }

func (o *tlsOptions) flags(f *flag.FlagSet) {
	textFlag(f, &o.cert, "tls-cert", "", "file of the certificate, with those that sign it; without it there is no TLS")
	textFlag(f, &o.key, "tls-key", "", "file of the certificate's key")
}

// listen takes an address, with TLS if there is a certificate. Without one only
// the loopback address will do, for a password would be read by others.
func (o *tlsOptions) listen(address string) (_ net.Listener, scheme string, _ error) {
	if o.cert == "" {
		if host, _, err := net.SplitHostPort(address); err != nil || !net.ParseIP(host).IsLoopback() {
			return nil, "", fmt.Errorf("%s is no loopback address: give -tls-cert and -tls-key, so that nobody reads the password on the way", address)
		}
		l, err := listen(address)
		return l, "http", err
	}
	pair, err := tls.LoadX509KeyPair(o.cert, o.key)
	if err != nil {
		return nil, "", fmt.Errorf("-tls-cert, -tls-key: %w", err)
	}
	l, err := listen(address)
	if err != nil {
		return nil, "", err
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}), "https", nil
}
