//go:build integration

package certs

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"seedbed"
)

// world is a small internet: a DNS in which every name leads to 127.0.0.1, and an
// ACME authority, both real servers. Each test has an authority of its own.
type world struct {
	bin     string // folder of the two programs
	dns     string
	dnsAPI  string
	httpFor int // the port at which authorities look
}

var theWorld = sync.OnceValues(makeWorld)

// newWorld returns the one world of all tests.
func newWorld(t *testing.T) world {
	t.Helper()
	w, err := theWorld()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// ended are called when all tests are done.
var ended []func()

func TestMain(m *testing.M) {
	if job := os.Getenv("CERTS_TEST_JOB"); job != "" {
		os.Exit(runJob(job))
	}
	code := m.Run()
	for _, end := range ended {
		end()
	}
	os.Exit(code)
}

func makeWorld() (w world, err error) {
	if w.bin, err = os.MkdirTemp("", "certs-world-"); err != nil {
		return w, err
	}
	ended = append(ended, func() { os.RemoveAll(w.bin) })
	for _, program := range []string{"pebble", "pebble-challtestsrv"} {
		build := exec.Command("go", "build", "-o", filepath.Join(w.bin, program), "github.com/letsencrypt/pebble/v2/cmd/"+program)
		build.Dir = "../tools/pebble"
		if out, err := build.CombinedOutput(); err != nil {
			return w, fmt.Errorf("build %s: %w\n%s", program, err, out)
		}
	}
	w.httpFor, w.dns, w.dnsAPI = freePort(), local(freePort()), local(freePort())
	server := exec.Command(filepath.Join(w.bin, "pebble-challtestsrv"), "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "",
		"-dnsserver", w.dns, "-management", w.dnsAPI, "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "")
	end, err := start(server)
	ended = append(ended, end)
	return w, err
}

// start starts a program that ends with this one, and returns what ends it.
func start(c *exec.Cmd) (end func(), err error) {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		return func() {}, err
	}
	return func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}, nil
}

func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func local(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// lookup asks the world's DNS.
func (w world) lookup(ctx context.Context, name seedbed.HostName) ([]netip.Addr, error) {
	r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, w.dns)
	}}
	return r.LookupNetIP(ctx, "ip", string(name)+".")
}

// lead makes a name lead to an address, and nowhere else.
func (w world) lead(t *testing.T, name, address string) {
	t.Helper()
	w.change(t, "/clear-a", map[string]any{"host": name + "."})
	w.change(t, "/add-a", map[string]any{"host": name + ".", "addresses": []string{address}})
}

func (w world) change(t *testing.T, path string, what map[string]any) {
	t.Helper()
	body, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post("http://"+w.dnsAPI+path, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s is answered with %s", path, answer.Status)
	}
}

// pebble is a running authority.
type pebble struct {
	config   string
	bin      string
	dns      string
	port     int
	api      int
	validity time.Duration
	ca       []byte // signs its own certificate
	stop     func()
}

// pebble starts an authority whose certificates count for so long.
func (w world) pebble(t *testing.T, validity time.Duration, more map[string]any) *pebble {
	t.Helper()
	p := &pebble{bin: w.bin, dns: w.dns, port: freePort(), api: freePort(), validity: validity}
	dir := t.TempDir()
	cert, key := ownCertificate(t)
	p.ca = cert
	config := map[string]any{
		"listenAddress": local(p.port), "managementListenAddress": local(p.api), "httpPort": w.httpFor, "tlsPort": freePort(),
		"certificate": filepath.Join(dir, "cert.pem"), "privateKey": filepath.Join(dir, "key.pem"), "domainBlocklist": []string{"blocked.example"},
		"retryAfter": map[string]int{"authz": 0, "order": 0}, "keyAlgorithm": "ecdsa",
		"profiles": map[string]any{"default": map[string]any{"description": "default", "validityPeriod": int(validity / time.Second)}},
	}
	for k, v := range more {
		config[k] = v
	}
	text, _ := json.Marshal(map[string]any{"pebble": config})
	p.config = filepath.Join(dir, "pebble.json")
	for path, text := range map[string][]byte{"cert.pem": cert, "key.pem": key, "pebble.json": text} {
		if err := os.WriteFile(filepath.Join(dir, path), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// begin starts it. It forgets everything when it is stopped.
func (p *pebble) begin(t *testing.T) *pebble {
	t.Helper()
	c := exec.Command(filepath.Join(p.bin, "pebble"), "-config", p.config, "-dnsserver", p.dns)
	c.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_AUTHZREUSE=0")
	log, err := os.Create(filepath.Join(filepath.Dir(p.config), "log"))
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = log, log
	if p.stop, err = start(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	t.Cleanup(func() {
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("pebble:\n%s", text)
		}
	})
	eventually(t, "pebble listens", func() bool { return p.root() != nil })
	return p
}

func (p *pebble) directory() string { return "https://" + local(p.port) + "/dir" }

// root is the certificate by which what it signs is known.
func (p *pebble) root() *x509.CertPool {
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	answer, err := client.Get("https://" + local(p.api) + "/roots/0")
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(text) {
		return nil
	}
	return pool
}

// ownCertificate is for servers on 127.0.0.1.
func ownCertificate(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	one := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a private authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, one, one, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := keyText(private)
	if err != nil {
		t.Fatal(err)
	}
	return certText(der), text
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("it did not happen that %s", what)
}
