package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writePair writes a certificate for a name, and its key, as people have them.
func writePair(t *testing.T, name string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	one := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0)}
	cert, err := x509.CreateCertificate(rand.Reader, one, one, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestCertificates_UploadIsKeptAndAMistakeHasItsSentence(t *testing.T) {
	dir := openFolder(t)
	cert, key := writePair(t, "guide.localhost")
	args := []string{"upload", "-dir", dir, "-tls", "own", "-certificate", cert, "-key", key}
	if err := certificatesCommand(t.Context(), append(args, "-host", "guide.localhost")); err != nil {
		t.Fatal(err)
	}
	if kept, _ := filepath.Glob(filepath.Join(dir, "certs", "uploads", "*.json")); len(kept) != 1 {
		t.Errorf("kept: %v", kept)
	}
	if err := certificatesCommand(t.Context(), append(args, "-host", "wiki.localhost")); err == nil || !strings.Contains(err.Error(), "not for wiki.localhost but for guide.localhost") {
		t.Errorf("got %v", err)
	}
	if err := certificatesCommand(t.Context(), []string{"withdraw", "-dir", dir, "-tls", "own", "-host", "guide.localhost"}); err != nil {
		t.Error(err)
	}
	if kept, _ := filepath.Glob(filepath.Join(dir, "certs", "uploads", "*.json")); len(kept) != 0 {
		t.Errorf("it is still there: %v", kept)
	}
}

func TestCertificates_SayWhenThereIsNoHTTPS(t *testing.T) {
	if err := certificatesCommand(t.Context(), []string{"list", "-dir", openFolder(t)}); err == nil || !strings.Contains(err.Error(), "no HTTPS") {
		t.Errorf("got %v", err)
	}
}

func TestParseConfig_RefusesCertificatesThatCannotBe(t *testing.T) {
	for _, args := range [][]string{
		{"-tls", "letsencrypt"}, {"-tls", ""}, {"-tls-port", "0"}, {"-tls-port", "x"}, {"-acme-ca", "/no/such/file"}, {"-acme-route-test", "maybe"}, {"-acme-mac-key-file", "/no/such/file"},
	} {
		if _, err := parseConfig("serve", append(args, "-dir", t.TempDir())); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
	c, err := parseConfig("serve", []string{"-dir", t.TempDir()})
	if err != nil || c.wanted() {
		t.Errorf("without being asked for there is HTTPS: %v", err)
	}
	for _, args := range [][]string{{"-tls", "own", "-own-ca-domains", "a b_c"}, {"-tls", "acme", "-acme-directory", "http://x/"}} {
		c, err := parseConfig("serve", append(args, "-dir", openFolder(t)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.makeKeeper(slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}

// openFolder is one that nginx's workers reach, so that nothing is laid outside.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "seedbed-certificates-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
