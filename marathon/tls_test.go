package marathon_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http/httptest"
	"testing"
	"time"

	"seedbed"
	"seedbed/marathon"
)

// A Marathon that asks for a certificate is shown the one that was given, and so
// is its Mesos.
func TestClient_ShowsItsCertificate(t *testing.T) {
	cert, key := ownCertificate(t)
	c := &cluster{answers: map[string]string{}, asked: map[string]string{}}
	c.Server = httptest.NewUnstartedServer(c)
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(cert)
	c.Config.ErrorLog = quiet()
	c.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
	c.StartTLS()
	t.Cleanup(c.Close)
	config := marathon.Config{URLs: []string{c.URL}, CA: c.ca(), Certificate: cert, Key: key}
	if _, err := driver(t, config).Machines(t.Context()); err != nil {
		t.Errorf("with its certificate: %v", err)
	}
	config.Certificate, config.Key = nil, ""
	if _, err := driver(t, config).Machines(t.Context()); seedbed.CodeOf(err) != seedbed.Unavailable {
		t.Errorf("without a certificate: %v", err)
	}
}

func TestNew_TakesACertificateOnlyWithItsKey(t *testing.T) {
	cert, key := ownCertificate(t)
	_, another := ownCertificate(t)
	for name, c := range map[string]marathon.Config{
		"no key": {Certificate: cert}, "no certificate": {Key: key}, "the key of another": {Certificate: cert, Key: another},
	} {
		c.URLs = []string{"https://x"}
		if _, err := marathon.New(c); err == nil {
			t.Errorf("%s: it is taken", name)
		} else if bytes.Contains([]byte(err.Error()), []byte(key)) {
			t.Errorf("%s: the key is told", name)
		}
	}
}

// ownCertificate returns a certificate that signs itself, and its key.
func ownCertificate(t *testing.T) (cert []byte, _ seedbed.Secret) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), seedbed.Secret(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: text}))
}
