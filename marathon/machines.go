package marathon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"seedbed"
)

// Machines returns the machines of the cluster, by name. An error is Unavailable
// and means that nothing is known.
func (c *Client) Machines(ctx context.Context) ([]seedbed.Machine, error) {
	agents, err := c.readAgents(ctx)
	if err != nil {
		return nil, fmt.Errorf("list machines: %w", err)
	}
	tasks, err := c.readTasks(ctx)
	if err != nil {
		return nil, fmt.Errorf("count the tasks of machines: %w", err)
	}
	running := map[string]int{}
	for _, t := range tasks {
		if t.State == taskRunning {
			running[t.SlaveID]++
		}
	}
	out := make([]seedbed.Machine, 0, len(agents))
	for _, a := range agents {
		out = append(out, seedbed.Machine{
			ID: seedbed.MachineID(a.ID), Name: cmp.Or(a.Hostname, a.ID), Up: a.Active, Since: mesosTime(a.Registered),
			Total: a.Resources.resources(), Promised: a.Used.resources(), Tasks: running[a.ID],
		})
	}
	slices.SortFunc(out, func(a, b seedbed.Machine) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// lately is, in seconds, how old the look before may be that now is compared with.
const lately = 600

// sample is what was read of a task's use of processors at one moment.
type sample struct {
	at, busy float64 // seconds
}

type usageState struct {
	ExecutorID string `json:"executor_id"`
	Statistics struct {
		Timestamp float64 `json:"timestamp"`
		CPUsLimit float64 `json:"cpus_limit"`
		User      float64 `json:"cpus_user_time_secs"`
		System    float64 `json:"cpus_system_time_secs"`
		MemLimit  float64 `json:"mem_limit_bytes"`
		MemRSS    float64 `json:"mem_rss_bytes"`
		MemTotal  float64 `json:"mem_total_bytes"`
	} `json:"statistics"`
}

// usageList is an agent's answer to the question what its tasks use.
type usageList []usageState

func (l *usageList) whole() error {
	if *l == nil {
		return errors.New("there is no list of statistics")
	}
	return nil
}

// Usage returns what tasks use now, each machine of theirs being asked once.
// Tasks of which nothing is known are left out; with an error, those of the
// machines that did not answer.
func (c *Client) Usage(ctx context.Context, tasks []seedbed.Task) (map[seedbed.TaskID]seedbed.TaskUsage, error) {
	out := map[seedbed.TaskID]seedbed.TaskUsage{}
	wanted := map[seedbed.MachineID]map[string]bool{}
	for _, t := range tasks {
		if t.Machine == "" || t.State.HasEnded() {
			continue
		}
		if wanted[t.Machine] == nil {
			wanted[t.Machine] = map[string]bool{}
		}
		wanted[t.Machine][string(t.ID)] = true
	}
	var failures error
	for machine, ids := range wanted {
		failures = errors.Join(failures, c.usageAt(ctx, machine, ids, out))
	}
	return out, failures
}

func (c *Client) usageAt(ctx context.Context, machine seedbed.MachineID, ids map[string]bool, out map[seedbed.TaskID]seedbed.TaskUsage) error {
	agent, err := c.agent(ctx, machine)
	if err != nil {
		return fmt.Errorf("find the machine %s: %w", machine, err)
	}
	var in usageList
	if err := c.ask(ctx, agent, "/monitor/statistics", nil, &in); err != nil {
		return fmt.Errorf("read what tasks on %s use: %w", machine, err)
	}
	for _, u := range in {
		if ids[u.ExecutorID] {
			out[seedbed.TaskID(u.ExecutorID)] = c.usage(u)
		}
	}
	return nil
}

// usage works out how busy a task was since it was looked at before.
func (c *Client) usage(u usageState) seedbed.TaskUsage {
	s, id := u.Statistics, seedbed.TaskID(u.ExecutorID)
	now := sample{at: s.Timestamp, busy: s.User + s.System}
	out := seedbed.TaskUsage{
		At: mesosTime(s.Timestamp), Memory: int64(cmp.Or(s.MemRSS, s.MemTotal)), MemoryLimit: int64(s.MemLimit),
		CPUs: -1, CPUsLimit: s.CPUsLimit,
	}
	c.mesos.mu.Lock()
	defer c.mesos.mu.Unlock()
	before, seen := c.mesos.samples[id]
	if seen && now.at > before.at && now.at-before.at < lately && now.busy >= before.busy {
		out.CPUs = (now.busy - before.busy) / (now.at - before.at)
	}
	if !seen || now.at-before.at >= 1 {
		keep(c.mesos.samples, id, now)
	}
	return out
}
