package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadSettings_ReadsWhatSystemdReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedbed.env")
	if got, err := readSettings(path); err != nil || len(got) != 0 {
		t.Errorf("without a file: %v, %v", got, err)
	}
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# what\n\nSEEDBED_PORT=9000\n  SEEDBED_DOMAIN=a=b\n")
	got, err := readSettings(path)
	if diff := cmp.Diff(map[string]string{"SEEDBED_PORT": "9000", "SEEDBED_DOMAIN": "a=b"}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	write("SEEDBED_PORT 9000\n")
	if _, err := readSettings(path); err == nil {
		t.Error("a line that is no setting is accepted")
	}
}

// TestPackage_AgreesWithTheProgram holds together what is written down twice.
func TestPackage_AgreesWithTheProgram(t *testing.T) {
	defaults, err := readSettings("../../appliance/defaults.env")
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range defaults {
		t.Setenv(name, value)
	}
	c, err := parseConfig("serve", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Adopt || c.Dir != "/var/lib/seedbed" {
		t.Errorf("the package's defaults give %+v", c)
	}
	router, err := c.newRouter(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	recipe, err := os.ReadFile("../../appliance/nfpm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range needs {
		if !strings.Contains(string(recipe), "\n  - "+n.packageName+"\n") {
			t.Errorf("the package does not depend on %s", n.packageName)
		}
	}
	unitStarts(t, "seedbed-nginx.service", router.Command())
	unitStarts(t, "seedbed-consul.service", []string{c.Consul, "agent", "-config-file=" + c.path("consul", "consul.json")})
}

// unitStarts checks that a unit starts a program with the arguments by which
// the portal will look for it.
func unitStarts(t *testing.T, unit string, command []string) {
	t.Helper()
	text, err := os.ReadFile("../../appliance/" + unit)
	if err != nil {
		t.Fatal(err)
	}
	if want := "\nExecStart=" + strings.Join(command, " ") + "\n"; !strings.Contains(string(text), want) {
		t.Errorf("%s has no line%s", unit, want)
	}
}
