package marathontest

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// recorded is an answer that the client go-marathon tests itself with.
type recorded struct {
	URI     string `yaml:"uri"`
	Method  string `yaml:"method"`
	Scope   string `yaml:"scope"`
	Content string `yaml:"content"`
}

func (r recorded) name() string {
	return strings.TrimSpace(r.Method + " " + r.URI + " " + r.Scope)
}

// recordings reads all of them.
func recordings() ([]recorded, error) {
	raw, err := testdata.ReadFile("testdata/methods.yml")
	if err != nil {
		return nil, fmt.Errorf("read the recorded answers: %w", err)
	}
	var out []recorded
	if err := yaml.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("read the recorded answers: %w", err)
	}
	return out, nil
}

// replay says how a recorded request is made here: what there must be before, the
// path and body, and where the answer has, rightly, other fields.
type replay struct {
	before func(p *probe)
	after  func(p *probe)
	path   string // default: that of the recording
	body   string
	except []string
	// part cuts out of the answer what belongs to the check.
	part func(p *probe, a answer) any
}

// recordedChecks make the recorded requests and compare the fields of the answer.
func recordedChecks() []check {
	all, err := recordings()
	if err != nil {
		return []check{{name: "recorded: the answers can be read", holds: func(p *probe) { p.errorf("%v", err) }}}
	}
	var out []check
	seen := map[string]bool{}
	for _, r := range all {
		how, known := replays()[r.name()]
		if !known || seen[r.name()] {
			continue
		}
		seen[r.name()] = true
		out = append(out, check{name: "recorded: " + r.name(), holds: func(p *probe) { how.run(p, r) }})
	}
	return out
}

func (how replay) run(p *probe, r recorded) {
	if how.before != nil {
		how.before(p)
	}
	if how.after != nil {
		defer how.after(p)
	}
	path := how.path
	if path == "" {
		path = strings.Replace(r.URI, "fake-app", p.group[1:]+"/fake-app", 1)
	}
	a := p.do(r.Method, p.variables(path), p.variables(how.body))
	if a.status < 200 || a.status > 299 {
		p.fatalf("%s: %d %s", a.asked, a.status, short(a.text))
	}
	if r.Content == "" {
		return // only that it was answered was recorded
	}
	var example any
	if json.Unmarshal([]byte(r.Content), &example) != nil {
		p.is("the text", strings.TrimSpace(a.text), strings.TrimSpace(r.Content))
		return
	}
	got := a.value
	if how.part != nil {
		got = how.part(p, a)
	}
	p.sameShape(a.asked, got, example, how.except...)
}

// variables puts in what only the target knows: "{task}" and "{version}" of
// fake-app, and "{deployment}" of the app that waits.
func (p *probe) variables(text string) string {
	if strings.Contains(text, "{taskid}") {
		text = strings.ReplaceAll(text, "{taskid}", taskIDs(p.tasks("fake-app"))[0])
	}
	if strings.Contains(text, "{version}") {
		text = strings.ReplaceAll(text, "{version}", p.app("fake-app").str("version"))
	}
	if strings.Contains(text, "{deployment}") {
		text = strings.ReplaceAll(text, "{deployment}", p.app("waits").str("deployments", 0, "id"))
	}
	return text
}
