package certs

import (
	"context"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"seedbed"
)

const (
	rootLife  = 10 * 365 * 24 * time.Hour
	leafLife  = 90 * 24 * time.Hour
	clockSkew = time.Hour // that clocks of phones may be slow
)

// ownCA is the installation's own authority, for where no other reaches. Its
// root is made when it is first needed. Who has its key can speak for every name
// below its domains to everybody who trusts it, and for no other: that is
// written into the root.
type ownCA struct {
	files   files
	domains []seedbed.HostName
	now     func() time.Time
	random  io.Reader

	mu   sync.Mutex
	root *x509.Certificate
	key  crypto.Signer
}

func (o *ownCA) ready(_ context.Context, name seedbed.HostName) error {
	root, _, err := o.open()
	switch {
	case err != nil:
		return err
	case !permits(root, name):
		return &setback{message: fmt.Sprintf("The authority of this installation may only sign names below %s, and %s is not one. Upload a certificate for it.",
			strings.Join(root.PermittedDNSDomains, " and "), name)}
	case o.now().After(root.NotAfter):
		return &setback{message: fmt.Sprintf("The authority of this installation has ended on %s. Move its folder %s away, and a new one is made; it has to be installed on all phones and computers again.",
			day(root.NotAfter), o.files.path("own"))}
	}
	return nil
}

func permits(root *x509.Certificate, name seedbed.HostName) bool {
	for _, domain := range root.PermittedDNSDomains {
		if string(name) == domain || strings.HasSuffix(string(name), "."+domain) {
			return true
		}
	}
	return false
}

func (o *ownCA) issue(_ context.Context, name seedbed.HostName) (pair, error) {
	root, signer, err := o.open()
	if err != nil {
		return pair{}, err
	}
	key, text, err := newKey(o.random)
	if err != nil {
		return pair{}, err
	}
	serial, err := newSerial(o.random)
	if err != nil {
		return pair{}, err
	}
	now := o.now()
	der, err := x509.CreateCertificate(o.random, &x509.Certificate{
		SerialNumber: serial, DNSNames: []string{string(name)},
		NotBefore: now.Add(-clockSkew), NotAfter: earlier(now.Add(leafLife), root.NotAfter),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}, root, key.Public(), signer)
	if err != nil {
		return pair{}, fmt.Errorf("sign a certificate for %s: %w", name, err)
	}
	return newPair(certText(der), text)
}

// open returns the root and its key, and makes both if neither is there.
func (o *ownCA) open() (*x509.Certificate, crypto.Signer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.root != nil {
		return o.root, o.key, nil
	}
	text, err := os.ReadFile(o.files.path("own", "root.pem"))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = o.make()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open the installation's own authority: %w", err)
	}
	p, err := readPair(text)
	if err != nil || !p.leaf.IsCA {
		return nil, nil, &seedbed.Error{Code: seedbed.Unavailable, Err: err, Message: "The key of the installation's own authority cannot be read. Bring " +
			o.files.path("own") + " back from a backup, or move it away, and a new one is made; it has to be installed on all phones and computers again."}
	}
	if o.key, err = readKey(p.key); err != nil {
		return nil, nil, err
	}
	o.root = p.leaf
	return o.root, o.key, nil
}

// make makes the root and its key, and keeps both in one file.
func (o *ownCA) make() ([]byte, error) {
	if len(o.domains) == 0 {
		return nil, errors.New("it is not said for which domains it may sign")
	}
	key, text, err := newKey(o.random)
	if err != nil {
		return nil, err
	}
	serial, err := newSerial(o.random)
	if err != nil {
		return nil, err
	}
	cert := rootOf(o.domains, serial, o.now())
	der, err := x509.CreateCertificate(o.random, cert, cert, key.Public(), key)
	if err != nil {
		return nil, err
	}
	p, err := newPair(certText(der), text)
	if err != nil {
		return nil, err
	}
	return p.text(), replaceFile(o.files.path("own", "root.pem"), p.text(), 0o600, -1)
}

func rootOf(domains []seedbed.HostName, serial *big.Int, now time.Time) *x509.Certificate {
	cert := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Seedbed of " + string(domains[0]), Organization: []string{"Seedbed"}},
		NotBefore:    now.Add(-clockSkew), NotAfter: now.Add(rootLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		PermittedDNSDomainsCritical: true,
		ExcludedIPRanges:            []*net.IPNet{everyIP(net.IPv4len), everyIP(net.IPv6len)},
	}
	for _, domain := range domains {
		cert.PermittedDNSDomains = append(cert.PermittedDNSDomains, string(domain))
	}
	return cert
}

// everyIP is the range of all addresses of a kind.
func everyIP(size int) *net.IPNet {
	return &net.IPNet{IP: make(net.IP, size), Mask: make(net.IPMask, size)}
}

// newSerial returns a serial number that nobody can guess, as browsers' rules
// want it.
func newSerial(random io.Reader) (*big.Int, error) {
	bytes := make([]byte, 16)
	if _, err := io.ReadFull(random, bytes); err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	bytes[0] = bytes[0]&0x7f | 0x40 // positive, and never zero
	return new(big.Int).SetBytes(bytes), nil
}

// Root returns the certificate of the installation's own authority in PEM form,
// for people to install. It is made if it is not there yet.
func (k *Keeper) Root() (Root, error) {
	root, _, err := k.own.open()
	if err != nil {
		return Root{}, err
	}
	r := Root{PEM: certText(root.Raw), Fingerprint: fingerprint(root), NotAfter: root.NotAfter}
	for _, domain := range root.PermittedDNSDomains {
		r.Domains = append(r.Domains, seedbed.HostName(domain))
	}
	return r, nil
}

// DER returns the root in the form that phones take.
func (r Root) DER() []byte {
	block, _ := pem.Decode(r.PEM)
	return block.Bytes
}
