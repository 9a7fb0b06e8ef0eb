package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/client"

	"seedbed"
)

// maxSocketPath is what Linux allows for the name of a unix socket (unix(7)),
// less what Docker and containerd put behind the name of their folder.
const maxSocketPath = 107 - len("/containerd/containerd-debug.sock")

// ownDocker is the Docker daemon that Seedbed starts where none answers. It
// keeps everything below its folder, and outlives the portal, as sites do.
type ownDocker struct{ dir string }

func (c config) ownDocker() ownDocker { return ownDocker{c.path("docker")} }

func (o ownDocker) host() string    { return "unix://" + filepath.Join(o.run(), "docker.sock") }
func (o ownDocker) pidFile() string { return filepath.Join(o.dir, "docker.pid") }

// run is the folder of the sockets: inside the daemon's own, unless that has too
// long a name for them.
func (o ownDocker) run() string {
	run := filepath.Join(o.dir, "run")
	if len(run) <= maxSocketPath {
		return run
	}
	sum := sha256.Sum256([]byte(o.dir))
	return "/run/seedbed-" + hex.EncodeToString(sum[:6])
}

// findDocker returns a client of the Docker that answers. With none it is an
// Unavailable error, and the client is of the one that would be used.
func findDocker(ctx context.Context, c config) (docker *client.Client, host string, err error) {
	candidates, err := c.dockers()
	if err != nil {
		return nil, "", err
	}
	for _, host = range candidates {
		if docker, err = client.New(client.WithHost(host)); err != nil {
			return nil, host, fmt.Errorf("use Docker at %s: %w", host, err)
		}
		if err = pingDocker(ctx, docker); err == nil {
			return docker, host, c.rememberDocker(host)
		}
	}
	return docker, host, &seedbed.Error{Code: seedbed.Unavailable, Message: "Docker does not answer.", Err: err}
}

// dockers returns the addresses to look for Docker at, in order. Once one was
// used, it is the only one: with another, containers would be started beside
// those that run, on the same volumes.
func (c config) dockers() ([]string, error) {
	used, err := os.ReadFile(c.dockerFile())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read which Docker is used: %w", err)
	}
	named := os.Getenv("DOCKER_HOST")
	switch {
	case len(used) > 0 && named != "" && named != string(used):
		return nil, &seedbed.Error{Code: seedbed.Conflict, Message: fmt.Sprintf("The containers of this Seedbed are in the Docker at %s, and DOCKER_HOST names %s. "+
			"Leave DOCKER_HOST empty; or, if you have moved and nothing runs in the old one, delete %s.", used, named, c.dockerFile())}
	case len(used) > 0:
		return []string{string(used)}, nil
	case named != "":
		return []string{named}, nil
	default:
		return []string{c.ownDocker().host(), client.DefaultDockerHost}, nil
	}
}

func (c config) dockerFile() string { return c.path("docker-host") }

func (c config) rememberDocker(host string) error {
	if used, err := os.ReadFile(c.dockerFile()); err == nil && string(used) == host {
		return nil
	}
	if err := os.MkdirAll(c.Dir, 0o711); err != nil {
		return fmt.Errorf("make the folder that keeps everything: %w", err)
	}
	if err := os.WriteFile(c.dockerFile(), []byte(host), 0o600); err != nil {
		return fmt.Errorf("remember which Docker is used: %w", err)
	}
	return nil
}

func pingDocker(ctx context.Context, docker *client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := docker.Ping(ctx, client.PingOptions{})
	return err
}

// ensureDocker returns a client of a Docker that answers, starting one if none
// does: the machine's own where systemd can, else one of ours.
func ensureDocker(ctx context.Context, c config, say func(string)) (*client.Client, string, error) {
	docker, host, err := findDocker(ctx, c)
	if seedbed.CodeOf(err) != seedbed.Unavailable {
		return docker, host, err
	}
	if os.Getenv("DOCKER_HOST") != "" {
		return docker, host, &seedbed.Error{Code: seedbed.Unavailable, Err: err,
			Message: "The Docker at " + host + ", which DOCKER_HOST names, does not answer. Start it, or leave DOCKER_HOST empty."}
	}
	if exists(c.dockerFile()) && host != c.ownDocker().host() && !hasSystemd() {
		return docker, host, &seedbed.Error{Code: seedbed.Unavailable, Err: err,
			Message: "The Docker at " + host + ", in which the containers of this Seedbed are, does not answer. Start it."}
	}
	say("Starting Docker")
	if err := startDocker(ctx, c, host); err != nil {
		return docker, host, err
	}
	return waitForDocker(ctx, c)
}

// startDocker starts the Docker that would be used: the machine's own by
// systemd, unless ours was used before or there is no systemd.
func startDocker(ctx context.Context, c config, host string) error {
	if host != c.ownDocker().host() && hasSystemd() {
		if out, err := exec.CommandContext(ctx, "systemctl", "start", "docker").CombinedOutput(); err != nil {
			return fmt.Errorf("systemctl start docker: %w: %s", err, out)
		}
		return nil
	}
	return c.ownDocker().start()
}

func hasSystemd() bool { return exists("/run/systemd/system") }

func waitForDocker(ctx context.Context, c config) (docker *client.Client, host string, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if docker, host, err = findDocker(ctx, c); err == nil {
			return docker, host, nil
		}
		select {
		case <-ctx.Done():
			return nil, host, fmt.Errorf("docker was started but does not answer within a minute; %s tells more: %w", filepath.Join(c.ownDocker().dir, "dockerd.log"), err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// start starts the daemon in a session of its own, so that neither Ctrl-C nor
// an end of the portal reaches it.
func (o ownDocker) start() error {
	for _, folder := range []string{o.dir, o.run()} {
		if err := os.MkdirAll(folder, 0o711); err != nil {
			return fmt.Errorf("make Docker's folder: %w", err)
		}
	}
	log, err := os.Create(filepath.Join(o.dir, "dockerd.log"))
	if err != nil {
		return fmt.Errorf("make Docker's log: %w", err)
	}
	defer log.Close()
	cmd := exec.Command("dockerd", "--host", o.host(), "--pidfile", o.pidFile(),
		"--data-root", filepath.Join(o.dir, "data"), "--exec-root", o.run())
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start dockerd: %w", err)
	}
	go cmd.Wait() // so that an early end leaves no zombie
	return nil
}

// stop ends the daemon that start started, if it runs, and waits for its end.
func (o ownDocker) stop(ctx context.Context) error {
	pid, running := o.pid()
	if !running {
		return nil
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("end dockerd: %w", err)
	}
	for running {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
			_, running = o.pid()
		}
	}
	return o.unmount()
}

// unmount takes away the network namespaces that dockerd leaves mounted, so that
// its folder can be deleted.
func (o ownDocker) unmount() error {
	left, err := filepath.Glob(filepath.Join(o.run(), "netns", "*"))
	if err != nil {
		return fmt.Errorf("look for what dockerd left mounted: %w", err)
	}
	for _, path := range left {
		if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil && !errors.Is(err, syscall.EINVAL) { // EINVAL: it is not a mount
			return fmt.Errorf("unmount %s: %w", path, err)
		}
	}
	return nil
}

// pid returns the daemon's process, if it runs and is ours.
func (o ownDocker) pid() (pid int, running bool) {
	text, err := os.ReadFile(o.pidFile())
	if err != nil {
		return 0, false
	}
	if pid, err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
		return 0, false
	}
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return pid, err == nil && strings.Contains(string(command), o.pidFile())
}

// dockerCommand is `seedbed docker [stop]`.
func dockerCommand(ctx context.Context, args []string) error {
	stop := len(args) > 0 && args[0] == "stop"
	if stop {
		args = args[1:]
	}
	c, err := parseConfig("docker", args)
	if err != nil {
		return err
	}
	if stop {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		return c.ownDocker().stop(ctx)
	}
	_, host, err := ensureDocker(ctx, c, func(line string) { fmt.Fprintln(os.Stderr, line) })
	if err != nil {
		return err
	}
	fmt.Println(host)
	return nil
}

// bridgeAddress returns the machine's address on Docker's default bridge, which
// is what Docker calls host-gateway: containers reach the machine by it.
func bridgeAddress(ctx context.Context, docker *client.Client) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	result, err := docker.NetworkInspect(ctx, "bridge", client.NetworkInspectOptions{})
	if err != nil {
		return netip.Addr{}, fmt.Errorf("ask Docker for its bridge: %w", err)
	}
	// Not the gateway of its IPAM: Docker 20.10 leaves that out until the
	// bridge was used.
	name := result.Network.Options["com.docker.network.bridge.name"]
	device, err := net.InterfaceByName(name)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("find Docker's bridge %q: %w", name, err)
	}
	addresses, err := device.Addrs()
	if err != nil {
		return netip.Addr{}, fmt.Errorf("read the addresses of Docker's bridge %q: %w", name, err)
	}
	for _, a := range addresses {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Is4() {
			return prefix.Addr(), nil
		}
	}
	return netip.Addr{}, fmt.Errorf("bridge %q of Docker has no IPv4 address", name)
}
