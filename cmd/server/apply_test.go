package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedbed/api/wire"
)

// desk is a server that has the project main, PostgreSQL and the site guide, and
// notes what it is asked to change.
type desk struct {
	*testing.T
	asked []string
}

func newDesk(t *testing.T) *desk {
	d := &desk{T: t}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	t.Setenv("SEEDBED_SERVER", server.URL)
	t.Setenv("SEEDBED_TOKEN", "sb_1_X")
	return d
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v1")
	var body map[string]any
	if r.Method != http.MethodGet {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			d.Error(err)
		}
		d.asked = append(d.asked, fmt.Sprint(r.Method, " ", path, " ", body))
	}
	answers := map[string]any{
		"GET /projects":    wire.Page[wire.Project]{Items: []wire.Project{{Name: "main", Title: "Main"}}},
		"GET /services":    wire.Page[wire.Service]{Items: []wire.Service{{Kind: "postgres"}}},
		"GET /sites/guide": wire.Site{Name: "guide", Title: "Guide", Project: "main"},
		"POST /projects":   wire.Project{Name: "child-health"}, "PATCH /projects/main": wire.Project{},
		"POST /services": wire.Page[wire.Service]{}, "POST /sites": wire.Deployment{ID: 7},
	}
	answer, ok := answers[r.Method+" "+path]
	if !ok {
		answer = wire.Problem{Status: 404, Detail: "There is nothing."}
		w.WriteHeader(404)
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		d.Error(err)
	}
}

func (d *desk) apply(content string, options ...string) error {
	d.Helper()
	path := filepath.Join(d.TempDir(), "wanted.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		d.Fatal(err)
	}
	return applyCommand(d.Context(), append([]string{"-f", path}, options...))
}

func TestApply_MakesProjectsAndServicesBeforeSites(t *testing.T) {
	d := newDesk(t)
	content := `
sites:
- {name: child-guide, title: Child Guide, template: wiki, project: child-health}
- {name: guide, title: Guide}
services: [postgres, redis]
projects:
- {name: main, title: Main Office}
- {name: child-health, title: Child Health}
`
	if err := d.apply(content, "--dry-run"); err != nil || len(d.asked) != 0 {
		t.Errorf("%v: asked %q", err, d.asked)
	}
	if err := d.apply(content); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"PATCH /projects/main map[title:Main Office]", "POST /projects map[title:Child Health]", "POST /services map[kind:redis]",
		"POST /sites map[address:child-guide project:child-health template:wiki title:Child Guide]",
	}
	if got := strings.Join(d.asked, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("asked\n%s", got)
	}
}

func TestApply_RefusesAProjectThatWouldGetAnotherName(t *testing.T) {
	d := newDesk(t)
	for _, content := range []string{
		"projects: [{name: children, title: Child Health}]", "projects: [{name: children}]", "projects: [{title: X}]",
		"projects: [{name: main}, {name: main}]", "services: [redis, redis]", `services: [""]`,
		"projects: [{name: " + strings.Repeat("x", 38) + ", title: " + strings.Repeat("x", 38) + "}]",
	} {
		if err := d.apply(content); exitCode(err) != exitUsage {
			t.Errorf("%q: %v", content, err)
		}
	}
	if len(d.asked) != 0 {
		t.Errorf("asked %q", d.asked)
	}
}

func TestLogPrinter_WaitsForWholeLines(t *testing.T) {
	var out strings.Builder
	p := logPrinter{out: &out}
	for _, text := range []string{"one\nt", "w", "o\n", "three\x1b[2J", strings.Repeat("x", longestLine), "\nfo", "ur"} {
		p.print(text)
	}
	p.end()
	lines := strings.Split(out.String(), "\n")
	if len(lines) < 5 || lines[0] != "one" || lines[1] != "two" || !strings.HasPrefix(lines[2], "three") || lines[len(lines)-2] != "four" || strings.Contains(out.String(), "\x1b") {
		t.Errorf("%.100q", lines)
	}
}
