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
	asked   []string
	checked []string
	refuse  map[string]string // the sentence, by "POST /sites"; with "check " before it only when it is checked
}

func newDesk(t *testing.T) *desk {
	d := &desk{T: t, refuse: map[string]string{}}
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
		if d.notes(w, r, fmt.Sprint(r.Method, " ", path), body) {
			return
		}
	}
	answers := map[string]any{
		"GET /projects":             wire.Page[wire.Project]{Items: []wire.Project{{Name: "main", Title: "Main"}}},
		"GET /services":             wire.Page[wire.Service]{Items: []wire.Service{{Kind: "postgres"}}},
		"GET /sites/guide":          wire.Site{Name: "guide", Title: "Guide", Project: "main"},
		"GET /sites/guide/visitors": wire.Visitors{Version: 2, Hosts: []string{"xn--mgbh0fb.example", "guide.localhost"}, Own: "guide.localhost", Audience: "everybody", Upload: 100}, "PATCH /sites/guide/visitors": wire.Visitors{Version: 3},
		"PATCH /sites/child-guide/visitors": wire.Visitors{Version: 1},
		"POST /projects":                    wire.Project{Name: "child-health"}, "PATCH /projects/main": wire.Project{},
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

// notes takes a request down that is to change something, and reports whether it
// was answered.
func (d *desk) notes(w http.ResponseWriter, r *http.Request, what string, body map[string]any) bool {
	dry := r.URL.Query().Get("dry_run") == "true"
	sentence := d.refuse[what]
	if dry {
		d.checked = append(d.checked, fmt.Sprint(what, " ", body))
		sentence = d.refuse["check "+what]
	} else {
		d.asked = append(d.asked, fmt.Sprint(what, " ", body))
	}
	switch {
	case sentence != "":
		w.WriteHeader(422)
		_ = json.NewEncoder(w).Encode(wire.Problem{Status: 422, Detail: sentence})
	case dry:
		w.WriteHeader(204)
	}
	return dry || sentence != ""
}

func (d *desk) apply(content string, options ...string) error {
	d.Helper()
	d.asked, d.checked = nil, nil
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
	if want := "POST /sites map[address:child-guide project:main template:wiki title:Child Guide]"; len(d.checked) != 4 || d.checked[3] != want {
		t.Errorf("checked %q, with a site whose project is not there yet", d.checked)
	}
	want := []string{
		"PATCH /projects/main map[title:Main Office]", "POST /projects map[title:Child Health]", "POST /services map[kind:redis]",
		"POST /sites map[address:child-guide project:child-health template:wiki title:Child Guide]",
	}
	if got := strings.Join(d.asked, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("asked\n%s", got)
	}
}

func TestApply_ChangesHowVisitorsAreMetOnlyWhereItDiffers(t *testing.T) {
	d := newDesk(t)
	same := "sites: [{name: guide, title: Guide, visitors: {hosts: [مثال.example], audience: everybody, upload: 100, maintenance: false}}]"
	if err := d.apply(same); err != nil || len(d.asked)+len(d.checked) != 0 {
		t.Errorf("%v: asked %q, checked %q", err, d.asked, d.checked)
	}
	content := `sites:
- {name: guide, visitors: {hosts: [guide.localhost, wiki.example.org], maintenance: true, words: "Back at noon."}}
- {name: child-guide, title: Child Guide, template: wiki, project: main, visitors: {upload: 512}}
`
	if err := d.apply(content); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"PATCH /sites/guide/visitors map[hosts:[guide.localhost wiki.example.org] maintenance:true words:Back at noon.]",
		"POST /sites map[address:child-guide project:main template:wiki title:Child Guide]", "PATCH /sites/child-guide/visitors map[upload:512]",
	}
	if got := strings.Join(d.asked, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("asked\n%s", got)
	}
	if len(d.checked) != 2 {
		t.Errorf("checked %q: what is of a site that is not there yet cannot be", d.checked)
	}
	if err := d.apply("sites: [{name: guide, visitors: {keys: [a]}}]"); exitCode(err) != exitUsage {
		t.Errorf("passwords in a file: %v", err)
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

const threeThings = "projects: [{name: child-health, title: Child Health}]\nservices: [redis]\nsites: [{name: new-guide, title: New Guide, template: wiki, project: child-health}, {name: guide}]"

func results(t *testing.T, do func() error) (all []change, err error) {
	t.Helper()
	printed := captured(t, func() { err = do() })
	if wrong := json.Unmarshal([]byte(printed), &all); wrong != nil {
		t.Fatalf("%v: %s", wrong, printed)
	}
	return all, err
}

func TestApply_ChangesNothingIfSomethingCannotBeDone(t *testing.T) {
	d := newDesk(t)
	d.refuse["check POST /services"] = "There is no such kind of service."
	for _, options := range [][]string{{"--json", "--dry-run"}, {"--json"}} {
		all, err := results(t, func() error { return d.apply(threeThings, options...) })
		if exitCode(err) != exitFailed || len(d.asked) != 0 || len(d.checked) != 3 {
			t.Errorf("%v: %v, asked %q, checked %q", options, err, d.asked, d.checked)
		}
		if got := fmt.Sprint(all[0].Result, all[1].Result, all[2].Result, all[3].Result); got != "skippedfailedskippedsame" {
			t.Errorf("%v: %s", options, got)
		}
		if all[1].Reason != "There is no such kind of service." || all[0].Reason == "" {
			t.Errorf("%+v", all)
		}
	}
}

func TestApply_TellsWhatWasDoneIfSomethingFailsThen(t *testing.T) {
	d := newDesk(t)
	d.refuse["POST /services"] = "Somebody was faster."
	all, err := results(t, func() error { return d.apply(threeThings, "--json") })
	if got := fmt.Sprint(all[0].Result, all[1].Result, all[2].Result, all[3].Result); exitCode(err) != exitFailed || got != "madefailedskippedsame" {
		t.Errorf("%v: %s", err, got)
	}
	if len(d.asked) != 2 || !strings.Contains(all[2].Reason, "service redis") {
		t.Errorf("asked %q: %+v", d.asked, all)
	}
	said := captured(t, func() { err = d.apply(threeThings) })
	for _, line := range []string{"project child-health: made", "service redis: failed: Somebody was faster.", "new-guide: not made: ", "guide: as it is to be"} {
		if !strings.Contains(said, line) {
			t.Errorf("%q is not said: %s", line, said)
		}
	}
	if err == nil {
		t.Error("no error")
	}
}

func TestApply_DemandsAProjectWhereThereWillBeSeveral(t *testing.T) {
	d := newDesk(t)
	all, err := results(t, func() error {
		return d.apply("projects: [{name: child-health, title: Child Health}]\nsites: [{name: new-guide, title: New Guide, template: wiki}]", "--json")
	})
	if exitCode(err) != exitUsage || len(d.asked) != 0 || all[1].Result != failed || !strings.Contains(all[1].Reason, "say to which one") {
		t.Errorf("%v: %+v, asked %q", err, all, d.asked)
	}
}

func TestApply_RefusesTwoSitesOfOneTitle(t *testing.T) {
	d := newDesk(t)
	if err := d.apply("sites: [{name: a, title: Guide, template: wiki}, {name: b, title: guide, template: wiki}]"); exitCode(err) != exitUsage || d.checked != nil {
		t.Errorf("%v", err)
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
