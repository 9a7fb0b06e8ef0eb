package onebox

import (
	"cmp"
	"fmt"
	"strings"
)

// containerStatus is where a container can be reached.
type containerStatus struct {
	Networks []networkInfo `json:"network_infos"`
}

type networkInfo struct {
	Addresses []addressInfo `json:"ip_addresses"`
}

type addressInfo struct {
	Protocol string `json:"protocol"`
	Address  string `json:"ip_address"`
}

// mesosTask is an instance in Mesos' words, with what registries of services read:
// its labels, its ports of the machine and the address of its container.
func (e *Engine) mesosTask(i *instance, seen bool) mesosTask {
	state := i.taskState(seen)
	status := mesosStatus{State: state, Timestamp: unixSeconds(cmp.Or(i.StartedAt, i.StagedAt))}
	if i.IP != "" {
		status.Container = &containerStatus{[]networkInfo{{[]addressInfo{{"IPv4", i.IP}}}}}
	}
	return mesosTask{
		ID: i.TaskID(), Name: taskName(i.App), FrameworkID: e.frameworkID(), SlaveID: slaveID, State: state, Role: "*",
		Resources: mesosResources{CPUs: i.Spec.CPUs, Mem: i.Spec.Mem, Disk: i.Spec.Disk, Ports: portRanges(i.Ports)},
		Labels:    mesosLabels(i.Spec.Labels), Statuses: []mesosStatus{status},
	}
}

// portRanges writes ports as Mesos does: [31000-31000, 31005-31005].
func portRanges(ports []int) string {
	var list []string
	for _, p := range ports {
		if p > 0 {
			list = append(list, fmt.Sprintf("%d-%d", p, p))
		}
	}
	if list == nil {
		return ""
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func mesosLabels(labels map[string]string) []mesosLabel {
	list := []mesosLabel{}
	for _, key := range sortedKeys(labels) {
		list = append(list, mesosLabel{key, labels[key]})
	}
	return list
}
