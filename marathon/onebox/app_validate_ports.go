package onebox

import (
	"fmt"
)

func (a *app) validateNetworks(m mistakes) {
	modes, names := map[string]int{}, map[string]bool{}
	for i, n := range a.Networks {
		if n.Name != "" && names[n.Name] {
			m.add("/networks", "Duplicate networks are not allowed")
		}
		modes[n.Mode]++
		names[n.Name] = true
		a.validateNetwork(m, fmt.Sprintf("/networks(%d)", i), n)
	}
	if len(modes) > 1 || modes[hostNetwork] > 1 || modes[bridgeNetwork] > 1 {
		m.add("/networks", "May specify a single host network, single bridge network, or else 1-to-n container networks")
	}
	if modes[containerNetwork] > 1 {
		m.add("/networks", "may only specify a single container network when using the Docker container engine")
	}
	if a.onHost() && len(a.mappings()) > 0 {
		m.add("/container/portMappings", "portMappings are not allowed with host-networking")
	}
	if !a.onHost() && len(a.PortDefinitions) > 0 {
		m.add("/portDefinitions", "portDefinitions are only allowed with host-networking")
	}
	if !a.onHost() && a.Container == nil {
		m.add("/networks", "a task without a container has the machine's own network: networks must be host")
	}
}

func (a *app) validateNetwork(m mistakes, at string, n appNetwork) {
	switch n.Mode {
	case hostNetwork:
		if n.Name != "" || len(n.Labels) > 0 {
			m.add(at, "Host networks may not have names or labels")
		}
	case bridgeNetwork:
		if n.Name != "" {
			m.add(at, "Bridge networks may not have names")
		}
	case containerNetwork:
		if n.Name == "" {
			m.add(at, "Network name must be specified when container network is selected.")
		}
	}
}

func (a *app) validatePorts(m mistakes) {
	at := "/container/portMappings"
	if a.onHost() {
		at = "/portDefinitions"
	}
	names, outside := map[string]bool{}, map[int]bool{}
	for _, p := range a.portSpecs() {
		if p.Name != "" && names[p.Name] {
			m.add(at, "Port names must be unique.")
		}
		number := p.Outside
		if a.onHost() {
			number = p.Service
		}
		if number != 0 && outside[number] {
			m.add(at, "Ports must be unique.")
		}
		names[p.Name], outside[number] = true, true
	}
}
