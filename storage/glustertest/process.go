//go:build linux

package glustertest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// process is one that runs, with its arguments.
type process struct {
	pid  int
	args []string
}

func (p process) is(program string) bool {
	return len(p.args) > 0 && filepath.Base(p.args[0]) == program
}

func (p process) has(arg string) bool { return slices.Contains(p.args, arg) }

func (p process) isZombie() bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	return err != nil || bytes.Contains(stat, []byte(") Z "))
}

// processes returns all that run.
func processes() (all []process) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if line, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline")); err == nil && len(line) > 0 {
			all = append(all, process{pid, strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")})
		}
	}
	return all
}

// members returns those in the cluster's namespace.
func (c *Cluster) members() []process {
	its, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", c.holder.Process.Pid))
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(processes(), func(p process) bool {
		namespace, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", p.pid))
		return err != nil || namespace != its
	})
}
