package nginxconf

import (
	"slices"
	"strings"

	"seedbed/daemon"
)

// pid returns the process id of the running master, or 0.
func (n *nginx) pid() int {
	if p, runs := n.master(); runs {
		return p.ID()
	}
	return 0
}

// master returns the running master. The one that was found last is looked at
// first: to look through all processes takes as long as a small reload.
func (n *nginx) master() (p daemon.Process, runs bool) {
	if last := n.last.Load(); last != nil && last.Still(n.isMaster) {
		return *last, true
	}
	for _, p := range daemon.Find(n.isMaster) {
		n.last.Store(&p)
		return p, true
	}
	return daemon.Process{}, false
}

// isMaster reports whether a process is our master. nginx puts "nginx: master
// process" before its arguments.
func (n *nginx) isMaster(p daemon.Process) bool {
	line := p.CommandLine()
	return strings.HasPrefix(line, "nginx: master process ") && strings.HasSuffix(line, " -c "+n.configFile()) && p.IsMine()
}

// orphans returns the workers of a master of ours that is no more.
func (n *nginx) orphans() (pids []int) {
	if n.pid() != 0 {
		return nil
	}
	for _, p := range daemon.Find(n.isWorker) {
		pids = append(pids, p.ID())
	}
	return pids
}

// workers returns our workers that take connections.
func (n *nginx) workers() []daemon.Process {
	if master, runs := n.master(); runs {
		if children, known := master.Children(); known {
			return slices.DeleteFunc(children, func(p daemon.Process) bool { return !isAccepting(p) })
		}
	}
	return daemon.Find(func(p daemon.Process) bool { return isAccepting(p) && n.isWorker(p) })
}

// isAccepting reports whether a process is a worker that takes connections. One
// that has been told to end adds to its name that it is shutting down, and then
// closes its ports.
func isAccepting(p daemon.Process) bool {
	return p.CommandLine() == "nginx: worker process" && p.Lives()
}

// isWorker reports whether a process is one of our workers. A worker does not
// show whose it is, but it holds our log open.
func (n *nginx) isWorker(p daemon.Process) bool {
	return strings.HasPrefix(p.CommandLine(), "nginx: worker process") && p.HasOpen(n.logFile())
}
