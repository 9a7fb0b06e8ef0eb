package onebox

import (
	"context"
	"math"

	apicontainer "github.com/moby/moby/api/types/container"
)

// limits returns what a container may use. There always is a limit of memory:
// what the machine has, if the definition says "unlimited".
func (d *docker) limits(ctx context.Context, a *app) (apicontainer.Resources, error) {
	r, pids := reservation(a), int64(pidsLimit)
	r.PidsLimit = &pids
	if a.ResourceLimits == nil {
		return r, nil
	}
	cpus, memory, err := d.capacity(ctx)
	if err != nil {
		return r, err
	}
	if l := a.ResourceLimits.Mem; l != nil {
		r.Memory = atMost(float64(*l)*(1<<20), memory)
		r.MemorySwap = r.Memory
	}
	if l := a.ResourceLimits.CPUs; l != nil && *l >= 0 && float64(*l) < float64(cpus) {
		r.NanoCPUs = max(int64(float64(*l)*1e9), 1e7) // Docker takes no less
	}
	return r, nil
}

// reservation is what an app is promised: its memory, and its share of the
// processors where they are short.
func reservation(a *app) apicontainer.Resources {
	memory := max(int64(a.Mem*(1<<20)), minMemory)
	return apicontainer.Resources{
		Memory: memory, MemorySwap: memory, // the same: no swap besides
		CPUShares: int64(math.Max(2, math.Min(a.CPUs*1024, 262144))),
	}
}

// atMost returns the limit in whole bytes; most if it is more, or none.
func atMost(limit float64, most int64) int64 {
	if limit < 0 || limit > float64(most) {
		return most
	}
	return max(int64(limit), minMemory)
}
