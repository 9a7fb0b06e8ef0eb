package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestElsewhere_SecretsComeFromFilesOrTheEnvironment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SEEDBED_MARATHON_PASSWORD", "from the environment")
	for option, want := range map[string]string{"": "from the environment", file: "from a file"} {
		var e elsewhere
		if _, err := parseConfig("serve", []string{"-dir", t.TempDir(), "-marathon", "http://m1:8080", "-marathon-password-file", option}, e.flags); err != nil {
			t.Fatal(err)
		}
		if err := e.read(); err != nil || e.marathon.password.Reveal() != want {
			t.Errorf("with the file %q the password is %q (%v)", option, e.marathon.password.Reveal(), err)
		}
	}
	var e elsewhere
	if _, err := parseConfig("serve", []string{"-marathon-password", "seen by all"}, e.flags); err == nil {
		t.Error("a password is taken from the command line")
	}
}

func TestElsewhere_RefusesWhatCannotBe(t *testing.T) {
	for _, args := range [][]string{
		{"-marathon-password-file", "/nowhere"}, {"-marathon-ca", "/nowhere"}, {"-marathon-cert", "/nowhere"}, {"-marathon-key", "/nowhere"}, {"-consul-token-file", "/nowhere"}, {"-router-ca", "/nowhere"}, {"-marathon-group", "/team"}, {"-service-address", "host"},
	} {
		var e elsewhere
		if _, err := parseConfig("serve", append(args, "-dir", t.TempDir()), e.flags); err != nil {
			t.Fatal(err)
		}
		if err := e.read(); err == nil || !strings.Contains(err.Error(), args[0]) {
			t.Errorf("%v: %v", args, err)
		}
	}
	var e elsewhere
	if _, err := parseConfig("serve", []string{"-dir", t.TempDir(), "-marathon", "http://m1:8080", "-marathon-group", "/Not a group"}, e.flags); err != nil {
		t.Fatal(err)
	}
	if _, err := e.marathon.driver(slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "is not a group") {
		t.Errorf("a group that cannot be: %v", err)
	}
	for command, run := range map[string]func(context.Context, []string) error{"engine": runEngine, "bridge": runBridge, "router": runRouter} {
		if err := run(t.Context(), []string{"-dir", t.TempDir()}); err == nil {
			t.Errorf("%s runs without what it needs", command)
		}
	}
}

func TestTLSOptions_PasswordsStayOnTheMachineOrAreEncrypted(t *testing.T) {
	var o tlsOptions
	for _, address := range []string{"0.0.0.0:0", ":0", "10.0.0.1:0", "[::]:0"} {
		if l, _, err := o.listen(address); err == nil {
			l.Close()
			t.Errorf("without TLS it listens at %s", address)
		}
	}
	l, scheme, err := o.listen("127.0.0.1:0")
	if err != nil || scheme != "http" {
		t.Fatalf("on the loopback address: %s, %v", scheme, err)
	}
	l.Close()
	o.cert, o.key = "/nowhere", "/nowhere"
	if _, _, err := o.listen("127.0.0.1:0"); err == nil {
		t.Error("a certificate that is not there is accepted")
	}
}

func TestServer_SitesAreAtThePortOfTheRouter(t *testing.T) {
	for sites, want := range map[string]string{"": "http://a.example.org:9580", "10.0.0.2:80": "http://a.example.org", "10.0.0.2:8080": "http://a.example.org:8080"} {
		s := server{config: config{Port: 9500}}
		s.elsewhere.router.sites = sites
		if got := s.siteURL("a.example.org"); got != want {
			t.Errorf("with sites at %q: %s, want %s", sites, got, want)
		}
	}
}
