//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
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
	"time"
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
	wants(t, c.run(1, "sites", "create", "--template", "static-site", "--title", "Nurse Guide"), "name is taken")

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
	half := filepath.Join(t.TempDir(), "half.yaml")
	if err := os.WriteFile(half, []byte("services: [mongo]\nsites:\n- {name: good, title: Good, template: static-site}\n- {name: bad, title: nurse handbook, template: static-site}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wants(t, c.run(1, "apply", "-f", half, "--dry-run"), "good: would be made", "no such kind of service", "bad: failed: title: This name is taken")
	wants(t, c.run(1, "apply", "-f", half), "good: not made", "2 things in the file")
	c.run(3, "sites", "show", "good")

	var site struct{ Title, State string }
	if err := json.Unmarshal([]byte(c.run(0, "sites", "show", "nurse-guide", "--json")), &site); err != nil || site.Title != "Nurse Handbook" {
		t.Errorf("%+v %v", site, err)
	}
	c.run(0, "sites", "logs", "nurse-guide")
	uploadsAndFollows(c)
	worksInProjects(c)
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

// uploadsAndFollows puts files into the site, and reads in its log that somebody
// fetched one.
func uploadsAndFollows(c *terminal) {
	page := filepath.Join(c.home, "ward.html")
	if err := os.WriteFile(page, []byte("the ward's page"), 0o600); err != nil {
		c.Fatal(err)
	}
	c.run(0, "sites", "upload", "nurse-guide", page)
	wants(c.T, c.run(0, "sites", "files", "nurse-guide"), "ward.html")
	if status, body := c.i.get(c.i.site("nurse-guide") + "/ward.html"); status != http.StatusOK || body != "the ward's page" {
		c.Errorf("visitors get %d: %s", status, body)
	}
	c.sees("GET /ward.html", "sites", "logs", "nurse-guide", "-f")
	c.run(0, "sites", "delete-file", "nurse-guide", "ward.html")
	c.run(3, "sites", "delete-file", "nurse-guide", "ward.html")
}

// sees demands that a command that does not end by itself prints a text.
func (c *terminal) sees(text string, args ...string) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "../bin/seedbed", args...)
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+c.home, "SEEDBED_SERVER="+c.i.portal())
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		c.Fatal(err)
	}
	found := false
	for lines := bufio.NewScanner(out); !found && lines.Scan(); {
		found = strings.Contains(lines.Text(), text)
	}
	cancel()
	_ = cmd.Wait() // it was killed
	if !found {
		c.Errorf("%v never printed %q", args, text)
	}
}

// worksInProjects moves the site to a project of its own and back, with a token
// that may nothing elsewhere.
func worksInProjects(c *terminal) {
	wants(c.T, c.run(0, "projects", "create", "Child Health"), "child-health")
	c.run(0, "sites", "move", "nurse-guide", "child-health")
	link := c.run(0, "projects", "invite", "child-health", "--role", "viewer", "--note", "for Joseph")
	wants(c.T, link, c.i.portal()+"/invitation?code=")
	wants(c.T, c.run(0, "projects", "show", "child-health"), "for Joseph", "viewer", "Amina")
	c.run(0, "projects", "withdraw", "child-health", "1")
	wants(c.T, c.run(1, "projects", "delete", "child-health", "--yes"), "still has sites")
	other := &terminal{c.T, c.i, c.T.TempDir()}
	other.run(0, "token", "create", "--user", "amina", "--dir", filepath.Join(c.i.dir, "var"), "--name", "one project", "--scope", "admin", "--project", "main", "--save")
	wants(c.T, other.run(0, "sites", "list"), "no sites yet")
	other.run(3, "sites", "show", "nurse-guide")
	wants(c.T, other.run(4, "projects", "create", "More"), "for one project alone")
	c.run(0, "sites", "move", "nurse-guide", "main")
	wants(c.T, other.run(0, "sites", "list"), "nurse-guide")
	c.run(0, "projects", "delete", "child-health", "--yes")
	wants(c.T, c.run(0, "users", "list"), "Amina", "administrator")
	wants(c.T, c.run(0, "machines"), "up")
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
	wants(c.T, c.run(7, "sites", "restore", "nurse-guide", backups[0].ID), "nobody confirmed it")
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
