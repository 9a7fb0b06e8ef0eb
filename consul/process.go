package consul

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// pid returns the process id of the running agent, or 0. It looks through all
// processes for the one with our arguments instead of trusting a pid file: the
// file may be missing after a kill -9 and its number used again by a stranger.
func (a *Agent) pid() int {
	found, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0
	}
	for _, dir := range found {
		if a.isAgent(dir) {
			pid, _ := strconv.Atoi(filepath.Base(dir)) // the pattern has digits first
			return pid
		}
	}
	return 0
}

// isAgent reports whether the process at dir, below /proc, lives and is ours.
func (a *Agent) isAgent(dir string) bool {
	text, err := os.ReadFile(dir + "/cmdline")
	if err != nil {
		return false
	}
	args := strings.Split(string(bytes.TrimSuffix(text, []byte{0})), "\x00")
	return len(args) == 3 && slices.Equal(args[1:], a.arguments()) && alive(dir) && near(dir)
}

// alive reports whether a process is neither dead nor waits to be reaped.
func alive(dir string) bool {
	text, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return false
	}
	// The state follows the name, which is in brackets and may hold anything.
	_, rest, ok := strings.Cut(string(text[max(0, bytes.LastIndexByte(text, ')')):]), ") ")
	return ok && rest != "" && !strings.ContainsAny(rest[:1], "ZX")
}

// near reports whether a process belongs to our user and is not inside some
// container, where the same path means another file.
func near(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) != os.Getuid() {
		return false
	}
	theirs, err := os.Readlink(dir + "/ns/pid")
	ours, err2 := os.Readlink("/proc/self/ns/pid")
	return err == nil && err2 == nil && theirs == ours
}
