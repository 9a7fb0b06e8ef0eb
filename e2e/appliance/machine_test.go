//go:build appliance

// Package appliance installs Seedbed on a machine of its own, as a partner does:
// a fresh Debian 12 with systemd in a container, with a Docker inside it, and
// without internet. Its tests need a Docker that answers, bin/seedbed, the image
// of the base and of static sites, and the package (`make appliance-test`).
package appliance

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seedbed/catalog/images"
)

// machine is a Debian that has just been set up.
type machine struct {
	t    *testing.T
	name string
	addr string
}

// recipe makes a machine of the ground of all images: what is special about
// that is taken away again, and systemd added.
const recipe = `FROM %s
RUN rm /usr/sbin/policy-rc.d /etc/apt/apt.conf.d/10seedbed /etc/dpkg/dpkg.cfg.d/seedbed \
 && apt-get update && apt-get -y install --no-install-recommends systemd systemd-sysv dbus iproute2 \
 && rm -rf /var/lib/apt/lists/* /etc/apt/sources.list.d/*
STOPSIGNAL SIGRTMIN+3
CMD ["/sbin/init"]
`

// boot starts a machine that has no internet, with a folder at /bundle.
func boot(t *testing.T, bundle string) *machine {
	t.Helper()
	name := fmt.Sprintf("seedbed-appliance-%d", os.Getpid())
	build := exec.Command("docker", "build", "--quiet", "--network", "host", "--tag", name, "-")
	build.Stdin = strings.NewReader(fmt.Sprintf(recipe, images.Ref("base")))
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the machine: %v\n%s", err, out)
	}
	t.Cleanup(func() { docker(t, "image", "rm", "--force", name) })
	docker(t, "network", "create", "--internal", name)
	t.Cleanup(func() { docker(t, "network", "rm", name) })
	m := &machine{t: t, name: name}
	t.Cleanup(m.remove)
	docker(t, "run", "--detach", "--name", name, "--hostname", "box", "--network", name,
		"--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE", "--security-opt", "seccomp=unconfined",
		"--security-opt", "apparmor=unconfined", "--security-opt", "systempaths=unconfined",
		"--device-cgroup-rule", "a *:* rwm", "--device", "/dev/fuse",
		"--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp",
		"--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--cgroupns", "host",
		"--volume", "/var/lib/docker", "--volume", bundle+":/bundle:ro", name)
	m.awaitBoot()
	return m
}

func (m *machine) remove() {
	if m.t.Failed() {
		m.t.Logf("the machine's journal ends:\n%s", m.sh("journalctl", "--no-pager", "-n", "150", "-u", "seedbed*", "-u", "docker"))
	}
	docker(m.t, "rm", "--force", "--volumes", m.name)
}

// awaitBoot waits until systemd has started everything.
func (m *machine) awaitBoot() {
	m.t.Helper()
	eventually(m.t, "systemd is up", time.Minute, func() bool {
		out, _ := m.try("systemctl", "is-system-running")
		return strings.TrimSpace(out) == "running"
	})
	m.addr = strings.TrimSpace(docker(m.t, "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", m.name))
}

// reboot switches the machine off and on again.
func (m *machine) reboot() {
	m.t.Helper()
	docker(m.t, "restart", "--time", "60", m.name)
	m.awaitBoot()
}

// try runs a program on the machine.
func (m *machine) try(argv ...string) (string, error) {
	out, err := exec.Command("docker", append([]string{"exec", "--workdir", "/bundle", m.name}, argv...)...).CombinedOutput()
	return string(out), err
}

// sh runs a program on the machine, and fails the test if that fails.
func (m *machine) sh(argv ...string) string {
	m.t.Helper()
	out, err := m.try(argv...)
	if err != nil {
		m.t.Errorf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
	return out
}

// get fetches a page of a host from the machine, over the network.
func (m *machine) get(host, path string, port int) (status int, page string) {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, net.JoinHostPort(m.addr, fmt.Sprint(port)))
	}}
	answer, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Get("http://" + host + path)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(text)
}

// makeBundle makes a bundle with the images of static sites alone, and an
// answers file in it.
func makeBundle(t *testing.T) string {
	t.Helper()
	deb := os.Getenv("SEEDBED_DEB")
	if deb == "" {
		t.Fatal("SEEDBED_DEB has to name the package; run this by “make appliance-test”")
	}
	dir := filepath.Join(t.TempDir(), "bundle")
	cmd := exec.Command("../../bin/seedbed", "bundle", "-dir", filepath.Join(t.TempDir(), "var"), "-templates", "static-site", "-deb", deb, "-to", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make the bundle: %v\n%s", err, out)
	}
	answers := "domain: sites.test\nport: 8500\n"
	if err := os.WriteFile(filepath.Join(dir, "answers.yaml"), []byte(answers), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func docker(t *testing.T, argv ...string) string {
	t.Helper()
	out, err := exec.Command("docker", argv...).CombinedOutput()
	if err != nil {
		t.Errorf("docker %s: %v\n%s", argv[0], err, out)
	}
	return string(out)
}

// eventually waits for a condition, and tells what it waited for if it never
// holds.
func eventually(t *testing.T, what string, within time.Duration, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("within %v it never came to this: %s", within, what)
		}
		<-tick.C
	}
}
