package onebox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	apicontainer "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"
)

// maxAsked is how many containers are asked for their use at the same time.
const maxAsked = 8

// usage is what one run uses, as the agent lists it. Times are in seconds since
// its beginning, sizes in bytes.
type usage struct {
	ExecutorID   string         `json:"executor_id"`
	ExecutorName string         `json:"executor_name"`
	FrameworkID  string         `json:"framework_id"`
	Source       string         `json:"source"`
	ContainerID  string         `json:"container_id,omitempty"`
	Statistics   statistics     `json:"statistics"`
	Status       map[string]any `json:"status,omitempty"`
}

type statistics struct {
	Timestamp     float64 `json:"timestamp"`
	CPUsLimit     float64 `json:"cpus_limit"`
	CPUUserSecs   float64 `json:"cpus_user_time_secs"`
	CPUSystemSecs float64 `json:"cpus_system_time_secs"`
	MemLimit      uint64  `json:"mem_limit_bytes"`
	MemTotal      uint64  `json:"mem_total_bytes"`
	MemRSS        uint64  `json:"mem_rss_bytes"`
	MemFile       uint64  `json:"mem_file_bytes"`
}

// showStatistics handles GET /monitor/statistics.
func (e *Engine) showStatistics(w http.ResponseWriter, r *http.Request) error {
	return answer(w, http.StatusOK, e.usages(r.Context()))
}

// showContainers handles GET /containers.
func (e *Engine) showContainers(w http.ResponseWriter, r *http.Request) error {
	list := e.usages(r.Context())
	for n, u := range list {
		list[n].ContainerID, list[n].Status = u.Source, map[string]any{"container_id": map[string]string{"value": u.Source}}
	}
	return answer(w, http.StatusOK, list)
}

// usages asks Docker about every running container. One that does not tell is
// left out, as one that has just ended; while Docker does not answer, all are.
func (e *Engine) usages(ctx context.Context) []usage {
	if e.sights.newest().blind() {
		return []usage{}
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var mu sync.Mutex
	list := []usage{}
	var asking errgroup.Group
	asking.SetLimit(maxAsked)
	for _, instances := range e.records.snapshot().byApp {
		for _, i := range instances {
			if i.Condition != running {
				continue
			}
			asking.Go(func() error {
				s, err := e.runtime.statistics(ctx, i)
				if err != nil {
					e.log.Debug("use not known", "task", i.TaskID(), "err", err)
					return nil
				}
				mu.Lock()
				defer mu.Unlock()
				list = append(list, usage{
					ExecutorID: i.TaskID(), ExecutorName: "Command Executor (Task: " + i.TaskID() + ")",
					FrameworkID: e.frameworkID(), Source: i.TaskID(), Statistics: s,
				})
				return nil
			})
		}
	}
	_ = asking.Wait() // none of them fails
	return list
}

// statistics asks Docker, and the kernel where Docker does not know.
func (d *docker) statistics(ctx context.Context, i *instance) (statistics, error) {
	s, err := d.metrics(ctx, i)
	if errors.Is(err, errNoMetrics) {
		s, err = d.cgroupStatistics(ctx, i)
		s.Timestamp, s.CPUsLimit = unixSeconds(time.Now()), i.Spec.CPUs
	}
	return s, err
}

// errNoMetrics means that Docker answered, but with nothing.
var errNoMetrics = errors.New("no metrics from Docker; it does not know what the container uses")

func (d *docker) metrics(ctx context.Context, i *instance) (statistics, error) {
	answer, err := d.api.ContainerStats(ctx, i.TaskID(), client.ContainerStatsOptions{})
	if err != nil {
		return statistics{}, fmt.Errorf("ask for a container's use: %w", err)
	}
	defer answer.Body.Close()
	var s apicontainer.StatsResponse
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&s); err != nil {
		return statistics{}, fmt.Errorf("read a container's use: %w", err)
	}
	if s.Read.IsZero() {
		return statistics{}, errNoMetrics
	}
	cpu, memory := s.CPUStats.CPUUsage, s.MemoryStats
	return statistics{
		Timestamp: unixSeconds(s.Read), CPUsLimit: i.Spec.CPUs,
		CPUUserSecs: nanoseconds(cpu.TotalUsage - min(cpu.TotalUsage, cpu.UsageInKernelmode)), CPUSystemSecs: nanoseconds(cpu.UsageInKernelmode),
		MemLimit: memory.Limit, MemTotal: memory.Usage, MemRSS: memory.Usage - min(memory.Usage, fileMemory(memory)), MemFile: fileMemory(memory),
	}, nil
}

// fileMemory is memory that keeps files at hand which nobody has used lately; it
// is given back when it is needed. The names are those of cgroup versions 1 and
// 2, and docker stats leaves the same out.
func fileMemory(m apicontainer.MemoryStats) uint64 {
	for _, name := range []string{"total_inactive_file", "inactive_file"} {
		if v, ok := m.Stats[name]; ok {
			return v
		}
	}
	return 0
}

func nanoseconds(n uint64) float64 { return time.Duration(n).Seconds() }
