//go:build appliance

package appliance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"seedbed/catalog/images"
)

const (
	guide    = "guide.sites.test" // a site with files
	data     = "data.sites.test"  // a site with a database
	asItWas  = "As it was when the backup was made"
	carried  = "carry" // folder of what is carried from one machine to the other
	patience = time.Minute
)

// carriesBackups makes a site with files and one with a database, and backups of
// both and of the portal, which lie outside of the machine afterwards.
func carriesBackups(t *testing.T, m *machine) {
	m.getToken()
	m.sh("seedbed", "sites", "create", "--template", "static-site", "--title", "Guide", "--wait")
	m.sh("seedbed", "sites", "create", "--template", "own-container", "--title", "Data", "--set", "postgres=on",
		"--set", "image="+images.Ref("static-site"), "--set", "port=8080", "--wait")
	m.sh("sh", "-c", "echo '"+asItWas+"' >$(echo /var/lib/seedbed/volumes/s*-guide/files)/index.html")
	m.query("CREATE TABLE visits AS SELECT 42 AS n")
	m.serves(guide, asItWas)
	m.sh("seedbed", "sites", "backup", "guide", "--wait")
	m.sh("seedbed", "sites", "backup", "data", "--wait")
	m.sh("rm", "-f", "/root/portal.tar.gz")
	m.sh("seedbed", "backup", "--to", "/root/portal.tar.gz")
	to := filepath.Join(m.media, carried)
	if err := os.Mkdir(to, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/root/portal.tar.gz", "/var/lib/seedbed/backups"} {
		docker(t, "cp", m.name+":"+path, to)
	}
}

// upgradeLeavesSites installs a bundle of another version.
func upgradeLeavesSites(t *testing.T, m *machine) {
	if err := <-m.newer; err != nil {
		t.Fatalf("make the newer bundle: %v", err)
	}
	before := m.version()
	said := m.restartsOnlyThePortal(guide, "sh", "-c", "cd ../newer && ./seedbed install --from . --yes")
	if strings.Count(said, "Launch a site") != 2 { // announced, and done
		t.Errorf("it does not prove that the new version works:\n%s", said)
	}
	if after := m.version(); after == before || !strings.Contains(after, "+") {
		t.Errorf("before there was version %s, and now %s", before, after)
	}
	if n := m.query("SELECT n FROM visits"); n != "42" {
		t.Errorf("the database has %q", n)
	}
}

// anotherTakesItsPlace goes the way of docs/install.md for a machine that is
// broken: nothing of it is left but what was carried away.
func anotherTakesItsPlace(t *testing.T, broken *machine) {
	broken.remove()
	m := boot(t, offline, broken.media)
	m.sh(installCommand...)
	m.sh("systemctl", "stop", "seedbed")
	restore := []string{"seedbed", "restore", "--from", "../" + carried + "/portal.tar.gz", "--replace"}
	if out, err := m.try(restore...); err == nil || !strings.Contains(out, "-new-volumes") {
		t.Errorf("without being told that the files are lost, it says: %s", out)
	}
	m.sh(append(restore, "--new-volumes")...)
	m.sh("cp", "-r", "../"+carried+"/backups", "/var/lib/seedbed/")
	m.sh("systemctl", "start", "seedbed")
	portalIsBack(t, m)
	m.signsIn(password, true)
	m.getToken()
	for _, site := range []string{"guide", "data"} {
		m.sh("seedbed", "sites", "restore", site, m.backupOf(site), "--yes", "--wait")
	}
	m.serves(guide, asItWas)
	if n := m.query("SELECT n FROM visits"); n != "42" {
		t.Errorf("the database has %q", n)
	}
	m.sh("seedbed", "sites", "backup", "guide", "--wait") // the folder that root has carried over can be used
}

// backupOf returns the name of a site's only backup.
func (m *machine) backupOf(site string) string {
	m.t.Helper()
	id := regexp.MustCompile(`\d{8}-\d{6}-d\d+`).FindString(m.sh("seedbed", "sites", "backups", site))
	if id == "" {
		m.t.Fatalf("there is no backup of %s", site)
	}
	return id
}

// getToken lets the machine's root speak for amina.
func (m *machine) getToken() {
	m.t.Helper()
	m.sh("seedbed", "token", "create", "--user", "amina", "--dir", "/var/lib/seedbed", "--name", "the test", "--scope", "admin", "--save")
}

// serves waits until a site has a text on its page.
func (m *machine) serves(site, text string) {
	m.t.Helper()
	eventually(m.t, site+" says "+text, patience, func() bool {
		status, page := m.get(site, "/", 80)
		return status == 200 && strings.Contains(page, text)
	})
}

// query asks the database of the site Data, as that site can, and returns the
// answer. The site's secrets do not leave the machine.
func (m *machine) query(sql string) string {
	m.t.Helper()
	const find = `docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' $(docker ps --quiet --filter name=sites_data) |
		sed -n 's/^DATABASE_URL=//p' | sed "s/services.seedbed.internal/$(ip -4 -brief address show docker0 | awk '{ sub("/.*", "", $3); print $3 }')/"`
	return strings.TrimSpace(m.sh("sh", "-c", `psql --no-psqlrc -At --command "$1" "$(`+find+`)"`, "sh", sql))
}

func (m *machine) version() string {
	m.t.Helper()
	return m.sh("dpkg-query", "--show", "--showformat=${Version}", "seedbed")
}
