package marathon

import (
	"maps"
	"math"
	"strconv"
	"time"

	gomarathon "github.com/gambol99/go-marathon"

	"seedbed"
)

// How Marathon is to treat all workloads.
const (
	backoffSeconds   = 1.0
	backoffFactor    = 1.5
	maxLaunchSeconds = 60.0
	killGraceSeconds = 15.0
	// leastCPUs is what Marathon takes at least. go-marathon leaves 0 out, and then
	// Marathon takes 1.
	leastCPUs = 0.001
)

// definition returns the whole app definition of a workload. It is pure.
// Ports and dependencies are sent as null, which is go-marathon's way of
// sending nothing.
func (g group) definition(w seedbed.Workload) *gomarathon.Application {
	memory := float64(w.Memory)
	capacity := rollingCapacity(w)
	return &gomarathon.Application{
		ID:                         g.app(w.ID),
		Instances:                  new(w.Instances),
		CPUs:                       max(w.CPUs, leastCPUs),
		Mem:                        &memory,
		Networks:                   &[]gomarathon.PodNetwork{{Mode: gomarathon.BridgeNetworkMode}},
		Container:                  containerOf(w),
		Env:                        new(maps.Clone(w.Env)),
		Labels:                     new(labelsOf(w)),
		HealthChecks:               healthChecks(w),
		UpgradeStrategy:            &gomarathon.UpgradeStrategy{MinimumHealthCapacity: &capacity, MaximumOverCapacity: &capacity},
		BackoffSeconds:             new(backoffSeconds),
		BackoffFactor:              new(backoffFactor),
		MaxLaunchDelaySeconds:      new(maxLaunchSeconds),
		TaskKillGracePeriodSeconds: new(killGraceSeconds),
	}
}

// rollingCapacity is both the share that stays healthy and the share that may
// come on top while containers are replaced. With one writer the old container
// ends before the new one begins.
func rollingCapacity(w seedbed.Workload) float64 {
	if w.OneWriter {
		return 0
	}
	return 1
}

func containerOf(w seedbed.Workload) *gomarathon.Container {
	container := &gomarathon.Container{
		Type: "DOCKER",
		Docker: &gomarathon.Docker{
			Image:      w.Image,
			Parameters: &[]gomarathon.Parameters{{Key: "add-host", Value: seedbed.ServiceHost + ":host-gateway"}},
		},
		Volumes:      &[]gomarathon.Volume{},
		PortMappings: &[]gomarathon.PortMapping{},
	}
	for _, m := range w.Mounts {
		*container.Volumes = append(*container.Volumes, gomarathon.Volume{
			HostPath: m.Source, ContainerPath: m.Target, Mode: mode(m),
		})
	}
	if w.Port > 0 {
		*container.PortMappings = append(*container.PortMappings, gomarathon.PortMapping{
			ContainerPort: w.Port, Name: portName(w), Protocol: "tcp",
		})
	}
	for _, p := range w.More {
		*container.PortMappings = append(*container.PortMappings, gomarathon.PortMapping{ContainerPort: p.Container, Protocol: "tcp"})
	}
	return container
}

func mode(m seedbed.Mount) string {
	if m.ReadOnly {
		return "RO"
	}
	return "RW"
}

func portName(w seedbed.Workload) string {
	if w.Health.Path != "" {
		return "http"
	}
	return "tcp"
}

func labelsOf(w seedbed.Workload) map[string]string {
	labels := map[string]string{}
	maps.Copy(labels, w.Labels)
	if w.ServicePort > 0 {
		labels[seedbed.ServicePortLabel] = strconv.Itoa(w.ServicePort)
	}
	for i, p := range w.More {
		labels[seedbed.ServicePortLabelOf(i+1)] = strconv.Itoa(p.Service)
	}
	return labels
}

// healthChecks asks the first port: by HTTP if there is a path, else by TCP.
// Marathon's own checks are chosen rather than those of Mesos, because every
// version and onebox have them.
func healthChecks(w seedbed.Workload) *[]gomarathon.HealthCheck {
	if w.Port == 0 {
		return &[]gomarathon.HealthCheck{}
	}
	check := gomarathon.HealthCheck{
		Protocol:               "TCP",
		PortIndex:              new(0),
		GracePeriodSeconds:     wholeSeconds(w.Health.Grace),
		IntervalSeconds:        wholeSeconds(w.Health.Interval),
		TimeoutSeconds:         wholeSeconds(w.Health.Timeout),
		MaxConsecutiveFailures: new(maxConsecutiveFailures(w.Health.Failures)),
	}
	if w.Health.Path != "" {
		check.Protocol, check.Path = "HTTP", &w.Health.Path
	}
	return &[]gomarathon.HealthCheck{check}
}

// maxConsecutiveFailures is the number that makes Marathon replace a container
// on the given failure in a row: Marathon does so on the one after. It cannot
// do so on the first, for 0 means never to it.
func maxConsecutiveFailures(failures int) int {
	if failures <= 0 {
		return 0
	}
	return max(1, failures-1)
}

// wholeSeconds rounds up, and never to 0, which go-marathon would leave out.
func wholeSeconds(d time.Duration) int {
	return max(1, int(math.Ceil(d.Seconds())))
}
