package onebox

import "slices"

// Marathon 1.4 told of ports up to three times: of an app with port mappings it
// showed ports and portDefinitions, too, with the service ports. What was exported
// from it must go in again.

// samePorts reports whether ports and portDefinitions say the same, which makes
// it no mistake to say both.
func (in *appInput) samePorts() bool {
	return slices.EqualFunc(in.Ports, in.PortDefinitions, func(port int, d portDefinitionInput) bool { return port == d.Port })
}

// inOldForm reports whether the network is named as in Marathon 1.4, or not at all.
func (in *appInput) inOldForm() bool { return len(in.Networks) == 0 }

// normaliseOldPorts drops the ports that do not belong to the network of an app in
// the form of 1.4. An app with port mappings has at least as many as it has ports.
func (in *appInput) normaliseOldPorts(out *app) {
	switch {
	case !in.inOldForm() || out.Container == nil:
	case out.onHost():
		if in.Container.PortMappings == nil {
			out.Container.PortMappings = nil
		}
	default:
		out.PortDefinitions = nil
		for len(out.Container.PortMappings) < max(len(in.Ports), len(in.PortDefinitions)) {
			out.Container.PortMappings = append(out.Container.PortMappings, in.addedMapping(out))
		}
	}
}

// addedMapping is a port that was asked for by ports alone.
func (in *appInput) addedMapping(out *app) portMapping {
	m := portMapping{Protocol: "tcp", Labels: map[string]string{}}
	if out.Networks[0].Mode == bridgeNetwork {
		m.HostPort = new(int)
	}
	return m
}
