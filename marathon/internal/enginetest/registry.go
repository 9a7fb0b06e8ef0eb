package enginetest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

const registryConfig = `version: 0.1
storage: {filesystem: {rootdirectory: %q}}
http: {addr: %q}
auth: {htpasswd: {realm: test, path: %q}}
`

// Registry starts a registry of images on the loopback address, which asks for a
// user and a password, and returns its address. It takes the Debian package
// docker-registry, and is ended after the test.
func Registry(t testing.TB, user, password string) string {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	accounts, config := filepath.Join(dir, "accounts"), filepath.Join(dir, "config.yml")
	for path, text := range map[string]string{
		accounts: user + ":" + string(hash) + "\n", config: fmt.Sprintf(registryConfig, filepath.Join(dir, "images"), address, accounts),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	cmd := exec.Command("docker-registry", "serve", config)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatalf("these tests need the Debian package docker-registry: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the registry said\n%s", log.Bytes())
		}
	})
	Await(t, 20*time.Second, "the registry answers", func() bool {
		res, err := http.Get("http://" + address + "/v2/")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusUnauthorized
	})
	return address
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
