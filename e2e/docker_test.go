//go:build e2e

package e2e

import (
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/moby/moby/client"
)

// dockerDoor stands between an installation and Docker, so that a test can shut
// it: to the installation Docker is then stopped, and to nobody else.
type dockerDoor struct {
	t      *testing.T
	path   string
	real   string // path of Docker's own socket
	client *client.Client

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
}

func openDockerDoor(t *testing.T, path string) *dockerDoor {
	t.Helper()
	host := os.Getenv("DOCKER_HOST")
	if host == "" {
		host = client.DefaultDockerHost
	}
	docker, err := client.New(client.WithHost(host))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := docker.Ping(t.Context(), client.PingOptions{}); err != nil {
		t.Fatalf("these tests need a Docker: %v", err)
	}
	d := &dockerDoor{t: t, path: path, real: strings.TrimPrefix(host, "unix://"), client: docker}
	d.unlock()
	return d
}

func (d *dockerDoor) host() string { return "unix://" + d.path }

// unlock lets the installation reach Docker.
func (d *dockerDoor) unlock() {
	d.t.Helper()
	l, err := net.Listen("unix", d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	d.mu.Lock()
	d.listener, d.open = l, map[net.Conn]bool{}
	d.mu.Unlock()
	go d.serve(l)
}

// shut breaks all connections and lets no new ones through.
func (d *dockerDoor) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listener.Close()
	for c := range d.open {
		c.Close()
	}
}

func (d *dockerDoor) serve(l net.Listener) {
	for {
		from, err := l.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("unix", d.real)
		if err != nil {
			from.Close()
			continue
		}
		d.mu.Lock()
		d.open[from], d.open[to] = true, true
		d.mu.Unlock()
		go d.pipe(to, from)
		go d.pipe(from, to)
	}
}

// pipe copies one direction and passes its end on, as a hijacked connection
// needs it.
func (d *dockerDoor) pipe(to, from net.Conn) {
	io.Copy(to, from) //nolint:errcheck // a shut door ends it with an error
	if half, ok := to.(*net.UnixConn); ok {
		half.CloseWrite()
	}
}

// exec runs a program in a container and returns what it printed.
func (d *dockerDoor) exec(container string, command ...string) string {
	d.t.Helper()
	out, err := exec.Command("docker", append([]string{"--host", "unix://" + d.real, "exec", container}, command...)...).CombinedOutput()
	if err != nil {
		d.t.Fatalf("%v in container %s: %v: %s", command, container, err, out)
	}
	return string(out)
}
