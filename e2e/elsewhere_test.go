//go:build e2e

package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"seedbed/consul"
)

// TestElsewhere makes a site on a Marathon that is not the portal's own, with a
// Consul, a bridge and a router that are not either, reads its log and use, and
// deletes it. Where the environment names a Marathon it is that one; else
// `seedbed engine` behind TLS.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	e := openElsewhere(t)
	b := openBrowser(t)
	i := e.portal
	setUp(i, b)
	b.open(i.portal() + "/sites/new/static-site")
	b.fill("name", "Far Away")
	b.press("Review")
	b.press("Make the site")
	b.seeWithin(made, "You find it at")
	eventually(t, "the site answers through the router", soon, func() bool {
		status, _ := i.get(e.site("far-away") + "/")
		return status == 200
	})
	e.seeUsage(b)
	e.seeLogs(b)
	e.seeMachines(b)
	b.open(i.portal() + "/sites/far-away/delete")
	b.fill("confirm", "Far Away")
	b.press("Delete the site")
	b.seeWithin(made, "Far Away is deleted")
	if status, _ := i.get(e.site("far-away") + "/"); status != 404 {
		t.Errorf("the deleted site answers %d", status)
	}
}

// seeMachines finds a machine that the site may be on; others may be there too,
// with what others run.
func (e *world) seeMachines(b *browser) {
	busy := regexp.MustCompile(`(One container runs|[0-9]+ containers run) here\.`)
	eventually(b.t, "the machines say that something runs there", soon, func() bool {
		b.open(e.portal.portal() + "/operations/machines")
		text := b.text()
		return busy.MatchString(text) && strings.Contains(text, "set aside") && strings.Contains(text, "Processors")
	})
	b.picture()
}

// seeUsage reads what the site uses on its page.
func (e *world) seeUsage(b *browser) {
	eventually(b.t, "the site's page says what it uses", soon, func() bool {
		b.open(e.portal.portal() + "/sites/far-away")
		text := b.text()
		return strings.Contains(text, "Answering in") && strings.Contains(text, " MB of 64 MB") && strings.Contains(text, "% of one")
	})
	b.picture()
}

// seeLogs reads what the site printed, and new lines while they are printed,
// without and with an address that tries to become markup.
func (e *world) seeLogs(b *browser) {
	e.portal.get(e.site("far-away") + "/before-looking")
	b.open(e.portal.portal() + "/sites/far-away")
	b.press("Logs")
	b.seeWithin(soon, "/before-looking", "New ones follow by themselves")
	e.portal.get(e.site("far-away") + "/while-looking?%3Cb%20id=bad%3E")
	b.seeWithin(soon, "/while-looking")
	b.picture()
	if b.value(`String(document.querySelector('#bad'))`) != "null" {
		b.t.Error("a line of the log became markup")
	}
	if got := b.value(`document.querySelector('a[download]').getAttribute('href')`); !strings.HasPrefix(got, "/sites/far-away/logs/download?") {
		b.t.Errorf("the download is at %q", got)
	}
}

// world is a portal whose other parts run apart.
type world struct {
	t         *testing.T
	dir       string
	portal    *installation
	routerAt  int // the first of the router's ports
	consul    string
	marathon  []string // options
	volumeDir string
}

func openElsewhere(t *testing.T) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "seedbed-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	base := freeBase(t, elsewherePlace)
	e := &world{t: t, dir: dir, routerAt: base + 200}
	e.portal = &installation{t: t, dir: dir, port: base, engine: openEngine(t, dir, elsewherePlace)}
	t.Cleanup(e.portal.remove)
	e.certificate()
	e.write("token", "the token of the router")
	if given, ok := e.portal.engine.(*givenEngine); ok {
		e.marathon, e.volumeDir = given.direct(), given.volumes()
	} else {
		e.startEngine(base)
	}
	e.startConsul(base)
	e.start("bridge", "The bridge is running", append(e.marathon, "-consul-address", e.consul, "-consul-token-file", e.path("consul/token"))...)
	e.start("router", "says so at https", "-port", fmt.Sprint(e.routerAt), "-consul-address", e.consul, "-consul-token-file", e.path("consul/token"),
		"-router-token-file", e.path("token"), "-tls-cert", e.path("cert.pem"), "-tls-key", e.path("key.pem"))
	e.portal.out = e.start("serve", "Ctrl-C stops Seedbed", append(e.marathon, "-port", fmt.Sprint(base), "-volume-dir", e.volumeDir, "-no-bridge",
		"-router", fmt.Sprintf("https://127.0.0.1:%d", e.routerAt+90), "-router-sites", fmt.Sprintf("127.0.0.1:%d", e.routerAt+80),
		"-router-token-file", e.path("token"), "-router-ca", e.path("ca.pem"))...)
	return e
}

// startEngine runs `seedbed engine` in the folder in which the installation's
// cleaning looks for its name. The first of its addresses that the portal gets
// is one where nobody answers.
func (e *world) startEngine(base int) {
	e.write("password", "four quiet garden gates")
	e.volumeDir = filepath.Join(e.dir, "volumes")
	e.startIn("var", "engine", "Ctrl-C stops it", "-port", fmt.Sprint(base+100), "-task-ports", elsewherePlace.tasks(), "-volume-roots", e.volumeDir,
		"-engine-password-file", e.path("password"), "-tls-cert", e.path("cert.pem"), "-tls-key", e.path("key.pem"))
	e.marathon = []string{"-marathon", fmt.Sprintf("https://127.0.0.1:%d,https://127.0.0.1:%d", base+199, base+120),
		"-marathon-user", "seedbed", "-marathon-password-file", e.path("password"), "-marathon-ca", e.path("ca.pem")}
}

// startConsul runs a Consul with a token, as an operator's own would be.
func (e *world) startConsul(base int) {
	e.t.Helper()
	program, err := filepath.Abs(consulProgram())
	if err != nil {
		e.t.Fatal(err)
	}
	agent, err := consul.NewAgent(consul.AgentConfig{Binary: program, Dir: e.path("consul"), HTTP: base + 10, Serf: base + 11, RPC: base + 12})
	if err != nil {
		e.t.Fatal(err)
	}
	if err := agent.Start(e.t.Context()); err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() {
		if err := agent.Stop(context.Background()); err != nil {
			e.t.Log(err)
		}
	})
	e.consul = agent.Address()
}

func (e *world) path(name string) string { return filepath.Join(e.dir, name) }

func (e *world) site(name string) string {
	return fmt.Sprintf("http://%s.localhost:%d", name, e.routerAt+80)
}

func (e *world) write(name, text string) {
	e.t.Helper()
	if err := os.WriteFile(e.path(name), []byte(text), 0o600); err != nil {
		e.t.Fatal(err)
	}
}

func (e *world) start(command, says string, args ...string) *output {
	e.t.Helper()
	return e.startIn(command, command, says, args...)
}

// startIn runs one of Seedbed's commands in a folder of its own until the test
// ends, and returns when it says that it is ready.
func (e *world) startIn(folder, command, says string, args ...string) *output {
	e.t.Helper()
	part := &installation{t: e.t, dir: e.dir, out: &output{lines: make(chan string, 1000)}, ended: make(chan error, 1)}
	part.cmd = exec.Command("../bin/seedbed", append([]string{command, "-dir", e.path(folder), "-consul", consulProgram()}, args...)...)
	part.cmd.Env = append(os.Environ(), e.portal.engine.environment()...)
	part.cmd.Stdout, part.cmd.Stderr = part.out, part.out
	if err := part.cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	go func() { part.ended <- part.cmd.Wait() }()
	e.t.Cleanup(func() {
		if part.ended != nil {
			part.interrupt()
		}
		if e.t.Failed() {
			log, _ := os.ReadFile(e.path(folder + "/seedbed.log"))
			e.t.Logf("%s said:\n%s\nand its log ends:\n%s", command, part.out, tail(log, 4<<10))
		}
	})
	part.untilItSays(says)
	return part.out
}

// certificate writes a CA and a certificate of the loopback address that it
// signed.
func (e *world) certificate() {
	e.t.Helper()
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	server := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	caKey, key := newKey(e.t), newKey(e.t)
	e.sign("ca.pem", ca, ca, caKey, caKey)
	e.sign("cert.pem", server, ca, key, caKey)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		e.t.Fatal(err)
	}
	e.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})))
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (e *world) sign(file string, about, by *x509.Certificate, key, signer *ecdsa.PrivateKey) {
	e.t.Helper()
	raw, err := x509.CreateCertificate(rand.Reader, about, by, key.Public(), signer)
	if err != nil {
		e.t.Fatal(err)
	}
	e.write(file, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})))
}
