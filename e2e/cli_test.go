//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// terminal is a person with the command line, and no browser.
type terminal struct {
	*testing.T
	i    *installation
	home string
}

// run runs a command, and demands an exit code. It returns what was printed.
func (c *terminal) run(code int, args ...string) string {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), "../bin/seedbed", args...)
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+c.home, "SEEDBED_SERVER="+c.i.portal())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		c.Fatalf("%v ended with %d, want %d:\n%s%s", args, got, code, &out, &errs)
	}
	return out.String() + errs.String()
}

// makeAdministrator uses the link that the start printed.
func makeAdministrator(t *testing.T, i *installation, user string) {
	t.Helper()
	link, err := url.Parse(i.setupLink())
	if err != nil {
		t.Fatal(err)
	}
	const password = "four quiet garden gates"
	answer, err := http.PostForm(i.portal()+"/setup", url.Values{"code": {link.Query().Get("code")}, "user": {user}, "password": {password}, "again": {password}})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
}

func TestCommandLine_MakesChangesAndDeletesASite(t *testing.T) {
	t.Parallel()
	i := install(t, commandLinePlace)
	c := &terminal{t, i, t.TempDir()}
	makeAdministrator(t, i, "Amina")

	wants(t, c.run(2, "sites", "list"), "There is no token")
	c.run(0, "token", "create", "--user", "amina", "--dir", filepath.Join(i.dir, "var"), "--name", "the test", "--scope", "admin", "--save")
	wants(t, c.run(0, "sites", "create", "--template", "static-site", "--title", "Nurse Guide", "--wait"), "✓ Its address answered", "Nurse Guide is ready", i.site("nurse-guide"))
	if status, body := i.get(i.site("nurse-guide")); status != http.StatusOK {
		t.Errorf("visitors get %d: %s", status, body)
	}
	wants(t, c.run(0, "sites", "list"), "nurse-guide", "Live")
	wants(t, c.run(1, "sites", "create", "--template", "static-site", "--title", "Nurse Guide"), "already a site")

	file := filepath.Join(c.home, "sites.yaml")
	if err := os.WriteFile(file, []byte("sites:\n- name: nurse-guide\n  title: Nurse Handbook\n  project: main\n  settings: {listing: on}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wants(t, c.run(0, "apply", "-f", file, "--dry-run"), "would be changed", "“Nurse Guide” → “Nurse Handbook”")
	wants(t, c.run(0, "apply", "-f", file, "--wait"), "nurse-guide: changed", "✓ Its address answered")
	wants(t, c.run(0, "apply", "-f", file), "as it is to be")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere.yaml")
	if err := os.WriteFile(elsewhere, []byte("sites:\n- name: nurse-guide\n  project: other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wants(t, c.run(2, "apply", "-f", elsewhere), "belongs to the project main")

	var site struct{ Title, State string }
	if err := json.Unmarshal([]byte(c.run(0, "sites", "show", "nurse-guide", "--json")), &site); err != nil || site.Title != "Nurse Handbook" {
		t.Errorf("%+v %v", site, err)
	}
	c.run(0, "sites", "logs", "nurse-guide")
	eventually(t, "the metrics say that the site is up", soon, func() bool {
		return strings.Contains(c.metrics(), `seedbed_site_up{project="main",site="nurse-guide"} 1`)
	})
	wants(t, c.metrics(), fmt.Sprintf(`seedbed_part_up{part=%q} 1`, i.engine.part()))
	backsUpAndRestores(c, file)
	i.kill() // and what was asked for is still known
	i.start()
	wants(t, c.run(0, "sites", "delete", "nurse-guide", "--yes", "--wait"), "Deleted its files", "is deleted")
	c.run(3, "sites", "show", "nurse-guide")
	wants(t, c.run(0, "events"), "Amina", "Nurse Handbook")
	c.run(0, "token", "revoke", "1")
	wants(t, c.run(4, "sites", "list"), "revoked")
}

// metrics is what Prometheus would read with the saved token.
func (c *terminal) metrics() string {
	c.Helper()
	token, err := os.ReadFile(filepath.Join(c.home, "seedbed", "token"))
	if err != nil {
		c.Fatal(err)
	}
	request, err := http.NewRequestWithContext(c.Context(), http.MethodGet, c.i.portal()+"/metrics", nil)
	if err != nil {
		c.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		c.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.Fatal(err)
	}
	return string(text)
}

// backsUpAndRestores puts a site back as it was before a change.
func backsUpAndRestores(c *terminal, file string) {
	wants(c.T, c.run(0, "sites", "backups", "nurse-guide"), "no backups of this site yet")
	c.run(0, "sites", "backup", "nurse-guide", "--wait")
	wants(c.T, c.run(0, "sites", "backups", "nurse-guide"), "proved whole", "Amina")
	var backups []struct{ ID string }
	if err := json.Unmarshal([]byte(c.run(0, "sites", "backups", "nurse-guide", "--json")), &backups); err != nil || len(backups) != 1 {
		c.Fatalf("%+v %v", backups, err)
	}
	if err := os.WriteFile(file, []byte("sites:\n- name: nurse-guide\n  title: Spoilt\n"), 0o600); err != nil {
		c.Fatal(err)
	}
	c.run(0, "apply", "-f", file, "--wait")
	wants(c.T, c.run(2, "sites", "restore", "nurse-guide", backups[0].ID), "nobody confirmed it")
	c.run(3, "sites", "restore", "nurse-guide", "none", "--yes")
	c.run(0, "sites", "restore", "nurse-guide", backups[0].ID, "--yes", "--wait")
	wants(c.T, c.run(0, "sites", "show", "nurse-guide"), "Nurse Handbook")
}

func wants(t *testing.T, out string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("%q is not in:\n%s", text, out)
		}
	}
}
