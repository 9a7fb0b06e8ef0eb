//go:build integration

package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"seedbed"
)

// front is a real nginx before a Keeper: it hands on challenges, and serves TLS
// with the certificates that the Keeper has.
type front struct {
	t      *testing.T
	dir    string
	keeper *Keeper
	tls    int
	cmd    *exec.Cmd
	mu     sync.Mutex
}

const frontConfig = `daemon off;
%s
worker_processes 1;
pid %[2]s/nginx.pid;
error_log %[2]s/error.log warn;
events { }
http {
	access_log off;
	client_body_temp_path %[2]s/body; proxy_temp_path %[2]s/proxy; fastcgi_temp_path %[2]s/fastcgi; uwsgi_temp_path %[2]s/uwsgi; scgi_temp_path %[2]s/scgi;
	map $ssl_server_name $certificate { default fallback; include %[2]s/certificates; }
	server {
		listen 127.0.0.1:%[3]d;
		location /.well-known/acme-challenge/ { proxy_pass http://%[4]s; proxy_set_header Host $host; }
		location / { return 200 "a site"; }
	}
	server {
		listen 127.0.0.1:%[5]d ssl;
		ssl_certificate %[6]s/$certificate.crt;
		ssl_certificate_key %[6]s/$certificate.key;
		location / { return 200 "a site"; }
	}
}
`

// run runs a keeper and an nginx before it until the test ends.
func run(t *testing.T, k *Keeper, httpPort int) *front {
	t.Helper()
	challenges := httptest.NewServer(k.Challenges())
	t.Cleanup(challenges.Close)
	f := &front{t: t, dir: openDir(t), keeper: k, tls: freePort()}
	user := ""
	if os.Geteuid() == 0 {
		user = "user www-data;"
	}
	text := fmt.Sprintf(frontConfig, user, f.dir, httpPort, challenges.Listener.Addr(), f.tls, k.ServedDir())
	if err := os.WriteFile(filepath.Join(f.dir, "nginx.conf"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	f.write()
	f.cmd = exec.Command("nginx", "-p", f.dir, "-e", f.dir+"/error.log", "-c", f.dir+"/nginx.conf")
	end, err := start(f.cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.cmd.Process.Signal(syscall.SIGQUIT); _ = f.cmd.Wait(); end() })
	t.Cleanup(func() {
		if text, err := os.ReadFile(f.dir + "/error.log"); err == nil && t.Failed() {
			t.Logf("nginx:\n%s", text)
		}
	})
	eventually(t, "nginx listens", func() bool {
		answer, err := http.Get("http://" + local(httpPort) + "/")
		if err == nil {
			answer.Body.Close()
		}
		return err == nil
	})
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { k.Watch(ctx, f.reload) })
	parts.Go(func() { _ = k.Run(ctx) })
	t.Cleanup(func() { cancel(); parts.Wait() })
	return f
}

// write lays down which certificate each name has.
func (f *front) write() {
	var text strings.Builder
	for name, base := range f.keeper.Certificates() {
		fmt.Fprintf(&text, "%s %s;\n", name, base)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "certificates"), []byte(text.String()), 0o644); err != nil {
		f.t.Error(err)
	}
}

func (f *front) reload() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.write()
	if err := f.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		f.t.Error(err)
	}
}

// visit returns the certificate that a visitor of a name gets.
func (f *front) visit(name string) (*x509.Certificate, error) {
	c, err := tls.Dial("tcp", local(f.tls), &tls.Config{ServerName: name, InsecureSkipVerify: true})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0], nil
}

// trusts reports whether a browser that knows the roots opens the site.
func (f *front) trusts(name string, roots *x509.CertPool) bool {
	c, err := tls.Dial("tcp", local(f.tls), &tls.Config{ServerName: name, RootCAs: roots})
	if err == nil {
		c.Close()
	}
	return err == nil
}

// openDir is a folder that nginx's workers get into, as t.TempDir is not.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "certs-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func wants(names ...seedbed.HostName) map[seedbed.HostName]Source {
	hosts := map[seedbed.HostName]Source{}
	for _, name := range names {
		hosts[name] = Usual
	}
	return hosts
}

// statusOf returns what the report says of a name.
func statusOf(t *testing.T, k *Keeper, name seedbed.HostName) Status {
	t.Helper()
	for _, s := range k.Report() {
		if s.Host == name {
			return s
		}
	}
	t.Fatalf("the report lacks %s", name)
	return Status{}
}
