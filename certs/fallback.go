package certs

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"time"
)

const fallbackLife = 397 * 24 * time.Hour

// keepFallback makes sure that the fallback is there and counts. Its key stays
// the same when it is renewed, because it is the one pair whose files are
// replaced: whichever nginx reads of it belongs together.
func (k *Keeper) keepFallback() error {
	if !k.isFresh(k.fallback) {
		return k.files.alone(k.renewFallback)
	}
	if k.files.isServed(Fallback) {
		return nil
	}
	return k.files.serve(Fallback, k.fallback)
}

func (k *Keeper) isFresh(p pair) bool {
	now := k.Now()
	return p.leaf != nil && p.leaf.NotAfter.Sub(now) > fallbackLife/3 && !p.leaf.NotBefore.After(now)
}

// renewFallback takes the one that is kept, perhaps by another process, or makes
// a new one.
func (k *Keeper) renewFallback() (err error) {
	k.fallback, _ = k.files.readPair(Fallback) // what cannot be read is made anew
	if !k.isFresh(k.fallback) {
		if k.fallback, err = k.newFallback(); err != nil {
			return err
		}
	}
	return k.files.keepPair(Fallback, k.fallback)
}

func (k *Keeper) newFallback() (pair, error) {
	key, err := k.fallbackKey()
	if err != nil {
		return pair{}, err
	}
	serial, err := newSerial(k.Rand)
	if err != nil {
		return pair{}, err
	}
	cert := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "No certificate for this name"},
		DNSNames:     []string{"fallback.invalid"},
		NotBefore:    k.Now().Add(-clockSkew), NotAfter: k.Now().Add(fallbackLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(k.Rand, cert, cert, key.Public(), key)
	if err != nil {
		return pair{}, fmt.Errorf("make the fallback: %w", err)
	}
	text, err := keyText(key)
	if err != nil {
		return pair{}, err
	}
	return newPair(certText(der), text)
}

func (k *Keeper) fallbackKey() (crypto.Signer, error) {
	if k.fallback.leaf != nil {
		return readKey(k.fallback.key)
	}
	key, _, err := newKey(k.Rand)
	return key, err
}
