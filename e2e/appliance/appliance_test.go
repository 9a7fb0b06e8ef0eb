//go:build appliance

package appliance

import (
	"encoding/json"
	"errors"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"seedbed/cmd/server/doctor"
)

const checkSite = "seedbed-check.sites.test"

// TestAppliance goes the way of a partner with a fresh machine, and at last with
// another one, when the first is broken. Its parts build on each other: an
// installation takes a minute.
func TestAppliance(t *testing.T) {
	media := t.TempDir()
	newer := makeBundles(t, media)
	m := boot(t, offline, media)
	m.newer = newer
	for _, part := range []struct {
		name string
		run  func(*testing.T, *machine)
	}{
		{"the machine has no internet", hasNoInternet},
		{"an installation that is killed in the middle goes on", installsAfterKill},
		{"a second installation changes nothing", secondChangesNothing},
		{"the link for the first administrator works", linkWorks},
		{"a forgotten password is set anew with a link", passwordIsSetAnew},
		{"the doctor finds trouble, says what to do, and changes nothing", doctorFindsTrouble},
		{"a restart of the portal leaves sites served", restartLeavesSites},
		{"a reboot brings everything back", rebootBringsBack},
		{"a backup brings the portal back, and with it the sites", backupBringsBack},
		{"sites have data, and backups are carried away", carriesBackups},
		{"an upgrade leaves sites served", upgradeLeavesSites},
		{"removing the package loses nothing", removalLosesNothing},
		{"another machine takes the place of one that is broken", anotherTakesItsPlace},
	} {
		if !t.Run(part.name, func(t *testing.T) { m.t = t; part.run(t, m) }) {
			break
		}
	}
	m.t = t
}

func hasNoInternet(t *testing.T, m *machine) {
	if internal := docker(t, "network", "inspect", "--format", "{{.Internal}}", m.name); strings.TrimSpace(internal) != "true" {
		t.Fatal("its network leads out")
	}
	if mirrors := m.sh("apt-get", "indextargets"); strings.TrimSpace(mirrors) != "" {
		t.Fatalf("its apt knows a mirror: %s", mirrors)
	}
}

var installCommand = []string{"./seedbed", "install", "--from", ".", "--answers", "answers.yaml", "--yes"}

func installsAfterKill(t *testing.T, m *machine) {
	first := exec.Command("docker", append([]string{"exec", "--workdir", bundleFolder, m.name}, installCommand...)...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "apt is in the middle of it", 2*time.Minute, func() bool {
		_, err := m.try("test", "-e", "/usr/sbin/dockerd")
		return err == nil
	})
	if out, err := m.try(installCommand...); err == nil || !strings.Contains(out, "is at work on this machine") {
		t.Errorf("a second one beside it says: %s", out)
	}
	m.sh("sh", "-c", "for p in /proc/[0-9]*; do case $(tr '\\0' ' ' <$p/cmdline 2>/dev/null) in ./seedbed*|apt-get*|/usr/bin/dpkg*) kill -9 ${p#/proc/};; esac; done; true")
	if err := first.Wait(); err == nil {
		t.Fatal("it had ended before it was killed")
	}
	began := time.Now()
	out := m.sh(installCommand...)
	t.Logf("the second run took %v and said:\n%s", time.Since(began).Round(time.Second), out)
	if !strings.Contains(out, "Seedbed is running.") {
		t.Fatal("it does not say that Seedbed is running")
	}
}

func secondChangesNothing(t *testing.T, m *machine) {
	state := func() string {
		return m.sh("systemctl", "show", "--property=Id,ActiveEnterTimestamp", "seedbed", "seedbed-nginx", "seedbed-consul", "docker") +
			m.sh("stat", "--format=%n %y", "/etc/seedbed/seedbed.env", "/etc/docker/daemon.json", "/var/lib/seedbed/verified") + m.sh("dpkg", "--list")
	}
	before := state()
	out := m.sh(installCommand...)
	if after := state(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if !strings.Contains(out, "Everything is installed as it should be.") {
		t.Errorf("it said:\n%s", out)
	}
}

func linkWorks(t *testing.T, m *machine) {
	link := strings.TrimSpace(m.sh("seedbed", "setup-link"))
	if want := regexp.MustCompile(`^http://` + regexp.QuoteMeta(m.addr) + `:8500(/setup\?code=\S+)$`); !want.MatchString(link) {
		t.Fatalf("the link is %q", link)
	}
	path := strings.TrimPrefix(link, "http://"+m.addr+":8500")
	if status, page := m.get(m.addr, path, 8500); status != 200 || !strings.Contains(page, `type="password"`) {
		t.Errorf("it leads to %d:\n%s", status, page)
	}
	m.post("/setup", form("code", codeIn(t, link), "user", "amina", "password", firstPassword, "again", firstPassword))
	m.signsIn(firstPassword, true)
	if out, err := m.try("seedbed", "setup-link"); err == nil || !strings.Contains(out, "-user NAME") {
		t.Errorf("with an administrator it says %s", out)
	}
	m.leaksNoCode()
}

func passwordIsSetAnew(t *testing.T, m *machine) {
	link := m.sh("seedbed", "setup-link", "--user", "amina")
	m.signsIn(firstPassword, true) // until the link is used
	m.post("/new-password", form("code", codeIn(t, link), "password", password, "again", password))
	m.signsIn(firstPassword, false)
	m.signsIn(password, true)
	m.leaksNoCode()
}

func (m *machine) leaksNoCode() {
	m.t.Helper()
	if journal := m.sh("journalctl", "--no-pager", "-u", "seedbed"); strings.Contains(journal, "code=") {
		m.t.Errorf("the journal has a link:\n%s", journal)
	}
}

func doctorFindsTrouble(t *testing.T, m *machine) {
	files := []string{"find", "/var/lib/seedbed/nginx", "/var/lib/seedbed/secret.key", "-printf", "%p %u %m\n"}
	before := m.sh(files...)
	if worst, found := m.examine(); worst != doctor.Warning { // it has no DNS, not all images, and no backup yet
		t.Errorf("the worst is %s: %+v", worst, found)
	}
	m.sh("systemctl", "stop", "seedbed-nginx")
	worst, found := m.examine()
	if f := found["nginx"]; worst != doctor.Trouble || f.Level != doctor.Trouble || !strings.Contains(f.Next, "systemctl restart seedbed-nginx") {
		t.Errorf("without nginx the worst is %s, and of nginx it says %+v", worst, f)
	}
	m.sh("chmod", "644", "/var/lib/seedbed/secret.key")
	if _, found := m.examine(); found["Key"].Level != doctor.Trouble {
		t.Errorf("of a key that all can read it says %+v", found["Key"])
	}
	m.sh("chmod", "600", "/var/lib/seedbed/secret.key")
	m.sh("systemctl", "start", "seedbed-nginx")
	if after := m.sh(files...); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if worst, found := m.examine(); worst != doctor.Warning {
		t.Errorf("when all is well again the worst is %s: %+v", worst, found)
	}
}

// examine runs the doctor, whose status has to say what its findings do.
func (m *machine) examine() (worst doctor.Level, found map[string]doctor.Finding) {
	m.t.Helper()
	out, err := m.try("seedbed", "doctor", "--json")
	var list []doctor.Finding
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		m.t.Fatalf("%v:\n%s", err, out)
	}
	found = map[string]doctor.Finding{}
	for _, f := range list {
		if found[f.Check] = f; f.Level != doctor.Fine && f.Next == "" {
			m.t.Errorf("it does not say what to do: %+v", f)
		}
	}
	worst = doctor.Worst(list)
	status := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status = exit.ExitCode()
	}
	if want := map[doctor.Level]int{doctor.Fine: 0, doctor.Warning: 1, doctor.Trouble: 2}[worst]; status != want {
		m.t.Errorf("its status is %d, want %d", status, want)
	}
	return worst, found
}

func restartLeavesSites(t *testing.T, m *machine) {
	m.sh("seedbed", "verify", "--keep")
	m.restartsOnlyThePortal(checkSite, "systemctl", "restart", "seedbed")
}

// restartsOnlyThePortal runs a program and visits a site meanwhile.
func (m *machine) restartsOnlyThePortal(site string, argv ...string) (said string) {
	m.t.Helper()
	others := func() string {
		return m.sh("systemctl", "show", "--property=MainPID", "seedbed-nginx", "seedbed-consul", "docker")
	}
	portal := func() string { return m.sh("systemctl", "show", "--property=MainPID", "seedbed") }
	before, was := others(), portal()
	said = m.servesDuring(site, argv...)
	portalIsBack(m.t, m)
	if after := others(); after != before {
		m.t.Errorf("%v restarted more than the portal: %s, then %s", argv, before, after)
	}
	if portal() == was {
		m.t.Errorf("%v did not restart the portal", argv)
	}
	return said
}

// servesDuring visits a site again and again while a program runs, and returns
// what that said.
func (m *machine) servesDuring(site string, argv ...string) (said string) {
	m.t.Helper()
	ended := make(chan error, 1)
	go func() {
		var err error
		said, err = m.try(argv...)
		ended <- err
	}()
	for asked := 0; ; asked++ {
		if status, page := m.get(site, "/", 80); status != 200 {
			m.t.Fatalf("during %v the site answers %d: %s", argv, status, page)
		}
		select {
		case err := <-ended:
			if err != nil || asked == 0 {
				m.t.Fatalf("%v: %v; the site was visited %d times\n%s", argv, err, asked, said)
			}
			return said
		default:
		}
	}
}

func portalIsBack(t *testing.T, m *machine) {
	t.Helper()
	eventually(t, "the portal answers", time.Minute, func() bool { status, _ := m.get(m.addr, "/sign-in", 8500); return status == 200 })
}

func rebootBringsBack(t *testing.T, m *machine) {
	m.reboot()
	eventually(t, "the site is served", 2*time.Minute, func() bool { status, _ := m.get(checkSite, "/", 80); return status == 200 })
	portalIsBack(t, m)
	m.sh("seedbed", "verify") // removes the site of before, and makes another one
}

func backupBringsBack(t *testing.T, m *machine) {
	m.sh("seedbed", "verify", "--keep")
	m.sh("seedbed", "backup", "--to", "/root/portal.tar.gz")
	if mode := m.sh("stat", "--format=%a", "/root/portal.tar.gz"); strings.TrimSpace(mode) != "600" {
		t.Errorf("the mode of the backup is %s", mode)
	}
	if out, err := m.try("seedbed", "restore", "--from", "/root/portal.tar.gz", "--replace"); err == nil || !strings.Contains(out, "Stop it first") {
		t.Errorf("while it runs, restore says: %s", out)
	}
	m.sh("systemctl", "stop", "seedbed", "seedbed-consul")
	m.sh("sh", "-c", "cd /var/lib/seedbed && rm -rf seedbed.db* secret.key installation docker-host onebox consul")
	if status, page := m.get(checkSite, "/", 80); status != 200 {
		t.Fatalf("without the portal the site answers %d: %s", status, page)
	}
	m.sh("seedbed", "restore", "--from", "/root/portal.tar.gz")
	container := m.sh("docker", "ps", "--quiet", "--filter", "label=seedbed.installation")
	m.sh("systemctl", "start", "seedbed")
	portalIsBack(t, m)
	// The engine's own records are in no backup, so it is given everything anew
	// and starts each site once more.
	eventually(t, "the engine has a container of its own making", time.Minute, func() bool {
		now := m.sh("docker", "ps", "--quiet", "--filter", "label=seedbed.installation")
		return now != container && strings.Count(now, "\n") == 1
	})
	eventually(t, "the site is served", time.Minute, func() bool { status, _ := m.get(checkSite, "/", 80); return status == 200 })
	container = m.sh("docker", "ps", "--quiet", "--filter", "label=seedbed.installation")
	m.sh("seedbed", "verify", "--keep") // it knows the site: it removes it, and makes another one
	if after := m.sh("docker", "ps", "--quiet", "--filter", "label=seedbed.installation"); after == container || strings.Count(after, "\n") != 1 {
		t.Errorf("before there was container %s, and now %s", container, after)
	}
}

func removalLosesNothing(t *testing.T, m *machine) {
	out := m.sh("apt-get", "purge", "--yes", "seedbed")
	if !strings.Contains(out, "Not deleted: /var/lib/seedbed") {
		t.Errorf("purge does not say what stays:\n%s", out)
	}
	if status, _ := m.get(guide, "/", 80); status != 0 {
		t.Errorf("nginx still answers with %d", status)
	}
	m.sh(installCommand...)
	m.serves(guide, asItWas)
}
