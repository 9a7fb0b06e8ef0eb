//go:build appliance

package appliance

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tidyControlGroups takes away what the machine's systemd leaves behind where
// control groups are still of version 1: it mounts the controllers that this
// machine has not, and each then stays while anything was ever in it. Docker
// does not find them, and from then on sees no container run out of memory.
func tidyControlGroups(t *testing.T) {
	t.Helper()
	eventually(t, "the stray control groups are gone", time.Minute, func() bool {
		strays := strayControllers(t)
		for _, controllers := range strays {
			emptyHierarchy(t, controllers)
		}
		return len(strays) == 0
	})
}

// strayControllers returns the controllers that are in use and mounted nowhere
// that this process sees: those of each hierarchy together, "net_cls,net_prio".
func strayControllers(t *testing.T) (strays []string) {
	t.Helper()
	mounted := mountedControllers(t)
	together := map[string][]string{}
	for line := range strings.Lines(read(t, "/proc/cgroups")) {
		// name, hierarchy, number of groups, enabled; see cgroups(7)
		f := strings.Fields(line)
		if len(f) == 4 && !strings.HasPrefix(f[0], "#") && f[1] != "0" && !slices.Contains(mounted, f[0]) {
			together[f[1]] = append(together[f[1]], f[0])
		}
	}
	for _, controllers := range together {
		strays = append(strays, strings.Join(controllers, ","))
	}
	return strays
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

// emptyHierarchy removes the groups that nobody is in. A hierarchy without any
// ends when it is unmounted, which may take another round: the kernel forgets
// groups a moment after they were removed.
func emptyHierarchy(t *testing.T, controllers string) {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("cgroup", dir, "cgroup", 0, controllers); err != nil {
		t.Fatalf("mount the control groups %s, to take away what a machine left in them: %v", controllers, err)
	}
	var groups []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != dir {
			groups = append(groups, path)
		}
		return err
	})
	if err != nil {
		t.Errorf("look through the control groups %s: %v", controllers, err)
	}
	for _, group := range slices.Backward(groups) {
		_ = os.Remove(group) // one that is in use stays, and so does the hierarchy
	}
	if err := syscall.Unmount(dir, 0); err != nil {
		t.Fatalf("unmount the control groups %s: %v", controllers, err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
