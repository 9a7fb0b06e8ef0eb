package images

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

func TestRef_IsPureAndNamesWhatItIsMadeFrom(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range Names() {
		ref := Ref(name)
		if !regexp.MustCompile(`^seedbed/`+name+`:[0-9a-f]{12}$`).MatchString(ref) || ref != Ref(name) {
			t.Errorf("Ref(%s) = %s", name, ref)
		}
		_, tag, _ := strings.Cut(ref, ":")
		if seen[tag] {
			t.Errorf("two images have the tag %s", tag)
		}
		seen[tag] = true
	}
}

func TestRef_PanicsOnAnUnknownName(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it did not")
		}
	}()
	Ref("../evil")
}

func TestBuildContext_HoldsTheImagesFilesAndTheMirror(t *testing.T) {
	mirror := apt{Sources: []source{{"http://mirror.example/debian/", "bookworm"}}, Options: []option{{"Acquire::Check-Date", "false"}}}
	for _, name := range Names() {
		modes, contents := readTar(t, buildContext(name, mirror))
		if !strings.Contains(contents["Dockerfile"], "COPY apt/ /etc/apt/") || !strings.Contains(contents["Dockerfile"], "FROM ${PARENT}") {
			t.Errorf("%s: the Dockerfile stands on something else", name)
		}
		if want := "Types: deb\nURIs: http://mirror.example/debian/\nSuites: bookworm\nComponents: main\nSigned-By: " + debianKeyring + "\n\n"; contents["apt/sources.list.d/debian.sources"] != want {
			t.Errorf("%s: the sources are %q", name, contents["apt/sources.list.d/debian.sources"])
		}
		if want := "Acquire::Check-Date \"false\";\n"; contents["apt/apt.conf.d/20mirror"] != want {
			t.Errorf("%s: the options are %q", name, contents["apt/apt.conf.d/20mirror"])
		}
		if !isGround(name) && modes["entrypoint"] != 0o755 || modes["Dockerfile"] != 0o644 {
			t.Errorf("%s: modes %v", name, modes)
		}
	}
}

// isGround reports whether an image is only built on, and never run.
func isGround(name string) bool {
	return slices.ContainsFunc(Names(), func(other string) bool { return parent(other) == name })
}

func TestWithParents_NamesWhatIsBuiltOnFirst(t *testing.T) {
	if got, want := WithParents("wiki", "static-site"), []string{"base", "php", "static-site", "wiki"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := WithParents(Names()...); !cmp.Equal(got, Names()) {
		t.Errorf("all images stand on %v", got)
	}
	for i, name := range Names() {
		if p := parent(name); p != "" && slices.Index(Names(), p) >= i {
			t.Errorf("%s comes before %s, which it is built on", name, p)
		}
	}
}

func readTar(t *testing.T, r io.Reader) (map[string]int64, map[string]string) {
	t.Helper()
	modes, contents := map[string]int64{}, map[string]string{}
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return modes, contents
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		modes[h.Name], contents[h.Name] = h.Mode, string(content)
	}
}

const targets = `http://mirror.example/debian/|bookworm|main|Debian
http://mirror.example/debian/|bookworm|main|Debian
http://mirror.example/debian/|bookworm|contrib|Debian
http://mirror.example/debian/|bookworm-updates|main|Debian
http://mirror.example/debian/|bookworm-backports|main|Debian Backports
http://mirror.example/security/|bookworm-security|main|Debian
https://other.example/apt/|bookworm|main|Somebody
`

const dump = `Acquire "";
Acquire::Check-Valid-Until "false";
Acquire::http "";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::https::Proxy "DIRECT";
Acquire::http::Proxy-Auto-Detect "/bin/evil";
APT::Update::Post-Invoke:: "rm -rf /";
`

func TestParseApt_KeepsDebiansMainAndTheFewOptions(t *testing.T) {
	got, err := parseApt([]byte(targets), []byte(dump))
	if err != nil {
		t.Fatal(err)
	}
	want := apt{
		Sources: []source{{"http://mirror.example/debian/", "bookworm"}, {"http://mirror.example/debian/", "bookworm-updates"}, {"http://mirror.example/security/", "bookworm-security"}},
		Options: []option{{"Acquire::Check-Valid-Until", "false"}, {"Acquire::http::Proxy", "http://proxy.example:3128"}, {"Acquire::https::Proxy", "DIRECT"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.uri("bookworm") != "http://mirror.example/debian/" || got.proxy("http") != "http://proxy.example:3128" || got.proxy("https") != "" || got.usesTLS() {
		t.Errorf("mirror %q, proxies %q %q", got.uri("bookworm"), got.proxy("http"), got.proxy("https"))
	}
}

func TestParseApt_RefusesWhatMustNotGetIntoAnImage(t *testing.T) {
	for _, c := range []struct{ targets, dump, want string }{
		{"", "", "knows no mirror"},
		{"http://m.example/|trixie|main|Debian\n", "", "knows no mirror"},
		{"http://m.example/|bookworm-security|main|Debian\n", "", "knows no mirror"},
		{"http://user:hunter2@m.example/|bookworm|main|Debian\n", "", "user name"},
		{"cdrom:[Debian]/|bookworm|main|Debian\n", "", "cannot be"},
		{"file:/srv/mirror/|bookworm|main|Debian\n", "", "cannot be reached"},
		{"http://m.example/ [trusted=yes]|bookworm|main|Debian\n", "", "cannot be read"},
		{targets, "Acquire::http::Proxy \"http://user:hunter2@p.example\";\n", "user name"},
		{targets, "Acquire::http::Proxy \"http://p.example\\\"; Evil\";\n", "cannot be read"},
		{targets, "Acquire::Check-Date \"a\\b\";\n", "cannot be read"},
	} {
		_, err := parseApt([]byte(c.targets), []byte(c.dump))
		if seedbed.CodeOf(err) != seedbed.Unavailable || !strings.Contains(seedbed.MessageOf(err), c.want) {
			t.Errorf("%q, %q gave %v", c.targets, c.dump, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error holds a password: %v", err)
		}
	}
}

func TestCheckDebian_SaysWhichSystemIsNeeded(t *testing.T) {
	for content, want := range map[string]string{
		"ID=debian\nVERSION_ID=\"12\"\n":                                      "",
		"PRETTY_NAME=\"Debian GNU/Linux 13\"\nID=debian\nVERSION_ID=\"13\"\n": "runs Debian GNU/Linux 13.",
		"ID=ubuntu\nVERSION_ID=\"12\"\n":                                      "something else",
		"":                                                                    "something else",
	} {
		path := filepath.Join(t.TempDir(), "os-release")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		err := checkDebian(path)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(seedbed.MessageOf(err), want) {
			t.Errorf("%q gave %v", content, err)
		}
	}
}

func TestParseMounts_FindsThoseInsideInnermostFirst(t *testing.T) {
	table := "22 1 0:2 / / rw - ext4 /dev/x rw\n" +
		"23 22 0:3 / /build/bootstrap/proc rw - proc proc rw\n" +
		"24 23 0:4 / /build/bootstrap/proc/sys\\040fs rw - x x rw\n" +
		"25 22 0:5 / /build/bootstrap-other rw - x x rw\nshort line\n"
	got := parseMounts([]byte(table), "/build/bootstrap")
	if want := []string{"/build/bootstrap/proc/sys fs", "/build/bootstrap/proc"}; !cmp.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFollow_TellsTheErrorAndWhatWasSaidLast(t *testing.T) {
	last := &tail{}
	stream := `{"stream":"Step 1\n"}{"stream":"half "}{"stream":"a line\n\n"}{"errorDetail":{"message":"it broke"},"error":"it broke"}`
	if err := follow(strings.NewReader(stream), last); err == nil || err.Error() != "it broke" {
		t.Errorf("got %v", err)
	}
	if got := last.String(); got != "Step 1\nhalf a line" {
		t.Errorf("kept %q", got)
	}
	if err := follow(strings.NewReader(`{"stream":"ok"}`), &tail{}); err != nil {
		t.Errorf("a good build gave %v", err)
	}
	if err := follow(strings.NewReader(`{"stream":"cut o`), &tail{}); err == nil {
		t.Error("a stream that breaks off counts as a good build")
	}
}

func TestTail_KeepsTheLastLines(t *testing.T) {
	last := &tail{}
	for i := range 100 {
		io.WriteString(last, strings.Repeat("x", i)+"\n")
	}
	if got := strings.Split(last.String(), "\n"); len(got) != tailLines || len(got[tailLines-1]) != 99 {
		t.Errorf("kept %d lines", len(got))
	}
}

// A program that fails must not look like one whose output has ended.
func TestWaited_EndsWellOnlyIfTheProgramDoes(t *testing.T) {
	failed := errors.New("exit status 2")
	for _, want := range []error{nil, failed} {
		content, err := io.ReadAll(&waited{strings.NewReader("archive"), func() error { return want }})
		if string(content) != "archive" || !errors.Is(err, want) {
			t.Errorf("read %q, %v; want %v", content, err, want)
		}
	}
}
