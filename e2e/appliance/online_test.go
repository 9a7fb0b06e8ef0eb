//go:build appliance

package appliance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestOnline goes the way of a partner whose machine has internet: the package
// alone, Docker and nginx from Debian's mirror, and images built on the machine.
// It takes about five minutes more, so “make test” leaves it out.
func TestOnline(t *testing.T) {
	media := t.TempDir()
	deb, err := os.ReadFile(packageIn(t, "SEEDBED_DEB"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"seedbed.deb": deb, "answers.yaml": []byte(answers)} {
		if err := os.WriteFile(filepath.Join(media, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m := boot(t, online, media)
	m.sh("apt-get", "update", "--quiet")
	m.sh("apt-get", "install", "--yes", "./seedbed.deb")
	began := time.Now()
	out := m.sh("seedbed", "install", "--answers", "answers.yaml", "--yes")
	t.Logf("installing took %v and said:\n%s", time.Since(began).Round(time.Second), out)
	if !strings.Contains(out, "Seedbed is running.") {
		t.Error("it does not say that Seedbed is running")
	}
	if status, _ := m.get(m.addr, "/healthz", 8500); status != 200 {
		t.Errorf("the portal answers %d", status)
	}
}
