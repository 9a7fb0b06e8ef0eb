package install

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedbed"
)

// world is a machine on which steps are done or not.
type world struct {
	done map[string]bool
	did  []string
	fail string
}

func (w *world) step(name string) Step {
	return Step{
		Will: name,
		Done: func(context.Context) (bool, error) { return w.done[name], nil },
		Do: func(context.Context) error {
			if w.did = append(w.did, name); w.fail == name {
				return errors.New("it broke")
			}
			w.done[name] = w.fail != "silently "+name
			return nil
		},
	}
}

func (w *world) steps() []Step { return []Step{w.step("a"), w.step("b"), w.step("c")} }

func (w *world) run(t *testing.T) (did string, err error) {
	w.did = nil
	err = Run(t.Context(), w.steps(), func(string) {})
	return strings.Join(w.did, " "), err
}

func TestRun_DoesOnlyWhatIsNotSo(t *testing.T) {
	w := &world{done: map[string]bool{"b": true}}
	if did, err := w.run(t); did != "a c" || err != nil {
		t.Errorf("at first it did %q, %v", did, err)
	}
	if did, err := w.run(t); did != "" || err != nil {
		t.Errorf("the second time it did %q, %v", did, err)
	}
}

func TestRun_StopsAtWhatFailsAndGoesOnThere(t *testing.T) {
	w := &world{done: map[string]bool{}, fail: "b"}
	if did, err := w.run(t); did != "a b" || err == nil {
		t.Errorf("it did %q, %v", did, err)
	}
	w.fail = ""
	if did, err := w.run(t); did != "b c" || err != nil {
		t.Errorf("then it did %q, %v", did, err)
	}
}

func TestRun_DoesNotBelieveAStepThatChangedNothing(t *testing.T) {
	w := &world{done: map[string]bool{}, fail: "silently a"}
	if did, err := w.run(t); did != "a" || err == nil || !strings.Contains(err.Error(), "is not so") {
		t.Errorf("it did %q, %v", did, err)
	}
}

func TestPlan_HoldsWhatCannotBeSeenYet(t *testing.T) {
	unseen := Step{Will: "d", Done: func(context.Context) (bool, error) { return true, errors.New("no Docker yet") }}
	w := &world{done: map[string]bool{"a": true, "c": true}}
	plan := Plan(t.Context(), append(w.steps(), unseen))
	if len(plan) != 2 || plan[0].Will != "b" || plan[1].Will != "d" {
		t.Errorf("the plan is %v", plan)
	}
}

func answersFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "answers.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadAnswers_ExampleHasTheDefaults(t *testing.T) {
	got, err := ReadAnswers(answersFile(t, ExampleAnswers), Answers{})
	if want := (Answers{}).Complete(); got != want || err != nil {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestReadAnswers_KeepsWhatWasAnsweredBefore(t *testing.T) {
	before := Answers{Domain: "a.example", Listen: "10.0.0.1", Port: 9000, SitePort: 8080, TaskPorts: "32000-32999"}
	got, err := ReadAnswers(answersFile(t, "port: 9100\n"), before)
	if want := (Answers{"a.example", "10.0.0.1", 9100, 8080, "32000-32999"}); got != want || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = ReadAnswers(answersFile(t, "domain: b.example\n"), (Answers{}).Complete())
	if got.Listen != "0.0.0.0" || err != nil {
		t.Errorf("a domain that others see is served to nobody: %+v, %v", got, err)
	}
}

func TestReadAnswers_RefusesWhatItDoesNotUnderstand(t *testing.T) {
	for _, text := range []string{
		"domian: a.example", "domain: [a]", "domain: 'a b'", "domain: \"a\\nSEEDBED_ADOPT=0\"", "listen: localhost", "port: 80", "port: x",
		"sitePort: 70000", "taskPorts: 9-5", "taskPorts: \"31000-31999\\nX=1\"", "domain: a.example\n---\nport: 9000", "domain: a\ndomain: b",
	} {
		if got, err := ReadAnswers(answersFile(t, text), Answers{}); seedbed.CodeOf(err) != seedbed.Invalid {
			t.Errorf("%q gave %+v, %v", text, got, err)
		}
	}
}

func TestReadAnswers_NamesTheKeyThatItDoesNotKnow(t *testing.T) {
	_, err := ReadAnswers(answersFile(t, "port: 9000\ndomian: a.example\n"), Answers{})
	if err == nil || !strings.Contains(err.Error(), "line 2: Seedbed does not know “domian”.") {
		t.Errorf("it says %v", err)
	}
}

func TestServesSomething_TellsAWelcomePageFromASite(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"conf.d", "sites-enabled"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put := func(name string) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("sites-enabled/default")
	if servesSomething(dir) {
		t.Error("the welcome page is taken for a site")
	}
	put("sites-enabled/shop")
	if !servesSomething(dir) {
		t.Error("a site is not seen")
	}
}

func TestMerged_KeepsWhatWasSetByHand(t *testing.T) {
	answered := "# written by install\nSEEDBED_DOMAIN=new.example.org\nSEEDBED_PORT=8400\n"
	before := "# old\nSEEDBED_DOMAIN=old.example.org\nSEEDBED_TLS=acme\n# a remark=1\n\nSEEDBED_VOLUMES=gluster:v"
	want := answered + "SEEDBED_TLS=acme\nSEEDBED_VOLUMES=gluster:v\n"
	got := merged(before, answered)
	if got != want || merged(got, answered) != got || merged("", answered) != answered {
		t.Errorf("got %q", got)
	}
}
