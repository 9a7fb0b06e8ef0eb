//go:build integration

// Package imagestest runs the built-in images in tests as the engine runs them
// for people: with the same few capabilities, limits and mounts, on a real
// Docker daemon, which the usual environment names.
//
// Everything that it makes belongs to one test and is removed when the test
// ends. It is not for the product.
package imagestest

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"seedbed/catalog/images"
)

const (
	label   = "seedbed.test"
	wait    = 2 * time.Minute
	pidsMax = 512
)

// capabilities are those that the engine leaves to containers.
var capabilities = []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETGID", "SETUID", "NET_BIND_SERVICE", "KILL"}

// Docker returns a client of the real daemon.
func Docker(t testing.TB) *client.Client {
	t.Helper()
	docker, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatalf("Docker client: %v", err)
	}
	t.Cleanup(func() { docker.Close() })
	return docker
}

// Build makes sure that the images of those names are there, or all of them.
// Tests of several packages may call it at the same time; one of them builds.
func Build(t testing.TB, docker *client.Client, names ...string) {
	t.Helper()
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "seedbed-imagestest.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatalf("wait for another test's build: %v", err)
	}
	b := &images.Builder{Docker: docker, Dir: t.TempDir(), Progress: func(line string) { t.Log(line) }}
	if err := b.Build(t.Context(), names...); err != nil {
		t.Fatal(err)
	}
}

// Spec is what a container is to be.
type Spec struct {
	Image  string            // name of one of the catalog's images
	Ref    string            // full reference of any image, in place of Image
	Env    map[string]string // values as they are
	Mounts map[string]string // folder of the machine by path in the container
	Hosts  map[string]string // address by extra host name
	Read   []string          // paths of Mounts that are read-only
	Port   int               // that it listens on
	More   []int             // further ones
	Memory int               // MiB
}

// Container is a container that runs in a test.
type Container struct {
	t      testing.TB
	docker *client.Client
	id     string
	port   network.Port
	more   []int
}

// Run starts a container and returns at once; see WaitFor.
func Run(t testing.TB, docker *client.Client, s Spec) *Container {
	t.Helper()
	port, ref := portOf(s.Port), s.Ref
	if ref == "" {
		ref = images.Ref(s.Image)
	}
	exposed, bound := network.PortSet{port: {}}, network.PortMap{port: loopback()}
	for _, more := range s.More {
		p := portOf(more)
		exposed[p], bound[p] = struct{}{}, loopback()
	}
	made, err := docker.ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Config: &container.Config{Image: ref, Env: pairs(s.Env, "="), Labels: map[string]string{label: "1"}, ExposedPorts: exposed},
		HostConfig: &container.HostConfig{
			Binds:        binds(s),
			ExtraHosts:   pairs(s.Hosts, ":"),
			PortBindings: bound,
			CapDrop:      []string{"ALL"},
			CapAdd:       capabilities,
			SecurityOpt:  []string{"no-new-privileges"},
			Resources:    container.Resources{Memory: int64(s.Memory) << 20, MemorySwap: int64(s.Memory) << 20, PidsLimit: new(int64(pidsMax))},
		},
	})
	if err != nil {
		t.Fatalf("create container of %s: %v", ref, err)
	}
	c := &Container{t, docker, made.ID, port, s.More}
	t.Cleanup(c.remove)
	c.Start()
	return c
}

func portOf(number int) network.Port { return network.MustParsePort(strconv.Itoa(number) + "/tcp") }

func loopback() []network.PortBinding {
	return []network.PortBinding{{HostIP: netip.MustParseAddr("127.0.0.1")}}
}

func (c *Container) remove() {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	if c.t.Failed() {
		c.t.Logf("the container said:\n%s", c.logs(ctx))
	}
	if _, err := c.docker.ContainerRemove(ctx, c.id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true}); err != nil {
		c.t.Errorf("remove container: %v", err)
	}
}

// Start starts it, for the first time or again.
func (c *Container) Start() {
	c.t.Helper()
	if _, err := c.docker.ContainerStart(c.t.Context(), c.id, client.ContainerStartOptions{}); err != nil {
		c.t.Fatalf("start container: %v", err)
	}
}

// Stop stops it as the engine does, and returns how long that took and the
// status with which it ended.
func (c *Container) Stop() (took time.Duration, status int) {
	c.t.Helper()
	began := time.Now()
	if _, err := c.docker.ContainerStop(c.t.Context(), c.id, client.ContainerStopOptions{Timeout: new(30)}); err != nil {
		c.t.Fatalf("stop container: %v", err)
	}
	return time.Since(began), c.state().ExitCode
}

// MustStop is Stop for a container that has to end in time and as if all were
// well.
func (c *Container) MustStop(within time.Duration) {
	c.t.Helper()
	if took, status := c.Stop(); took > within || status != 0 {
		c.t.Errorf("stopping took %v and ended with status %d", took, status)
	}
}

// Kill ends it with a signal, "KILL" as a power cut would.
func (c *Container) Kill(signal string) {
	c.t.Helper()
	if _, err := c.docker.ContainerKill(c.t.Context(), c.id, client.ContainerKillOptions{Signal: signal}); err != nil {
		c.t.Fatalf("kill container: %v", err)
	}
}

// Running reports whether it runs.
func (c *Container) Running() bool {
	c.t.Helper()
	return c.state().Running
}

// ExitStatus returns the status with which it ended.
func (c *Container) ExitStatus() int {
	c.t.Helper()
	return c.state().ExitCode
}

func (c *Container) state() *container.State {
	c.t.Helper()
	return c.inspect().State
}

func (c *Container) inspect() container.InspectResponse {
	c.t.Helper()
	seen, err := c.docker.ContainerInspect(c.t.Context(), c.id, client.ContainerInspectOptions{})
	if err != nil {
		c.t.Fatalf("inspect container: %v", err)
	}
	return seen.Container
}

// Address returns where the machine reaches its port, which changes whenever it
// is started.
func (c *Container) Address() (host string, port int) {
	c.t.Helper()
	return c.addressOf(c.port)
}

// AddressOf is Address for one of the further ports.
func (c *Container) AddressOf(number int) (host string, port int) {
	c.t.Helper()
	return c.addressOf(portOf(number))
}

func (c *Container) addressOf(p network.Port) (host string, port int) {
	c.t.Helper()
	bound := c.inspect().NetworkSettings.Ports[p]
	if len(bound) == 0 {
		c.t.Fatalf("the container's port is not published; it said:\n%s", c.Logs())
	}
	port, err := strconv.Atoi(bound[0].HostPort)
	if err != nil {
		c.t.Fatalf("the container's port is %q", bound[0].HostPort)
	}
	return "127.0.0.1", port
}

// IP returns its address on Docker's default bridge.
func (c *Container) IP() string {
	c.t.Helper()
	return c.inspect().NetworkSettings.Networks["bridge"].IPAddress.String()
}

// URL returns the address of a page of it.
func (c *Container) URL(path string) string {
	host, port := c.Address()
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port)) + path
}

// Logs returns all that it has printed.
func (c *Container) Logs() string {
	return c.logs(c.t.Context())
}

func (c *Container) logs(ctx context.Context) string {
	stream, err := c.docker.ContainerLogs(ctx, c.id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		c.t.Errorf("read logs: %v", err)
		return ""
	}
	defer stream.Close()
	var out bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &out, stream); err != nil {
		c.t.Errorf("read logs: %v", err)
	}
	return out.String()
}

// WaitForPage waits until a page answers 200.
func (c *Container) WaitForPage(path string) {
	c.t.Helper()
	WaitFor(c.t, "page "+path, func() bool {
		if !c.Running() {
			c.t.Fatalf("the container ended with status %d", c.ExitStatus())
		}
		answer, err := http.Get(c.URL(path))
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// WaitFor polls until a condition holds, and fails the test if it does not hold
// within two minutes.
func WaitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(wait); ; {
		if holds() {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("gave up waiting for %s", what)
		}
	}
}

// pairs returns key, separator and value of each entry.
func pairs(m map[string]string, separator string) []string {
	var all []string
	for key, value := range m {
		all = append(all, key+separator+value)
	}
	slices.Sort(all)
	return all
}

func binds(s Spec) []string {
	var all []string
	for path, folder := range s.Mounts {
		mode := ":rw"
		if slices.Contains(s.Read, path) {
			mode = ":ro"
		}
		all = append(all, folder+":"+path+mode)
	}
	return all
}
