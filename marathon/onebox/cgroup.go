package onebox

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/moby/moby/client"
)

// cgroupRoot is where the kernel shows what groups of processes use.
const cgroupRoot = "/sys/fs/cgroup"

// cgroupStatistics reads what a container uses from the kernel itself. Docker
// 20.10 gives no statistics ("no metrics received") where another program, such
// as a systemd in a container, has mounted cgroup hierarchies after it started.
// That happens with version 1 of cgroups only, so only that is read.
func (d *docker) cgroupStatistics(ctx context.Context, i *instance) (s statistics, err error) {
	found, err := d.api.ContainerInspect(ctx, i.TaskID(), client.ContainerInspectOptions{})
	if err != nil {
		return s, fmt.Errorf("look at the container: %w", err)
	}
	if found.Container.State == nil || found.Container.State.Pid == 0 {
		return s, errors.New("the container does not run")
	}
	groups, err := cgroupsOf(found.Container.State.Pid, found.Container.ID)
	if err != nil {
		return s, err
	}
	memory, cpu := filepath.Join(cgroupRoot, "memory", groups["memory"]), filepath.Join(cgroupRoot, "cpuacct", groups["cpuacct"])
	var file, busy uint64
	s.MemTotal, err = readCount(memory, "memory.usage_in_bytes", "")
	for _, one := range []struct {
		to              *uint64
		dir, name, line string
	}{
		{&s.MemLimit, memory, "memory.limit_in_bytes", ""}, {&file, memory, "memory.stat", "total_inactive_file"}, {&busy, cpu, "cpuacct.usage", ""},
	} {
		value, failed := readCount(one.dir, one.name, one.line)
		*one.to, err = value, errors.Join(err, failed)
	}
	s.MemFile, s.MemRSS, s.CPUUserSecs = file, s.MemTotal-min(s.MemTotal, file), nanoseconds(busy)
	return s, err
}

// cgroupsOf returns a process's group in each hierarchy, if it surely is that of
// the container: with Docker on another machine the number means another process.
func cgroupsOf(pid int, container string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return nil, fmt.Errorf("find the container's cgroups: %w", err)
	}
	groups := map[string]string{}
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) == 3 && strings.Contains(parts[2], container) && !strings.Contains(parts[2], "..") {
			for controller := range strings.SplitSeq(parts[1], ",") {
				groups[controller] = parts[2]
			}
		}
	}
	if groups["memory"] == "" || groups["cpuacct"] == "" {
		return nil, errors.New("the container's cgroups are not to be found here")
	}
	return groups, nil
}

// readCount reads a number from a file: all of it, or that behind a name.
func readCount(dir, file, name string) (uint64, error) {
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return 0, fmt.Errorf("read what a container uses: %w", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name); ok {
			return strconv.ParseUint(strings.TrimSpace(value), 10, 64)
		}
	}
	return 0, fmt.Errorf("%s has no line %s", file, name)
}
