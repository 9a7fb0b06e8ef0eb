package nginxconf

import (
	"strings"
	"syscall"
	"time"

	"seedbed/daemon"
)

// Each reload leaves the old workers to their connections, which may last for
// long: databases, chats. Each generation of them costs as much memory as the
// one that serves.
const (
	fewGenerations  = 4 // from which on reloads wait longer
	mostGenerations = 8 // that may live; of more, the oldest is ended
	crowdedPause    = 10 * time.Second
)

// old is a generation of workers that have been told to end, the process ids of
// which follow each other.
type old struct {
	seen    time.Time // for the first time
	workers []daemon.Process
}

// lookAtOld counts the generations of old workers, ends the oldest of too many,
// and returns how many are left. It is called with work held, after each apply, so
// those that it has not seen before are one generation.
func (r *Router) lookAtOld() int {
	ending := r.nginx.ending()
	var left []old
	for _, one := range r.old {
		if one.workers = keepOnly(one.workers, ending); len(one.workers) > 0 {
			left = append(left, one)
		}
	}
	if len(ending) > 0 {
		fresh := old{seen: r.now()}
		for _, p := range ending {
			fresh.workers = append(fresh.workers, p)
		}
		left = append(left, fresh)
	}
	for len(left) > mostGenerations {
		r.endWorkers(left[0])
		left = left[1:]
	}
	r.old = left
	r.mu.Lock()
	r.oldGenerations = len(left)
	r.mu.Unlock()
	return len(left)
}

// keepOnly returns those that are still there, and takes them out of there.
func keepOnly(workers []daemon.Process, there map[int]daemon.Process) (left []daemon.Process) {
	for _, p := range workers {
		if _, is := there[p.ID()]; is {
			delete(there, p.ID())
			left = append(left, p)
		}
	}
	return left
}

// endWorkers ends old workers with their connections.
func (r *Router) endWorkers(o old) {
	r.Log.Warn("old workers of nginx are ended with their connections, because there are too many", "since", o.seen, "workers", len(o.workers))
	for _, p := range o.workers {
		if !p.Still(isEnding) {
			continue
		}
		if err := syscall.Kill(p.ID(), syscall.SIGTERM); err != nil {
			r.Log.Warn("end an old worker of nginx", "error", err)
		}
	}
}

// ending returns our workers that have been told to end, by their ids.
func (n *nginx) ending() map[int]daemon.Process {
	all := map[int]daemon.Process{}
	master, runs := n.master()
	if !runs {
		return all
	}
	children, known := master.Children()
	if !known {
		children = daemon.Find(func(p daemon.Process) bool { return isEnding(p) && n.isWorker(p) })
	}
	for _, p := range children {
		if isEnding(p) {
			all[p.ID()] = p
		}
	}
	return all
}

func isEnding(p daemon.Process) bool {
	return strings.HasPrefix(p.CommandLine(), "nginx: worker process is shutting down") && p.Lives()
}

// pause is how long the next apply waits: longer while many old workers live.
func (r *Router) pause() time.Duration {
	r.work.Lock()
	defer r.work.Unlock()
	if r.lookAtOld() > fewGenerations {
		return crowdedPause
	}
	return applyPause
}
