package consul

import (
	"slices"
	"strings"

	"seedbed/daemon"
)

// pid returns the process id of the running agent, or 0.
func (a *Agent) pid() int {
	for _, p := range daemon.Find(a.isAgent) {
		return p.ID()
	}
	return 0
}

// isAgent reports whether a process is ours, which its arguments tell.
func (a *Agent) isAgent(p daemon.Process) bool {
	args := strings.Split(p.CommandLine(), "\x00")
	return len(args) == 3 && slices.Equal(args[1:], a.arguments()) && p.IsMine()
}
