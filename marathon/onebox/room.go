package onebox

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"time"
)

// Machine is what tasks may be promised of the machine, and what constraints
// ask about it.
type Machine struct {
	// CPUs are processors, Mem and Disk MiB. What is zero is found out: the
	// processors that Docker counts, its memory less 512 MiB, and the disk of
	// Config.Dir less 5 GiB, but never less than half.
	CPUs, Mem, Disk float64
	// CPUFactor is how often each processor that Docker counts is promised.
	// Default: once, as in Mesos.
	CPUFactor float64
	// Region and Zone are what @region and @zone in constraints mean, and
	// Attributes what all other names do.
	Region, Zone string
	Attributes   map[string]string
}

// What is left to the rest of the machine, in MiB; see Machine.
const memReserve, diskReserve = 512, 5 << 10

// amounts are processors, and MiB of memory and disk.
type amounts struct{ CPUs, Mem, Disk float64 }

func (a *app) amounts() amounts { return amounts{a.CPUs, a.Mem, a.Disk} }

func (a amounts) minus(b amounts) amounts {
	return amounts{a.CPUs - b.CPUs, a.Mem - b.Mem, a.Disk - b.Disk}
}

// promised returns what may be promised of a machine that has so much.
func (m Machine) promised(has amounts) amounts {
	return amounts{
		CPUs: defaulted(m.CPUs, has.CPUs*max(1, m.CPUFactor)),
		Mem:  defaulted(m.Mem, withoutReserve(has.Mem, memReserve)),
		Disk: defaulted(m.Disk, withoutReserve(has.Disk, diskReserve)),
	}
}

func (m Machine) check() error {
	if !(m.CPUs >= 0 && m.Mem >= 0 && m.Disk >= 0 && m.CPUFactor >= 0) {
		return fmt.Errorf("a machine cannot have %v processors, %v MiB of memory and %v MiB of disk, each processor promised %v times", m.CPUs, m.Mem, m.Disk, m.CPUFactor)
	}
	return nil
}

func withoutReserve(total, reserve float64) float64 { return max(total-reserve, total/2) }

// room is what the machine has. It is asked for once, and then told also while
// Docker does not answer.
type room struct {
	mu    sync.Mutex
	has   amounts
	since time.Time // when it was learnt; zero: it was not
}

func (r *room) read() (has amounts, since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.has, r.since
}

// learnRoom asks what the machine has, unless that is known.
func (e *Engine) learnRoom(ctx context.Context) {
	if _, since := e.room.read(); !since.IsZero() {
		return
	}
	cpus, memory, err := e.runtime.capacity(ctx)
	if err != nil {
		e.log.Warn("nothing can be launched: Docker does not tell what its machine has", "err", err)
		return
	}
	e.room.mu.Lock()
	defer e.room.mu.Unlock()
	e.room.has = amounts{float64(cpus), float64(memory >> 20), float64(diskOf(e.cfg.Dir) >> 20)}
	e.room.since = e.now()
}

// promised is what tasks may have in all, and whether that is known yet.
func (e *Engine) promised() (amounts, bool) {
	has, since := e.room.read()
	return e.cfg.Machine.promised(has), !since.IsZero()
}

// booked is what was given to the instances that have a container or may have
// one, whether they use it or not.
func booked(list []*instance) (sum amounts) {
	for _, i := range list {
		if i.Condition != scheduled {
			sum = amounts{sum.CPUs + i.Spec.CPUs, sum.Mem + i.Spec.Mem, sum.Disk + i.Spec.Disk}
		}
	}
	return sum
}

func diskOf(dir string) int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0 // then nothing that asks for disk has room
	}
	return int64(s.Blocks) * s.Bsize
}
