package onebox

import (
	"slices"
	"strings"
)

// ipAddressInput is how Marathon 1.4 asked for an address for each task.
type ipAddressInput struct {
	NetworkName string            `json:"networkName"`
	Labels      map[string]string `json:"labels"`
	Discovery   *struct {
		Ports []struct {
			Number int    `json:"number" must:"min=0 max=65535"`
			Name   string `json:"name"`
		} `json:"ports"`
	} `json:"discovery"`
}

// normalise brings the forms of all versions into that of 1.5. Forms that say
// the same thing twice are refused, as Marathon does.
func (in *appInput) normalise() (*app, error) {
	out := in.app
	out.Env, out.UpgradeStrategy = in.variables(), in.strategy()
	if err := in.refuseMixedForms(); err != nil {
		return nil, err
	}
	if err := in.normaliseNetworks(&out); err != nil {
		return nil, err
	}
	if in.Container != nil {
		out.Container = in.Container.normalise(out.onHost())
	}
	in.normalisePorts(&out)
	in.normaliseOldPorts(&out)
	in.normaliseFetch(&out)
	return &out, nil
}

func (in *appInput) refuseMixedForms() error {
	docker := &dockerInput{}
	if in.Container != nil && in.Container.Docker != nil {
		docker = in.Container.Docker
	}
	mappings := in.Container != nil && len(in.Container.PortMappings) > 0
	switch {
	case len(in.Networks) > 0 && docker.Network != "":
		return unprocessable("must not specify both container.docker.network and networks")
	case len(in.Networks) > 0 && in.IPAddress != nil:
		return unprocessable("must not specify both networks and ipAddress")
	case mappings && len(docker.PortMappings) > 0:
		return unprocessable("cannot specify both portMappings and docker.portMappings")
	case len(in.Networks) > 0 && len(docker.PortMappings) > 0:
		return unprocessable("cannot mix deprecated and canonical network APIs")
	case in.Ports != nil && in.PortDefinitions != nil && !in.samePorts():
		return unprocessable("cannot specify both ports and port definitions")
	case in.IPAddress != nil && docker.Network != "USER" && (len(in.Ports) > 0 || len(in.PortDefinitions) > 0):
		return unprocessable("cannot specify both an IP address and port")
	case len(in.Uris) > 0 && len(in.Fetch) > 0:
		return unprocessable("cannot specify both uris and fetch fields")
	}
	return nil
}

// legacyNetworks maps docker.network of Marathon 1.4 to the modes of 1.5.
var legacyNetworks = map[string]string{"BRIDGE": bridgeNetwork, "HOST": hostNetwork, "USER": containerNetwork}

func (in *appInput) normaliseNetworks(out *app) error {
	legacy := ""
	if in.Container != nil && in.Container.Docker != nil {
		legacy = strings.ToUpper(in.Container.Docker.Network)
	}
	switch {
	case legacy != "" && legacyNetworks[legacy] == "":
		return unprocessable("unsupported docker network type %s", legacy)
	case in.IPAddress != nil && (legacy == "" || legacy == "USER"):
		out.Networks = []appNetwork{{Mode: containerNetwork, Name: in.IPAddress.NetworkName, Labels: in.IPAddress.Labels}}
	case legacy != "":
		out.Networks = []appNetwork{{Mode: legacyNetworks[legacy]}}
	case len(out.Networks) == 0:
		out.Networks = []appNetwork{{Mode: hostNetwork}}
	}
	for i := range out.Networks {
		out.Networks[i].Mode = defaulted(out.Networks[i].Mode, containerNetwork)
	}
	return nil
}

// normalise returns the container in the form of 1.5. On the host's network it
// has no port mappings, unless the client named some, which is then a mistake
// that the validation tells.
func (in *containerInput) normalise(onHost bool) *appContainer {
	out := &appContainer{Type: defaulted(in.Type, dockerContainer), Volumes: []appVolume{}}
	for _, v := range in.Volumes {
		v.Mode = defaulted(v.Mode, "RW")
		out.Volumes = append(out.Volumes, v.appVolume)
	}
	mappings := in.PortMappings
	if in.Docker != nil {
		image := in.Docker.dockerImage
		if image.Parameters == nil {
			image.Parameters = []parameter{}
		}
		out.Docker = &image
		if mappings == nil {
			mappings = in.Docker.PortMappings
		}
	}
	if mappings != nil && (!onHost || len(mappings) > 0) {
		out.PortMappings = []portMapping{}
	}
	for _, m := range mappings {
		out.PortMappings = append(out.PortMappings, m.portMapping)
	}
	return out
}

// normalisePorts fills in the ports that are not named and their defaults.
func (in *appInput) normalisePorts(out *app) {
	out.PortDefinitions = nil
	if out.onHost() {
		out.PortDefinitions = in.definitions()
	} else if out.Container != nil && out.Container.PortMappings == nil {
		out.Container.PortMappings = []portMapping{{Name: "default"}}
	}
	if !out.onHost() && len(in.PortDefinitions) > 0 {
		for _, d := range in.PortDefinitions {
			out.PortDefinitions = append(out.PortDefinitions, d.portDefinition) // the validation tells
		}
	}
	for i := range out.mappings() {
		m := &out.Container.PortMappings[i]
		m.Protocol, m.Labels = defaulted(m.Protocol, "tcp"), orEmptyMap(m.Labels)
		if m.HostPort == nil && len(out.Networks) > 0 && out.Networks[0].Mode == bridgeNetwork {
			m.HostPort = new(int)
		}
	}
	for i := range out.PortDefinitions {
		d := &out.PortDefinitions[i]
		d.Protocol, d.Labels = defaulted(d.Protocol, "tcp"), orEmptyMap(d.Labels)
	}
}

// definitions returns the port definitions of an app on the host's network: one
// if nothing is said, none if that is said.
func (in *appInput) definitions() []portDefinition {
	out := []portDefinition{}
	switch {
	case in.PortDefinitions != nil:
		for _, d := range in.PortDefinitions {
			out = append(out, d.portDefinition)
		}
	case in.Ports != nil:
		for _, port := range in.Ports {
			out = append(out, portDefinition{Port: port})
		}
	default:
		out = append(out, portDefinition{Name: "default"})
	}
	return out
}

// archives are the endings of files that Marathon 1.4 unpacked when it found
// them in uris.
var archives = []string{".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".gz", ".tgz", ".tbz2", ".txz", ".zip"}

func (in *appInput) normaliseFetch(out *app) {
	for _, uri := range in.Uris {
		unpack := slices.ContainsFunc(archives, func(ending string) bool { return strings.HasSuffix(uri, ending) })
		out.Fetch = append(out.Fetch, fetch{URI: uri, Extract: unpack})
	}
}

func orEmptyMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
