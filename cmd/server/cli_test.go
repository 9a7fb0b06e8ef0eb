package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedbed/api/client"
	"seedbed/api/wire"
)

func TestVisible_DoesNothingToATerminal(t *testing.T) {
	for given, want := range map[string]string{
		"Nurse Guide":               "Nurse Guide",
		"a\x1b[2Jb\r\nc":            "a�[2Jb��c",
		"\u202eright to left":       "�right to left",
		"-rf":                       "“-rf”",
		"-":                         "-",
		"دليل":                      "دليل",
		"क्\u200dष":                 "क्\u200dष",
		"\u009b31m\x7f\u2066\u0000": "�31m���",
	} {
		if got := visible(given); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func TestPrintJSON_DoesNothingToATerminal(t *testing.T) {
	var out strings.Builder
	c := newCommand("x", "")
	c.out = &out
	if err := c.printJSON(map[string]string{"title": "a\x1b[2J\u009b\u202e\x7f <é>"}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\u009b\u202e\x7f") || !strings.Contains(out.String(), "é") {
		t.Errorf("%q", out.String())
	}
}

func TestCommand_ReadsOptionsAndWordsInAnyOrder(t *testing.T) {
	for _, args := range [][]string{{"--json", "guide"}, {"guide", "--json"}, {"--json", "--", "guide"}} {
		c := newCommand("sites show", "NAME")
		words, err := c.parse(args, "NAME")
		if err != nil || len(words) != 1 || words[0] != "guide" || !c.json {
			t.Errorf("%v: %v %v %v", args, words, c.json, err)
		}
	}
	words, err := newCommand("sites show", "NAME").parse([]string{"--", "-guide"}, "NAME")
	if err != nil || words[0] != "-guide" {
		t.Errorf("%v %v", words, err)
	}
	for _, args := range [][]string{{}, {"a", "b"}, {"--nothing", "a"}, {"--json=maybe", "a"}} {
		if _, err := newCommand("sites show", "NAME").parse(args, "NAME"); exitCode(err) != exitUsage {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestExitCode_TellsScriptsWhatKindOfTrouble(t *testing.T) {
	refused := func(status int) error {
		return fmt.Errorf("guide: %w", &client.Refused{Problem: wire.Problem{Status: status}})
	}
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0}, {flag.ErrHelp, 0}, {errors.New("x"), 1}, {refused(422), 1}, {refused(409), 1}, {misused("x"), 2}, {refused(404), 3},
		{refused(401), 4}, {refused(403), 4}, {&client.NoAnswer{Err: errors.New("x")}, 5}, {&deploymentFailed{"x"}, 6}, {&unconfirmed{"x"}, 7},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
}

func TestTokenFile_IsItsOwnersAlone(t *testing.T) {
	c := newCommand("token create", "")
	c.out, c.tokenFile = &strings.Builder{}, filepath.Join(t.TempDir(), "new", "token")
	if err := c.saveToken(wire.Token{Token: "sb_1_X"}); err != nil {
		t.Fatal(err)
	}
	if token, err := readTokenFile(c.tokenFile); err != nil || token != "sb_1_X" {
		t.Errorf("%q %v", token, err)
	}
	if err := os.Chmod(c.tokenFile, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readTokenFile(c.tokenFile); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("took a file that others can read: %v", err)
	}
	if _, err := readTokenFile(filepath.Join(t.TempDir(), "none")); exitCode(err) != exitUsage {
		t.Errorf("%v", err)
	}
}

func TestWanted_IsReadStrictly(t *testing.T) {
	read := func(content string) (wanted, error) {
		path := filepath.Join(t.TempDir(), "sites.yaml")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return readWanted(path)
	}
	w, err := read("sites:\n- name: guide\n  settings: {listing: on}\n")
	if err != nil || w.Sites[0].Settings["listing"] != "on" {
		t.Errorf("%v %v", w, err)
	}
	if w, err := read(`{"sites":[{"name":"guide","title":"Guide"}]}`); err != nil || w.Sites[0].Title != "Guide" {
		t.Errorf("JSON: %v %v", w, err)
	}
	for _, content := range []string{"", "sites: 3", "sites: [{}]", "sites: [{name: a}, {name: a}]", "sits: []", "sites: [{name: a, titel: b}]", "sites: []\n---\nsites: []", "sites: [{name: a}"} {
		if _, err := read(content); exitCode(err) != exitUsage {
			t.Errorf("%q: %v", content, err)
		}
	}
	if _, err := readWanted(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("read a file that there is not")
	}
}

func TestDifferences_TellNamesOfVariablesAlone(t *testing.T) {
	d := oneChange{"settings.variables", "A_KEY=old-secret", " A_KEY = new-secret\n\n# a note\nB=x=y"}
	text, err := json.Marshal(change{Differences: []oneChange{d}})
	if err != nil || !strings.Contains(string(text), `"from":"A_KEY","to":"A_KEY, B"`) || strings.Contains(string(text), "secret") {
		t.Errorf("%s %v", text, err)
	}
	if told := d.told(); strings.Contains(told.From+told.To, "secret") {
		t.Errorf("%+v", told)
	}
	if patch := (change{Differences: []oneChange{d}}).patch(); *patch.Settings["variables"] != d.To {
		t.Error("what is sent is not what was wished")
	}
	for _, plain := range []string{"", "on", "/health?a=b", "https://x.example/?k=v", "two words = x"} {
		if got := withoutValues(plain); got != plain {
			t.Errorf("%q is told as %q", plain, got)
		}
	}
}

func TestDifferences_AreOnlyWhatTheFileNames(t *testing.T) {
	site := wire.Site{Name: "guide", Title: "Guide", Settings: map[string]string{"listing": "off", "search": "on"}}
	if d := differences(wantedSite{Name: "guide"}, site); len(d) != 0 {
		t.Errorf("%v", d)
	}
	d := differences(wantedSite{Name: "guide", Title: "Guide", Settings: map[string]string{"listing": "on", "search": "on"}}, site)
	if len(d) != 1 || d[0] != (oneChange{"settings.listing", "off", "on"}) {
		t.Errorf("%v", d)
	}
	one := change{Differences: d}
	if patch := one.patch(); patch.Title != nil || len(patch.Settings) != 1 || *patch.Settings["listing"] != "on" {
		t.Errorf("%v", patch)
	}
}

// captured is what is printed meanwhile.
func captured(t *testing.T, do func()) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "printed-*")
	if err != nil {
		t.Fatal(err)
	}
	terminal := os.Stdout
	os.Stdout = file
	defer func() { os.Stdout = terminal }()
	do()
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	printed, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(printed)
}
