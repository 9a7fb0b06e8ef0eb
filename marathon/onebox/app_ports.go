package onebox

import (
	"slices"
	"strings"
)

// Modes of networks.
const (
	hostNetwork      = "host"
	bridgeNetwork    = "container/bridge"
	containerNetwork = "container"
)

type appNetwork struct {
	Mode   string            `json:"mode" must:"enum?=container|container/bridge|host"`
	Name   string            `json:"name,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

// portMapping leads a port of the machine to one of the container.
type portMapping struct {
	ContainerPort int               `json:"containerPort" must:"min=0 max=65535"`
	HostPort      *int              `json:"hostPort,omitempty" must:"min=0 max=65535"` // nil: none; 0: any
	Labels        map[string]string `json:"labels"`
	Name          string            `json:"name,omitempty" must:"pattern=portName"`
	NetworkNames  []string          `json:"networkNames,omitempty"`
	Protocol      string            `json:"protocol" must:"enum?=tcp|udp|udp,tcp|tcp,udp"`
	ServicePort   int               `json:"servicePort" must:"min=0 max=65535"`
}

// portDefinition is a port of an app on the host's network. Port is its service
// port and, with requirePorts, the port of the machine.
type portDefinition struct {
	Labels   map[string]string `json:"labels"`
	Name     string            `json:"name,omitempty" must:"pattern=portName"`
	Port     int               `json:"port" must:"min=0 max=65535"`
	Protocol string            `json:"protocol" must:"enum?=tcp|udp|udp,tcp|tcp,udp"`
}

// portSpec is one port of an app, in whichever of the two ways it was told.
type portSpec struct {
	Name     string
	Protocol string // tcp, udp or "udp,tcp"
	Labels   map[string]string
	Service  int
	Inside   int  // in the container; 0: the same as outside
	Outside  int  // of the machine, where a certain one is wanted; 0: any
	Hidden   bool // not on the machine at all
}

// protocols returns the protocols of the port, one by one.
func (p portSpec) protocols() []string { return strings.Split(p.Protocol, ",") }

// onHost reports whether the app shares the machine's network.
func (a *app) onHost() bool { return len(a.Networks) > 0 && a.Networks[0].Mode == hostNetwork }

// portSpecs returns the ports of the app, in order.
func (a *app) portSpecs() []portSpec {
	var out []portSpec
	for _, d := range a.PortDefinitions {
		p := portSpec{Name: d.Name, Protocol: d.Protocol, Labels: d.Labels, Service: d.Port}
		if a.RequirePorts {
			p.Outside = d.Port
		}
		out = append(out, p)
	}
	for _, m := range a.mappings() {
		p := portSpec{Name: m.Name, Protocol: m.Protocol, Labels: m.Labels, Service: m.ServicePort, Inside: m.ContainerPort, Hidden: m.HostPort == nil}
		if m.HostPort != nil {
			p.Outside = *m.HostPort
		}
		out = append(out, p)
	}
	return out
}

// mappings returns the port mappings, in order.
func (a *app) mappings() []portMapping {
	if a.Container == nil {
		return nil
	}
	return a.Container.PortMappings
}

// withServicePorts returns a copy whose n-th port has the n-th of the given
// service ports.
func (a *app) withServicePorts(services []int) *app {
	out := *a
	out.PortDefinitions = slices.Clone(a.PortDefinitions)
	for n := range out.PortDefinitions {
		out.PortDefinitions[n].Port = services[n]
	}
	if a.Container != nil {
		out.Container = a.Container.clone()
		for n := range out.Container.PortMappings {
			out.Container.PortMappings[n].ServicePort = services[len(out.PortDefinitions)+n]
		}
	}
	return &out
}
