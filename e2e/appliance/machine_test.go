//go:build appliance

// Package appliance installs Seedbed on machines of their own, as a partner does:
// a fresh Debian 12 with systemd in a container, with a Docker inside it, and
// without internet but for one test. Its tests need a Docker that answers,
// bin/seedbed, the images of the base, of static sites and of PostgreSQL, and
// packages of two versions (`make appliance-test`).
package appliance

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"seedbed/catalog/images"
)

// machine is a Debian that has just been set up.
type machine struct {
	t     *testing.T
	name  string
	addr  string
	media string       // folder that the machine sees as /media
	newer <-chan error // says that the bundle of another version is there too

	removed bool
}

// bundleFolder is where a machine has the bundle.
const bundleFolder = "/media/bundle"

// network is what a machine is connected to.
type network struct {
	options []string // of “docker network create”
	mirror  bool     // the machine's apt knows a mirror
}

var (
	offline = network{options: []string{"--internal"}}
	online  = network{mirror: true}
)

// recipe makes a machine of the ground of all images: what is special about
// that is taken away again, and systemd added. Where control groups are still of
// version 1, systemd would mount also those controllers that this machine has
// not, each of which stays while anything was ever in it; Docker does not find
// them, and from then on sees no container run out of memory. So the machine is
// told of those alone that are mounted.
const recipe = `FROM %s
RUN rm /usr/sbin/policy-rc.d /etc/apt/apt.conf.d/10seedbed /etc/dpkg/dpkg.cfg.d/seedbed \
 && apt-get update && apt-get -y install --no-install-recommends systemd systemd-sysv dbus iproute2 \
 && rm -rf /var/lib/apt/lists/* %s
STOPSIGNAL SIGRTMIN+3
CMD awk 'NR == FNR { if ($3 == "cgroup") { n = split($4, o, ","); for (i = 1; i <= n; i++) mounted[o[i]] }; next } /^#/ || $1 in mounted' \
    /proc/mounts /proc/cgroups >/run/cgroups && mount --bind /run/cgroups /proc/cgroups && exec /sbin/init
`

// boot starts a fresh machine with a folder at /media.
func boot(t *testing.T, on network, media string) *machine {
	t.Helper()
	name := fmt.Sprintf("seedbed-appliance-%d-%s", os.Getpid(), strings.ToLower(rand.Text()[:4]))
	m := &machine{t: t, name: name, media: media}
	t.Cleanup(func() { leftNoControllers(t) })
	build := exec.Command("docker", "build", "--quiet", "--network", "host", "--tag", name, "-")
	build.Stdin = strings.NewReader(fmt.Sprintf(recipe, images.Ref("base"), on.forgotten()))
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the machine: %v\n%s", err, out)
	}
	t.Cleanup(func() { docker(t, "image", "rm", "--force", name) })
	docker(t, append(append([]string{"network", "create"}, on.options...), name)...)
	t.Cleanup(func() { docker(t, "network", "rm", name) })
	t.Cleanup(m.remove)
	docker(t, "run", "--detach", "--name", name, "--hostname", "box", "--network", name,
		"--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE", "--security-opt", "seccomp=unconfined",
		"--security-opt", "apparmor=unconfined", "--security-opt", "systempaths=unconfined",
		"--device-cgroup-rule", "a *:* rwm", "--device", "/dev/fuse",
		"--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp",
		"--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--cgroupns", "host",
		"--volume", "/var/lib/docker", "--volume", media+":/media:ro", name)
	m.awaitBoot()
	return m
}

// forgotten are the files of apt that a machine on this network does not have.
func (n network) forgotten() string {
	if n.mirror {
		return ""
	}
	return "/etc/apt/sources.list.d/*"
}

// remove takes the machine away. It may be repeated.
func (m *machine) remove() {
	if m.removed {
		return
	}
	m.removed = true
	if m.t.Failed() {
		m.t.Logf("the machine's journal ends:\n%s", m.sh("journalctl", "--no-pager", "-n", "150", "-u", "seedbed*"))
		m.t.Logf("the portal's log ends:\n%s", m.sh("tail", "--lines", "150", "/var/lib/seedbed/seedbed.log"))
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

func (m *machine) workdir() string {
	if _, err := os.Stat(filepath.Join(m.media, "bundle")); err != nil {
		return "/media"
	}
	return bundleFolder
}

// try runs a program on the machine.
func (m *machine) try(argv ...string) (string, error) {
	out, err := exec.Command("docker", append([]string{"exec", "--workdir", m.workdir(), m.name}, argv...)...).CombinedOutput()
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
	answer, err := m.client(port).Get("http://" + host + path)
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

// makeBundles makes a bundle of the package, and then one of the newer package
// while the test goes on; whoever needs that one receives from newer first.
func makeBundles(t *testing.T, media string) (newer <-chan error) {
	t.Helper()
	deb, newerDeb, scratch := packageIn(t, "SEEDBED_DEB"), packageIn(t, "SEEDBED_NEWER_DEB"), t.TempDir()
	if err := makeBundle(deb, scratch, filepath.Join(media, "bundle")); err != nil {
		t.Fatalf("make the bundle: %v", err)
	}
	made := make(chan error, 1)
	var background sync.WaitGroup
	background.Go(func() { made <- makeBundle(newerDeb, scratch, filepath.Join(media, "newer")) })
	t.Cleanup(background.Wait) // before its folders go
	return made
}

// makeBundle makes a bundle of a package, with an answers file in it. Its images
// are those of static sites and PostgreSQL.
func makeBundle(deb, scratch, to string) error {
	cmd := exec.Command("../../bin/seedbed", "bundle", "-dir", filepath.Join(scratch, "var"), "-templates", "static-site,postgres", "-deb", deb, "-to", to)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return os.WriteFile(filepath.Join(to, "answers.yaml"), []byte(answers), 0o644)
}

const answers = "domain: sites.test\nport: 8500\n"

func packageIn(t *testing.T, variable string) string {
	t.Helper()
	deb := os.Getenv(variable)
	if deb == "" {
		t.Fatal(variable + " has to name the package; run this by “make appliance-test”")
	}
	return deb
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
