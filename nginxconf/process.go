package nginxconf

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// pid returns the process id of the running master, or 0. It looks through all
// processes for the one with our configuration instead of trusting a pid file:
// the file may be missing, empty after a test, or its number used again.
func (n *nginx) pid() int {
	found, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0
	}
	for _, dir := range found {
		if n.isMaster(dir) {
			pid, _ := strconv.Atoi(filepath.Base(dir)) // the pattern has digits first
			return pid
		}
	}
	return 0
}

// isMaster reports whether the process at dir, below /proc, lives and is ours.
// nginx puts "nginx: master process" before its arguments there.
func (n *nginx) isMaster(dir string) bool {
	text, err := os.ReadFile(dir + "/cmdline")
	if err != nil || !bytes.HasPrefix(text, []byte("nginx: master process ")) {
		return false
	}
	line := strings.TrimRight(string(text), "\x00 ")
	return strings.HasSuffix(line, " -c "+n.configFile()) && alive(dir) && near(dir)
}

// orphans returns the workers of a master of ours that is no more. A worker
// does not show whose it is, but it holds our log open.
func (n *nginx) orphans() (pids []int) {
	if n.pid() != 0 {
		return nil
	}
	found, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	for _, dir := range found {
		if n.isWorker(dir) {
			pid, _ := strconv.Atoi(filepath.Base(dir)) // the pattern has digits first
			pids = append(pids, pid)
		}
	}
	return pids
}

// workers returns the processes, as folders below /proc, of our workers that
// take connections.
func (n *nginx) workers() (dirs []string) {
	found, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	for _, dir := range found {
		if isAccepting(dir) && n.isWorker(dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// isAccepting reports whether the process at dir is a worker that takes
// connections. One that has been told to end adds to its name that it is
// shutting down, and then closes its ports.
func isAccepting(dir string) bool {
	text, err := os.ReadFile(dir + "/cmdline")
	return err == nil && string(bytes.TrimRight(text, "\x00 ")) == "nginx: worker process" && alive(dir)
}

// isWorker reports whether the process at dir, below /proc, is a worker that
// writes to our log.
func (n *nginx) isWorker(dir string) bool {
	text, err := os.ReadFile(dir + "/cmdline")
	if err != nil || !bytes.HasPrefix(text, []byte("nginx: worker process")) || !alive(dir) || !sameNamespace(dir) {
		return false
	}
	files, err := filepath.Glob(dir + "/fd/*")
	if err != nil {
		return false
	}
	return slices.ContainsFunc(files, func(file string) bool {
		target, err := os.Readlink(file)
		return err == nil && target == n.logFile()
	})
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
	return ok && int(stat.Uid) == os.Getuid() && sameNamespace(dir)
}

func sameNamespace(dir string) bool {
	theirs, err := os.Readlink(dir + "/ns/pid")
	ours, err2 := os.Readlink("/proc/self/ns/pid")
	return err == nil && err2 == nil && theirs == ours
}
