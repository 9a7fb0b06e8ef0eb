package certs

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"os"
	"sync"
	"testing"
	"time"

	"seedbed"
)

// authority is one of a test's: it signs whatever it is given.
type authority struct {
	t     *testing.T
	cert  *x509.Certificate
	key   crypto.Signer
	above []byte // certificates that sign its own, without the root
}

var nextSerial = func() func() *big.Int {
	var mu sync.Mutex
	var n int64
	return func() *big.Int {
		mu.Lock()
		defer mu.Unlock()
		n++
		return big.NewInt(n)
	}
}()

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t, key: newTestKey(t)}
	one := &x509.Certificate{
		SerialNumber: nextSerial(), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert = create(t, one, one, a.key.Public(), a.key)
	return a
}

// below is an authority that this one has signed.
func (a *authority) below(name string) *authority {
	key := newTestKey(a.t)
	cert := create(a.t, &x509.Certificate{
		SerialNumber: nextSerial(), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(5, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, a.cert, key.Public(), a.key)
	return &authority{a.t, cert, key, append(certText(cert.Raw), a.above...)}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// sign makes a certificate for a host name, changed as the test likes.
func (a *authority) sign(name string, key crypto.Signer, change ...func(*x509.Certificate)) []byte {
	a.t.Helper()
	one := &x509.Certificate{
		SerialNumber: nextSerial(), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 0, 90),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	for _, c := range change {
		c(one)
	}
	return certText(create(a.t, one, a.cert, key.Public(), a.key).Raw)
}

func create(t *testing.T, one, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, one, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func newTestKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func textOf(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	text, err := keyText(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// open returns a Keeper with an authority of its own.
func open(t *testing.T, dir string, change ...func(*Config)) *Keeper {
	t.Helper()
	c := Config{Dir: dir, Source: OwnCA, Domains: []seedbed.HostName{"sites.example.org"}, Log: slog.New(slog.DiscardHandler)}
	for _, one := range change {
		one(&c)
	}
	k, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(k.ServedDir()) }) // which is not below dir where workers could not reach it
	return k
}

// going runs a Keeper until the test ends.
func going(t *testing.T, k *Keeper) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { _ = k.Run(ctx) })
	t.Cleanup(func() { cancel(); parts.Wait() })
}

// signer is an authority whose answers a test chooses. It counts what it is asked.
type signer struct {
	*authority
	life   time.Duration
	answer func(name seedbed.HostName) error // nil gives a certificate

	mu    sync.Mutex
	asked map[seedbed.HostName][]time.Time
}

func (s *signer) ready(context.Context, seedbed.HostName) error { return nil }

func (s *signer) issue(_ context.Context, name seedbed.HostName) (pair, error) {
	s.mu.Lock()
	if s.asked == nil {
		s.asked = map[seedbed.HostName][]time.Time{}
	}
	s.asked[name] = append(s.asked[name], time.Now())
	s.mu.Unlock()
	if s.answer != nil {
		if err := s.answer(name); err != nil {
			return pair{}, err
		}
	}
	key := newTestKey(s.t)
	cert := s.sign(string(name), key, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Now(), time.Now().Add(s.life) })
	return newPair(cert, textOf(s.t, key))
}

func (s *signer) times(name seedbed.HostName) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked[name])
}

func wanting(names ...seedbed.HostName) map[seedbed.HostName]Source {
	hosts := map[seedbed.HostName]Source{}
	for _, name := range names {
		hosts[name] = Usual
	}
	return hosts
}

func statusIn(k *Keeper, name seedbed.HostName) Status {
	for _, s := range k.Report() {
		if s.Host == name {
			return s
		}
	}
	return Status{}
}
