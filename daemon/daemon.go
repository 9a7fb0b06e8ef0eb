// Package daemon finds processes that outlive the program which started them,
// by what /proc says of them instead of a pid file: the file may be missing
// after a kill -9, and its number used again by a stranger. It also waits for
// what such a process takes its time to do. It starts and ends nothing, and
// knows no particular program.
package daemon

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is a process that lived when it was found.
type Process struct{ dir string }

// Find returns the living processes that is says yes to. Those inside
// containers, where the same path means another file, are left out.
func Find(is func(Process) bool) (found []Process) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	for _, dir := range dirs {
		if p := (Process{dir}); is(p) && p.Lives() && p.isNear() {
			found = append(found, p)
		}
	}
	return found
}

// Still reports whether a process that was found before lives and is says yes to
// it. It costs much less than Find.
func (p Process) Still(is func(Process) bool) bool {
	return p.dir != "" && is(p) && p.Lives() && p.isNear()
}

// Children returns the living processes that a process has started, and whether
// the system tells of them.
func (p Process) Children() (found []Process, known bool) {
	text, err := os.ReadFile(filepath.Join(p.dir, "task", filepath.Base(p.dir), "children"))
	if err != nil {
		return nil, false
	}
	for id := range strings.FieldsSeq(string(text)) {
		if child := (Process{"/proc/" + id}); child.Lives() {
			found = append(found, child)
		}
	}
	return found, true
}

// ID returns the process id.
func (p Process) ID() int {
	id, _ := strconv.Atoi(filepath.Base(p.dir)) // Find's pattern has digits first
	return id
}

// CommandLine returns the arguments, each but the last with a NUL behind it; a
// program may have written something else there. It is empty when the process
// is gone.
func (p Process) CommandLine() string {
	text, err := os.ReadFile(p.dir + "/cmdline")
	if err != nil {
		return ""
	}
	return strings.TrimRight(string(text), "\x00 ")
}

// IsMine reports whether the process belongs to our user.
func (p Process) IsMine() bool {
	info, err := os.Stat(p.dir)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}

// HasOpen reports whether the process has a file open.
func (p Process) HasOpen(path string) bool {
	files, err := filepath.Glob(p.dir + "/fd/*")
	if err != nil {
		return false
	}
	return slices.ContainsFunc(files, func(file string) bool {
		target, err := os.Readlink(file)
		return err == nil && target == path
	})
}

// Lives reports whether the process is neither dead nor waits to be reaped.
func (p Process) Lives() bool {
	text, err := os.ReadFile(p.dir + "/stat")
	if err != nil {
		return false
	}
	// The state follows the name, which is in brackets and may hold anything
	// (proc_pid_stat(5)).
	_, rest, ok := strings.Cut(string(text[max(0, bytes.LastIndexByte(text, ')')):]), ") ")
	return ok && rest != "" && !strings.ContainsAny(rest[:1], "ZX")
}

func (p Process) isNear() bool {
	theirs, err := os.Readlink(p.dir + "/ns/pid")
	ours, err2 := os.Readlink("/proc/self/ns/pid")
	return err == nil && err2 == nil && theirs == ours
}

// pollEvery is how often Poll tries.
const pollEvery = 20 * time.Millisecond

// Poll repeats try until it returns nil, for as long as patience lasts. Then it
// returns the last error.
func Poll(ctx context.Context, patience time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticks := time.NewTicker(pollEvery)
	defer ticks.Stop()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-ticks.C:
		}
	}
}
