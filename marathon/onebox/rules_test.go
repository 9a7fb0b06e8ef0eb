package onebox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestJudge_FollowsMarathon(t *testing.T) {
	check := healthCheck{Protocol: "HTTP", GracePeriodSeconds: 10, MaxConsecutiveFailures: 2}
	within, after := testTime.Add(5*time.Second), testTime.Add(20*time.Second)

	if out := judge(healthResult{}, check, "refused", testTime, within); out.counted || out.kill || out.next.known() {
		t.Errorf("a failure in the grace period is forgiven: %+v", out)
	}
	well := judge(healthResult{}, check, "", testTime, within).next
	if !well.Alive || !well.FirstSuccess.Equal(within) {
		t.Errorf("a success: %+v", well)
	}
	if out := judge(healthResult{}, check, "refused", testTime, testTime.Add(-time.Hour)); !out.counted {
		t.Error("after the clock was set back by an hour a failure is forgiven")
	}
	if out := judge(well, check, "refused", testTime, within); !out.counted {
		t.Error("after the first success, grace is over")
	}
	h := healthResult{}
	for n, wantKill := range []bool{false, false, true} {
		out := judge(h, check, "refused", testTime, after)
		if out.kill != wantKill {
			t.Errorf("failure %d: kill is %v", n+1, out.kill)
		}
		h = out.next
	}
	if again := judge(h, check, "", testTime, after).next; again.ConsecutiveFailures != 0 || !again.Alive {
		t.Errorf("a success makes well: %+v", again)
	}
	mesos := healthCheck{Protocol: "COMMAND", MaxConsecutiveFailures: 1}
	if !judge(healthResult{}, mesos, "status 1", testTime, after).kill {
		t.Error("Mesos-side checks kill on the last failure itself")
	}
	never := healthCheck{Protocol: "HTTP"}
	if judge(healthResult{ConsecutiveFailures: 99}, never, "refused", testTime, after).kill {
		t.Error("0 means never")
	}
}

func TestPlan_HasMarathonsSteps(t *testing.T) {
	a := testApp(1, 1, 1)
	kept := func(string) bool { return false }
	for name, c := range map[string]struct {
		before, after *app
		outdated      bool
		want          string
	}{
		"new":                 {nil, a, false, "StartApplication ScaleApplication"},
		"scaled":              {a, stamped(a, wish{to: a.withInstances(3)}, "v"), false, "ScaleApplication"},
		"changed":             {a, changed(a), false, "RestartApplication"},
		"scaled to 0":         {a, changed(a.withInstances(0)), false, "ScaleApplication"},
		"gone":                {a, nil, false, "StopApplication"},
		"the same":            {a, a, false, ""},
		"left half way":       {a, a, true, "RestartApplication"},
		"never been here":     {nil, nil, false, ""},
		"back before its end": {nil, a, true, "StartApplication RestartApplication"},
	} {
		outdated := kept
		if c.outdated {
			outdated = func(string) bool { return true }
		}
		var got []string
		for _, s := range plan(map[string]*app{"/x": c.before}, map[string]*app{"/x": c.after}, outdated, func(string) int { return 1 }) {
			for _, action := range s.Actions {
				got = append(got, action.Action)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestSameConfig_TakesEmptyForNone(t *testing.T) {
	a, b := testApp(1, 1, 1), testApp(2, 1, 1)
	b.Args, b.Env, b.HealthChecks, b.Labels = []string{}, map[string]string{}, []healthCheck{}, nil
	if !a.sameConfig(b) {
		t.Error("an empty list is taken for a change")
	}
	if b.Env["A"] = "1"; a.sameConfig(b) {
		t.Error("a variable is no change")
	}
}

func TestStamped_VersionsWhatHasChanged(t *testing.T) {
	a := testApp(1, 1, 1)
	if same := stamped(a, wish{to: a.withInstances(1)}, "new"); same != a {
		t.Error("what is the same keeps its version")
	}
	if scaled := stamped(a, wish{to: a.withInstances(2)}, "new"); scaled.VersionInfo != (versionInfo{"new", a.Version}) {
		t.Errorf("scaled: %+v", scaled.VersionInfo)
	}
	if again := stamped(a, wish{to: a, anew: true}, "new"); again.VersionInfo != (versionInfo{a.Version, "new"}) {
		t.Errorf("restarted: %+v", again.VersionInfo)
	}
}

func TestLaterStamp_NeverRepeats(t *testing.T) {
	now := stamp(testTime)
	if got := laterStamp(testTime, now); got <= now || len(got) != len(now) {
		t.Errorf("after %s comes %s", now, got)
	}
	if got := laterStamp(testTime, "", "not a time"); got != now {
		t.Errorf("what is no version does not count: %s", got)
	}
}

func TestSelector(t *testing.T) {
	labels := map[string]string{"a": "1", "b": "x.y", "odd key": "v,w"}
	for text, want := range map[string]bool{
		"a": true, "c": false, "a==1": true, "a==2": false, "a!=2": true, "a!=1": false, "c!=1": false,
		"a in (1,2)": true, "a in (2, 3)": false, "a notin (2,3)": true, "c notin (1)": false,
		"a==1,b": true, "a==1, b in (x.y), c": false, `odd\ key==v\,w`: true, `odd\ key in (u,v\,w)`: true,
	} {
		s, err := parseSelector(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := s.matches(labels); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
	for _, text := range []string{"", ",", "a=1", "a==", "a in ()", "a,", "a b", "a in (1", "a>1"} {
		if _, err := parseSelector(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzSelector(f *testing.F) {
	f.Add("a in (x,y),b!=c")
	f.Fuzz(func(_ *testing.T, text string) {
		if s, err := parseSelector(text); err == nil {
			s.matches(map[string]string{"a": "x"})
		}
	})
}

func TestCleanWords(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[1;31mred\x1b[0m\r\nnext\x00\x07\n\n": "red\nnext",
		"10%\r50%\r100%\n":                         "100%",
		"\x1b]0;title\x07text \u202egnp.exe":       "text gnp.exe",
		"broken \xff bytes":                        "broken � bytes",
		strings.Repeat("line\n", 40):               strings.TrimSuffix(strings.Repeat("line\n", 15), "\n"),
	} {
		if got := cleanWords([]byte(in)); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzCleanWords(f *testing.F) {
	f.Add([]byte("\x1b[31mé\x1b"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got := cleanWords(in)
		if len(got) > maxWordBytes || strings.Count(got, "\n") >= maxWordLines || !utf8.ValidString(got) {
			t.Errorf("%q is too much", got)
		}
		for _, r := range got {
			if r != '\n' && unicode.Is(unicode.C, r) {
				t.Errorf("%q has the character %U", got, r)
			}
		}
	})
}

func TestPolicy(t *testing.T) {
	p := policy{roots: []string{"/srv/volumes", "/run"}, socket: "/run/docker.sock"}
	for path, allowed := range map[string]bool{
		"/srv/volumes/a/b": true, "/srv/volumes": false, "/srv/volumes-not/a": false, "/srv/volumes/../x": false,
		"/etc": false, "/": false, "relative": false, "/run/docker.sock": false, "/run/x": true, "/srv/volumes/a:ro": false,
		"/srv/volumes/a\nb": false,
	} {
		if err := p.checkPath(path); (err == nil) != allowed {
			t.Errorf("%q: %v", path, err)
		}
	}
	for value, allowed := range map[string]bool{
		"services.seedbed.internal:host-gateway": true, "db:10.0.0.1": true, "db:::1": true,
		"db": false, "db:": false, ":10.0.0.1": false, "db:other": false, "-x:10.0.0.1": false, "a b:10.0.0.1": false,
		"db:10.0.0.1\nx:1.1.1.1": false,
	} {
		if err := (parameter{"add-host", value}).apply(unmade(testApp(1, 1, 1))); (err == nil) != allowed {
			t.Errorf("add-host %q: %v", value, err)
		}
	}
	for _, key := range []string{"privileged", "volume", "cap-add", "network", "pid", "", "Add-Host"} {
		if (parameter{key, "db:10.0.0.1"}).apply(unmade(testApp(1, 1, 1))) == nil {
			t.Errorf("the parameter %q is allowed", key)
		}
	}
}

func TestPolicy_FollowsLinks(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "volumes")
	if err := os.MkdirAll(filepath.Join(root, "files"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	p := policy{roots: []string{root}}
	for name, allowed := range map[string]bool{"files": true, "link": false, "none": false} {
		if err := p.checkRealPath(filepath.Join(root, name)); (err == nil) != allowed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestContainer_EnvironmentIsMarathons(t *testing.T) {
	a := testApp(1, 1, 1)
	a.CPUs, a.Labels = 0.5, map[string]string{"odd-Key": "v", "long": strings.Repeat("x", 512)}
	a.Env = map[string]string{"HOST": "mine"}
	a.Container = &appContainer{Docker: &dockerImage{Image: "img:1"}, PortMappings: []portMapping{
		{ContainerPort: 80, HostPort: new(int), Name: "web-ui", Protocol: "tcp"}, {HostPort: new(int), Protocol: "udp"},
	}}
	i := newInstance("u", a, testTime).provision(a, []int{31000, 31001}, testTime)
	want := []string{
		"HOST=mine", "MARATHON_APP_DOCKER_IMAGE=img:1", "MARATHON_APP_ID=/sites/guide", "MARATHON_APP_LABELS=ODD_KEY",
		"MARATHON_APP_LABEL_ODD_KEY=v", "MARATHON_APP_RESOURCE_CPUS=0.5", "MARATHON_APP_RESOURCE_DISK=0.0",
		"MARATHON_APP_RESOURCE_GPUS=0", "MARATHON_APP_RESOURCE_MEM=128.0", "MARATHON_APP_VERSION=2026-01-01T00:00:00.000Z",
		"MESOS_SANDBOX=/mnt/mesos/sandbox", "MESOS_TASK_ID=sites_guide.instance-u._app.1", "PORT=31000", "PORT0=31000", "PORT1=31001", "PORTS=31000,31001",
		"PORT_31001=31001", "PORT_80=31000", "PORT_WEB_UI=31000",
	}
	if diff := cmp.Diff(want, environment(i, "127.0.0.1")); diff != "" {
		t.Error(diff)
	}
}

func TestCleanID(t *testing.T) {
	for in, want := range map[string]string{"a": "/a", "/a/b/": "/a/b", "//a//b": "/a/b", "/a/../b": "/b", "": "/"} {
		if got := cleanID(in); got != want {
			t.Errorf("%q becomes %q", in, got)
		}
	}
	for id, ok := range map[string]bool{
		"/a": true, "/a.b/c-d": true, "/": false, "/A": false, "/a_b": false, "/-a": false, "/a/tasks": false,
		"/restart": false, "/a b": false, "/é": false, "/" + strings.Repeat("a", 200): false,
	} {
		if errs := idMistakes(id); (len(errs) == 0) != ok {
			t.Errorf("%q: %v", id, errs)
		}
	}
}
