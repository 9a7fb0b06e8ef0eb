//go:build appliance

package appliance

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// leftNoControllers checks that no controller of control groups of version 1 is
// in use and mounted nowhere that this process sees, which the recipe of the
// machine keeps from happening.
func leftNoControllers(t *testing.T) {
	t.Helper()
	mounted := mountedControllers(t)
	for line := range strings.Lines(read(t, "/proc/cgroups")) {
		// name, hierarchy, number of groups, enabled; see cgroups(7)
		f := strings.Fields(line)
		if len(f) == 4 && !strings.HasPrefix(f[0], "#") && f[1] != "0" && !slices.Contains(mounted, f[0]) {
			t.Errorf("the machine has left the control groups %q in use", f[0])
		}
	}
}

func mountedControllers(t *testing.T) (mounted []string) {
	t.Helper()
	for line := range strings.Lines(read(t, "/proc/mounts")) {
		if f := strings.Fields(line); len(f) > 3 && f[2] == "cgroup" {
			mounted = append(mounted, strings.Split(f[3], ",")...)
		}
	}
	return mounted
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
