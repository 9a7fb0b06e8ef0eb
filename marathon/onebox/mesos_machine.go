package onebox

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// gauges hold what does not change of the machine, so that it can be told also
// while Docker does not answer.
type gauges struct {
	mu    sync.Mutex
	cpus  int
	bytes int64
	since time.Time
}

// agent is this machine in Mesos' words. It is active while Docker answers.
func (e *Engine) agent(r *http.Request) agentView {
	total, since := e.resources(r.Context())
	_, port, _ := net.SplitHostPort(r.Host)
	number, _ := strconv.Atoi(port)
	return agentView{
		ID: slaveID, PID: "slave(1)@" + r.Host, Hostname: e.cfg.HostIP, Port: number, Version: mesosVersion,
		Active: !e.sights.newest().blind(), Registered: unixSeconds(since),
		Resources: total, Unreserved: total, Used: e.usedResources(), Attributes: map[string]string{},
	}
}

// resources are what the machine has. Disk is that of the engine's folder.
func (e *Engine) resources(ctx context.Context) (mesosResources, time.Time) {
	cpus, memory, since := e.gauges.read(ctx, e)
	return mesosResources{
		CPUs: float64(cpus), Mem: float64(memory >> 20), Disk: float64(diskOf(e.cfg.Dir) >> 20),
		Ports: fmt.Sprintf("[%d-%d]", e.cfg.PortMin, e.cfg.PortMax),
	}, since
}

func (g *gauges) read(ctx context.Context, e *Engine) (cpus int, memory int64, since time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cpus == 0 {
		if cpus, memory, err := e.runtime.capacity(ctx); err == nil {
			g.cpus, g.bytes, g.since = cpus, memory, e.now()
		}
	}
	return g.cpus, g.bytes, g.since
}

func diskOf(dir string) int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0 // it is only shown
	}
	return int64(s.Blocks) * s.Bsize
}

// usedResources are what was given to tasks, whether they use it or not.
func (e *Engine) usedResources() (used mesosResources) {
	for _, list := range e.records.snapshot().byApp {
		for _, i := range list {
			if i.Condition != scheduled {
				used.CPUs += i.Spec.CPUs
				used.Mem += i.Spec.Mem
				used.Disk += i.Spec.Disk
			}
		}
	}
	return used
}
