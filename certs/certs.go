// Package certs keeps the certificates of all host names that are served: it
// asks an ACME authority for them, signs them by an authority of the
// installation's own, or takes those that people have, renews them in time, and
// lays them where nginx's workers read them. DESIGN.md beside this file says how
// and why.
//
// It does not decide which host names there are (Want tells it), writes no
// configuration of nginx, and terminates no TLS.
package certs

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"seedbed"
)

// Source is where the certificate of a host name comes from.
type Source string

// Sources. Uploaded is found in reports only: a certificate that was uploaded
// for a host name counts before any other, until it ends.
const (
	Usual    Source = ""         // what the installation uses
	Off      Source = "off"      // nothing but the fallback, which browsers warn of
	ACME     Source = "acme"     // an authority that speaks RFC 8555, such as Let's Encrypt
	OwnCA    Source = "own"      // the installation's own authority
	Uploaded Source = "uploaded" // given by people
)

// ParseSource reads what an installation is to use: "off", "acme" or "own".
func ParseSource(s string) (Source, error) {
	if source := Source(s); slices.Contains([]Source{Off, ACME, OwnCA}, source) {
		return source, nil
	}
	return "", seedbed.Mistake("tls", "Certificates come from “acme” or “own”, or are “off”.")
}

// Fallback is the base name of the certificate for host names that have none.
// It is always there; browsers warn of it.
const Fallback = "fallback"

// LetsEncrypt is the directory of the authority that is asked if no other is
// named.
const LetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// Config is what a Keeper needs. Dir has no default.
type Config struct {
	Dir    string // of the keeper alone: keys, certificates, what was tried
	Source Source // of the installation; the default is Off
	// Domains are those below which the own authority may sign names. They are
	// written into its root when that is made.
	Domains   []seedbed.HostName
	Authority Authority
	// Lookup returns the addresses of a host name in the DNS; the default asks as
	// the machine does.
	Lookup func(ctx context.Context, host seedbed.HostName) ([]netip.Addr, error)
	// Roots are the authorities that browsers are taken to know, for warnings
	// about uploads; the default are the machine's.
	Roots *x509.CertPool
	Now   func() time.Time
	Rand  io.Reader
	Log   *slog.Logger
}

// Authority is an ACME authority, and how it is asked.
type Authority struct {
	Directory string // its address; the default is LetsEncrypt
	Email     string // of who is told about trouble; may be empty
	// CA are PEM certificates that sign the authority's own. An authority that
	// has them is a private one: it may certify any name, at any address.
	CA     []byte
	KeyID  string         // of an account elsewhere that it wants named (EAB)
	MACKey seedbed.Secret // of that account, base64url
	// Port is where it looks for the proof; authorities on the internet all use
	// 80, which is the default.
	Port int
	// TrustRoute leaves out the test whether a host name leads here. It is for
	// networks in which a machine cannot reach itself by its public address.
	TrustRoute bool
}

func (c Config) withDefaults() Config {
	if c.Source == Usual {
		c.Source = Off
	}
	if c.Authority.Directory == "" {
		c.Authority.Directory = LetsEncrypt
	}
	if c.Authority.Port == 0 {
		c.Authority.Port = 80
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

func (c *Config) check() (err error) {
	if c.Dir == "" {
		return errors.New("a keeper of certificates needs a folder")
	}
	if c.Dir, err = filepath.Abs(c.Dir); err != nil {
		return fmt.Errorf("find the folder of certificates: %w", err)
	}
	if _, err := ParseSource(string(c.Source)); err != nil {
		return err
	}
	if c.Source == OwnCA && len(c.Domains) == 0 {
		return seedbed.Mistake("own-ca-domains", "The installation's own authority needs to know for which domains it may sign.")
	}
	return c.Authority.check()
}

func (a Authority) check() error {
	u, err := url.Parse(a.Directory)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return seedbed.Mistake("acme-directory", "The directory of an authority is an address such as "+LetsEncrypt+".")
	}
	if a.Email != "" && (strings.ContainsFunc(a.Email, notInEmail) || strings.Count(a.Email, "@") != 1) {
		return seedbed.Mistake("acme-email", "This is no e-mail address.")
	}
	if a.CA != nil && !x509.NewCertPool().AppendCertsFromPEM(a.CA) {
		return seedbed.Mistake("acme-ca", "This file has no certificates in PEM form.")
	}
	if (a.KeyID == "") != (a.MACKey == "") {
		return seedbed.Mistake("acme-key-id", "An account elsewhere is named by an id and a key; one of them is missing.")
	}
	return nil
}

func notInEmail(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`,?&#"<>`, r) }

// private reports whether the authority is one of somebody's own network.
func (a Authority) private() bool { return a.CA != nil }
