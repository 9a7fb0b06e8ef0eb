package catalog

import (
	"strings"
	"testing"

	"seedbed"
)

func TestParseImage_TakesNamesInFull(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("ab", 32)
	for typed, want := range map[string]string{
		"nginx": "docker.io/library/nginx:latest", "nginx:1.27": "docker.io/library/nginx:1.27", "clinic/guide": "docker.io/clinic/guide:latest",
		"registry.example.org/a/b:2": "registry.example.org/a/b:2", "registry.example.org:5000/a/b:2": "registry.example.org:5000/a/b:2",
		"ghcr.io/a/b" + digest: "ghcr.io/a/b" + digest, "nginx:1" + digest: "docker.io/library/nginx:1" + digest,
	} {
		if got, mistake := parseImage(typed); got != want || mistake != "" {
			t.Errorf("%q became %q (%s), want %q", typed, got, mistake, want)
		}
		if again, _ := parseImage(want); again != want {
			t.Errorf("%q is not left as it is, but became %q", want, again)
		}
	}
}

func TestParseImage_RefusesWhatIsNoImage(t *testing.T) {
	for _, typed := range []string{
		"", "-v", "--privileged", "Nginx", "nginx:", "nginx:a b", "https://docker.io/library/nginx", "a//b", "../etc", "nginx@sha256:abc", strings.Repeat("ab", 32),
		"nginx;reboot", "$(reboot)", "a\tb", "nginx:1\"", "localhost/a", "localhost:5000/a", "registry.localhost/a", "127.0.0.1/a", "127.0.0.1:5000/a", "10.0.0.1/a",
		"169.254.169.254/latest/meta-data", "0x7f.1/a", "127.1/a", "[::1]:5000/a", "registry:5000/a", "metadata.google.internal/a", strings.Repeat("a", 300),
	} {
		if got, mistake := parseImage(typed); mistake == "" {
			t.Errorf("%q was taken as %q", typed, got)
		}
	}
}

func TestParseFolder_KeepsOffTheSystem(t *testing.T) {
	for typed, want := range map[string]string{"/data": "/data", "/data/": "/data", "/app/media": "/app/media", "/var/lib/app": "/var/lib/app", "/srv": "/srv", "/usr/src/app": "/usr/src/app"} {
		if got, mistake := parseFolder(typed); got != want || mistake != "" {
			t.Errorf("%q became %q (%s), want %q", typed, got, mistake, want)
		}
	}
	for _, typed := range []string{
		"/", "//", "data", "./data", "/data/..", "/data/../etc", "/a//b", "/etc", "/etc/nginx", "/proc", "/proc/1/root", "/sys", "/dev", "/dev/shm", "/run", "/var/run/x",
		"/usr", "/usr/lib/x", "/bin", "/var", "/tmp", "/root", "/data:/etc", "/da ta", "/data\x00", "C:\\data", "/data,ro",
	} {
		if got, mistake := parseFolder(typed); mistake == "" {
			t.Errorf("%q was taken as %q", typed, got)
		}
	}
}

func TestParsePage_IsThePartBehindTheHost(t *testing.T) {
	for _, typed := range []string{"/", "/health", "/up?full=1", "/a/b.html"} {
		if got, mistake := parsePage(typed); got != typed || mistake != "" {
			t.Errorf("%q became %q (%s)", typed, got, mistake)
		}
	}
	for _, typed := range []string{"health", "//evil.example", "http://evil.example/", "/a b", "/a\r\nHost: x", "/<script>"} {
		if got, mistake := parsePage(typed); mistake == "" {
			t.Errorf("%q was taken as %q", typed, got)
		}
	}
}

func TestParseNumber_StaysInItsRange(t *testing.T) {
	port := seedbed.Question{Type: seedbed.NumberQuestion, Min: 1, Max: 65535}
	for typed, want := range map[string]string{"80": "80", "08": "8", "65535": "65535"} {
		if got, mistake := parseNumber(port, typed); got != want || mistake != "" {
			t.Errorf("%q became %q (%s)", typed, got, mistake)
		}
	}
	for _, typed := range []string{"", "0", "65536", "-1", "+1", "1.5", "1e3", "٨٠", "eighty", "99999999999999999999"} {
		if got, mistake := parseNumber(port, typed); mistake == "" {
			t.Errorf("%q was taken as %q", typed, got)
		}
	}
}

func TestParseVariables_TakesLines(t *testing.T) {
	got, mistake := parseVariables("\r\nDEBUG=0\r\n  MAIL = a=b; c \n\nempty=\n")
	if want := "DEBUG=0\nMAIL= a=b; c \nempty="; got != want || mistake != "" {
		t.Errorf("got %q (%s), want %q", got, mistake, want)
	}
	if again, mistake := parseVariables(got); again != got || mistake != "" {
		t.Errorf("read again it is %q (%s)", again, mistake)
	}
}

func TestParseVariables_SaysWhichLineIsWrong(t *testing.T) {
	for typed, want := range map[string]string{
		"A=1\nnonsense": "Line 2: A variable is written", "1A=x": "Line 1: The name", "A B=x": "The name", "=x": "The name", "A-B=x": "The name", strings.Repeat("A", 65) + "=x": "The name",
		"A=1\n\nA=2": "Line 3: A stands here twice.", "PORT=1": "given by the engine", "PORT0=1": "given by the engine", "ports=1": "given by the engine", "PORT_80=1": "given by the engine",
		"HOST=x": "given by the engine", "MARATHON_APP_ID=x": "given by the engine", "MESOS_TASK_ID=x": "given by the engine", "SEEDBED_DEPLOYMENT=d1": "given by the engine",
		"A=\x00": "cannot be used", "A=\u2028": "cannot be used", "A=" + strings.Repeat("x", 2001): "more than 2000", strings.Repeat("A", 8001): "more than 8000",
	} {
		if got, mistake := parseVariables(typed); !strings.Contains(mistake, want) {
			t.Errorf("%.40q became %q (%s), want %q", typed, got, mistake, want)
		}
	}
	if got, mistake := parseVariables("PORTAL=1\nHOSTS=2"); mistake != "" {
		t.Errorf("names that only begin alike: %q (%s)", got, mistake)
	}
}

// FuzzParseVariables holds that what is taken is taken again as it is, and
// cannot become more variables than it was.
func FuzzParseVariables(f *testing.F) {
	f.Add("A=1\nB=2")
	f.Add("A=\r\r\nB")
	f.Fuzz(func(t *testing.T, typed string) {
		tidy, mistake := parseVariables(typed)
		if mistake != "" {
			return
		}
		if again, mistake := parseVariables(tidy); again != tidy || mistake != "" {
			t.Errorf("%q became %q (%s)", tidy, again, mistake)
		}
		for _, v := range variables(tidy) {
			if !variableGrammar.MatchString(v.name) || !isLine(v.value) || keptVariables.MatchString(v.name) {
				t.Errorf("%q has %q", tidy, v)
			}
		}
	})
}
