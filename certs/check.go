package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"seedbed"
)

const (
	maxChainText = 64 << 10 // bytes
	maxKeyText   = 16 << 10
	maxBlocks    = 10 // certificates in a file
	minRSA       = 2048
	maxRSA       = 4096 // bits; larger ones make every visit slow
	maxNames     = 5    // that are named in a sentence
)

// check holds what people upload to what browsers take.
type check struct {
	name  seedbed.HostName
	now   time.Time
	roots *x509.CertPool // nil for the machine's
}

func wrongCertificate(format string, args ...any) error {
	return seedbed.Mistake("certificate", fmt.Sprintf(format, args...))
}

func wrongKey(format string, args ...any) error {
	return seedbed.Mistake("key", fmt.Sprintf(format, args...))
}

// read returns the pair, or the first mistake in it.
func (c check) read(certificate, key []byte) (pair, error) {
	chain, err := readChain(certificate)
	if err != nil {
		return pair{}, err
	}
	block, err := readUploadedKey(key)
	if err != nil {
		return pair{}, err
	}
	if err := checkKind(chain[0]); err != nil {
		return pair{}, err
	}
	if err := checkOrder(chain, block); err != nil {
		return pair{}, err
	}
	if err := c.checkLeaf(chain[0]); err != nil {
		return pair{}, err
	}
	var text []byte
	for _, one := range chain {
		text = append(text, certText(one.Raw)...)
	}
	p, err := newPair(text, pem.EncodeToMemory(block))
	if err != nil {
		return pair{}, wrongKey("This key does not belong to the certificate.")
	}
	return p, nil
}

// readChain reads the certificates of a file.
func readChain(text []byte) (chain []*x509.Certificate, err error) {
	if len(text) > maxChainText {
		return nil, wrongCertificate("This file has %d KiB; %d is the most.", len(text)>>10, maxChainText>>10)
	}
	for len(text) > 0 {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, notACertificate(block)
		}
		if len(chain) == maxBlocks {
			return nil, wrongCertificate("This file has more than %d certificates. It needs the site's own, and those that sign it.", maxBlocks)
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &seedbed.Error{Code: seedbed.Invalid, Field: "certificate", Err: err,
				Message: fmt.Sprintf("Certificate number %d of this file is damaged.", len(chain)+1)}
		}
		chain = append(chain, one)
	}
	if len(chain) == 0 {
		return nil, wrongCertificate("This is no certificate in PEM form. One begins with “-----BEGIN CERTIFICATE-----”.")
	}
	return chain, nil
}

func notACertificate(block *pem.Block) error {
	switch {
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return wrongCertificate("This file has a private key in it. Give the certificate here and the key in its own field.")
	case strings.HasSuffix(block.Type, "CERTIFICATE REQUEST"):
		return wrongCertificate("This is a request for a certificate. Send it to an authority, and upload what comes back.")
	}
	return wrongCertificate("This file has something in it that is no certificate.")
}

// readUploadedKey returns the first key of a file. Files of elliptic curves may
// have their parameters before it.
func readUploadedKey(text []byte) (*pem.Block, error) {
	if len(text) > maxKeyText {
		return nil, wrongKey("This file has %d KiB; %d is the most.", len(text)>>10, maxKeyText>>10)
	}
	for len(text) > 0 {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		switch {
		case block.Type == "EC PARAMETERS":
		case block.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return nil, wrongKey("This key has a password. Take it off first: openssl pkey -in key.pem -out key-without-password.pem")
		case block.Type == "CERTIFICATE":
			return nil, wrongKey("This is a certificate. Give its private key here.")
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return &pem.Block{Type: block.Type, Bytes: block.Bytes}, nil
		default:
			return nil, wrongKey("This is no private key.")
		}
	}
	return nil, wrongKey("This is no private key in PEM form. One begins with “-----BEGIN PRIVATE KEY-----”.")
}

// checkKind looks at the kind of a certificate's key.
func checkKind(leaf *x509.Certificate) error {
	switch key := leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSA || bits > maxRSA {
			return wrongCertificate("This certificate has an RSA key of %d bits; browsers and this installation take %d to %d.", bits, minRSA, maxRSA)
		}
		return nil
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() || key.Curve == elliptic.P384() {
			return nil
		}
	case ed25519.PublicKey:
		return wrongCertificate("This certificate has a key of the kind Ed25519, which browsers do not take. Ask for one with ECDSA P-256 or RSA.")
	}
	return wrongCertificate("This certificate has a key of a kind that browsers do not take. Ask for one with ECDSA P-256 or RSA.")
}

// checkOrder looks whether the key belongs to the first certificate, and each
// certificate is signed by the one after it.
func checkOrder(chain []*x509.Certificate, key *pem.Block) error {
	which := slices.IndexFunc(chain, func(c *x509.Certificate) bool {
		_, err := newPair(certText(c.Raw), pem.EncodeToMemory(key))
		return err == nil
	})
	switch {
	case which < 0 && chain[0].IsCA && len(chain) == 1:
		return wrongCertificate("This is the certificate of an authority and not that of a site.")
	case which < 0:
		return wrongKey("This key does not belong to the certificate, or is damaged.")
	case which > 0:
		return wrongCertificate("The certificates are in the wrong order: the site's own must be the first, and it is number %d.", which+1)
	}
	for i, one := range chain[1:] {
		if !bytes.Equal(chain[i].RawIssuer, one.RawSubject) || chain[i].CheckSignatureFrom(one) != nil {
			return wrongCertificate("The certificates are in the wrong order, or one is missing between them: number %d does not sign number %d.", i+2, i+1)
		}
	}
	return nil
}

// checkLeaf looks at dates, names and use.
func (c check) checkLeaf(leaf *x509.Certificate) error {
	switch {
	case leaf.IsCA && !isSelfSigned(leaf):
		return wrongCertificate("This is the certificate of an authority and not that of a site.")
	case !c.now.Before(leaf.NotAfter):
		return wrongCertificate("This certificate ended on %s. Get a new one.", day(leaf.NotAfter))
	case c.now.Before(leaf.NotBefore):
		return wrongCertificate("This certificate counts only from %s on.", leaf.NotBefore.UTC().Format("2 January 2006 15:04 UTC"))
	case !isForServers(leaf):
		return wrongCertificate("This certificate is not for websites. Ask for one with the use “server authentication”.")
	case leaf.SignatureAlgorithm == x509.SHA1WithRSA || leaf.SignatureAlgorithm == x509.ECDSAWithSHA1 || leaf.SignatureAlgorithm == x509.MD5WithRSA:
		return wrongCertificate("This certificate is signed in a way (%v) that browsers do not take any more.", leaf.SignatureAlgorithm)
	case leaf.VerifyHostname(string(c.name)) != nil:
		return wrongCertificate("This certificate is not for %s but for %s.", c.name, namesOf(leaf))
	}
	return nil
}

func isSelfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

func isForServers(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// namesOf lists the names of a certificate that are names, in a sentence.
func namesOf(c *x509.Certificate) string {
	var names []string
	for _, name := range c.DNSNames {
		if _, err := seedbed.ParseHostName(strings.TrimPrefix(name, "*.")); err == nil {
			names = append(names, name)
		}
	}
	switch {
	case len(names) == 0:
		return "no host name at all"
	case len(names) > maxNames:
		return fmt.Sprintf("%s and %d others", strings.Join(names[:maxNames], ", "), len(names)-maxNames)
	}
	return strings.Join(names, ", ")
}

// warnings are about a pair that read has found usable.
func (c check) warnings(p pair) (all []string) {
	chain, err := readChain(p.chain)
	if err != nil {
		return nil
	}
	if isSelfSigned(chain[0]) {
		return append(all, "This certificate is signed by itself, so browsers warn visitors of the site.")
	}
	between := x509.NewCertPool()
	for _, one := range chain[1:] {
		between.AddCert(one)
	}
	var unknown x509.UnknownAuthorityError
	_, err = chain[0].Verify(x509.VerifyOptions{Intermediates: between, Roots: c.roots, CurrentTime: c.now})
	switch last := chain[len(chain)-1]; {
	case err == nil:
	case errors.As(err, &unknown) && isSelfSigned(last):
		all = append(all, fmt.Sprintf("Browsers may not know the authority %s that signs this certificate, and then warn visitors of the site.", quoted(last.Subject.CommonName)))
	case errors.As(err, &unknown):
		all = append(all, fmt.Sprintf("The certificate of %s, which signs the last of these, is not in the file, and it is no authority that browsers know. Add it to the end of the file, or some browsers warn visitors.", quoted(last.Issuer.CommonName)))
	default:
		all = append(all, "Browsers may not accept this certificate, because what signs it does not fit.")
	}
	if left := p.leaf.NotAfter.Sub(c.now); left < uploadSoon {
		all = append(all, fmt.Sprintf("This certificate ends soon, on %s.", day(p.leaf.NotAfter)))
	}
	return all
}

// quoted is a stranger's name in a sentence.
func quoted(name string) string { return "“" + said(strings.ToValidUTF8(name, "")) + "”" }
