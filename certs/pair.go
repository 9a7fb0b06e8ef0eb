package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"seedbed"
)

// pair is a certificate with those that sign it, and its key, all in PEM form.
type pair struct {
	chain []byte // the host's own first
	key   []byte
	leaf  *x509.Certificate
}

// newPair puts together what belongs together, or says that it does not.
func newPair(chain, key []byte) (pair, error) {
	both, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return pair{}, fmt.Errorf("read a certificate and its key: %w", err)
	}
	return pair{chain, key, both.Leaf}, nil
}

// text is how a pair is kept: in one file, so that it is never half of another.
func (p pair) text() []byte { return slices.Concat(p.key, p.chain) }

// readPair reads what text returned.
func readPair(text []byte) (pair, error) {
	block, chain := pem.Decode(text)
	if block == nil || len(chain) == 0 {
		return pair{}, errors.New("this is no key with a certificate")
	}
	return newPair(chain, text[:len(text)-len(chain)])
}

// base names a pair: by its host and by all that is in it. A name stands for
// the same bytes for ever, so that two files that are read one after the other
// belong together.
func (p pair) base(host seedbed.HostName) string {
	return hash(string(host)) + "-" + hash(string(p.text()))
}

// hash makes a name for a file of anything: 24 hex digits.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:12])
}

// life is how long a certificate counts in all.
func life(c *x509.Certificate) time.Duration { return c.NotAfter.Sub(c.NotBefore) }

// newKey makes a key that every browser of the last ten years knows.
func newKey(random io.Reader) (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	text, err := keyText(key)
	return key, text, err
}

func keyText(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func certText(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// readKey reads a key that keyText wrote.
func readKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("this is no key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("this key cannot sign")
	}
	return signer, nil
}
