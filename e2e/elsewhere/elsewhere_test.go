//go:build e2e

package elsewhere

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

// taskPorts are none that the engines of package e2e have.
const taskPorts = "30500-30899"

// TestEverythingOnAMarathonElsewhere does with `seedbed engine` what an operator
// does with a Marathon of their own (docs/marathon-on-mesos.md).
func TestEverythingOnAMarathonElsewhere(t *testing.T) {
	e := &engine{t: t, dir: t.TempDir()}
	e.writeSecrets()
	t.Cleanup(e.remove)
	url := e.start()
	tests := exec.CommandContext(t.Context(), "go", "test", "-tags", "e2e", "-timeout", "18m", "-count", "1", "-v", "..")
	tests.Env = append(os.Environ(), "SEEDBED_TEST_MARATHON_URL="+url, "SEEDBED_TEST_MARATHON_USER=seedbed",
		"SEEDBED_TEST_MARATHON_PASSWORD_FILE="+e.path("password"), "SEEDBED_TEST_MARATHON_CA="+e.path("cert.pem"), "SEEDBED_TEST_VOLUME_DIR="+e.path("volumes"))
	tests.Stdout, tests.Stderr = t.Output(), t.Output()
	if err := tests.Run(); err != nil {
		t.Errorf("the tests of e2e: %v", err)
	}
}

// engine is a `seedbed engine` that answers as a Marathon does.
type engine struct {
	t   *testing.T
	dir string
}

func (e *engine) path(name string) string { return filepath.Join(e.dir, name) }

func (e *engine) write(name string, content []byte) {
	e.t.Helper()
	if err := os.WriteFile(e.path(name), content, 0o600); err != nil {
		e.t.Fatal(err)
	}
}

// writeSecrets writes a password and a certificate of the loopback address,
// which is its own CA: the one that Go's tests have.
func (e *engine) writeSecrets() {
	e.t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		e.t.Fatal(err)
	}
	e.write("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}))
	e.write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	e.write("password", []byte("seven tall bright trees\n"))
	if err := os.Mkdir(e.path("volumes"), 0o755); err != nil {
		e.t.Fatal(err)
	}
}

// start returns the address at which the engine answers until the test ends.
func (e *engine) start() (url string) {
	e.t.Helper()
	program, err := filepath.Abs("../../bin/seedbed")
	if err != nil {
		e.t.Fatal(err)
	}
	cmd := exec.Command(program, "engine", "-dir", e.path("engine"), "-engine-listen", "127.0.0.1:0", "-task-ports", taskPorts, "-volume-roots", e.path("volumes"),
		"-engine-password-file", e.path("password"), "-tls-cert", e.path("cert.pem"), "-tls-key", e.path("key.pem"))
	cmd.Stderr = e.t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		e.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { e.stop(cmd) })
	return e.address(out)
}

// address reads what the engine prints until it says where it answers.
func (e *engine) address(out io.Reader) string {
	e.t.Helper()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, url, found := strings.Cut(lines.Text(), "answers at "); found {
			go io.Copy(io.Discard, out) //nolint:errcheck // until it ends
			return url
		}
	}
	e.t.Fatal("the engine ended before it said where it answers")
	return ""
}

func (e *engine) stop(cmd *exec.Cmd) {
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		e.t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		e.t.Errorf("the engine ended with %v", err)
	}
}

// remove removes the engine's network, and containers that a test which was
// broken off has left.
func (e *engine) remove() {
	name, err := os.ReadFile(e.path("engine/installation"))
	if err != nil {
		e.t.Fatal(err)
	}
	docker, err := client.New(client.FromEnv)
	if err != nil {
		e.t.Fatal(err)
	}
	defer docker.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	mine := client.Filters{}.Add("label", "seedbed.installation="+string(name))
	e.removeContainers(ctx, docker, mine)
	networks, err := docker.NetworkList(ctx, client.NetworkListOptions{Filters: mine})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, n := range networks.Items {
		if _, err := docker.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{}); err != nil {
			e.t.Error(err)
		}
	}
}

func (e *engine) removeContainers(ctx context.Context, docker *client.Client, mine client.Filters) {
	e.t.Helper()
	left, err := docker.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: mine})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, c := range left.Items {
		e.t.Errorf("%v was left (%s)", c.Names, c.Status)
		if _, err := docker.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true}); err != nil {
			e.t.Error(err)
		}
	}
}
