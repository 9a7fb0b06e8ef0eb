package onebox

import "slices"

// Kinds of containers. Both are carried out by Docker here.
const (
	dockerContainer = "DOCKER"
	mesosContainer  = "MESOS"
)

type appContainer struct {
	Type         string        `json:"type"`
	Docker       *dockerImage  `json:"docker,omitempty"`
	Volumes      []appVolume   `json:"volumes"`
	PortMappings []portMapping `json:"portMappings,omitzero"` // nil on the host's network
}

type dockerImage struct {
	Image          string      `json:"image"`
	ForcePullImage bool        `json:"forcePullImage"`
	Privileged     bool        `json:"privileged"`
	Parameters     []parameter `json:"parameters"`
}

type parameter struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type appVolume struct {
	ContainerPath string `json:"containerPath"`
	HostPath      string `json:"hostPath,omitempty"`
	Mode          string `json:"mode"`
}

// image returns what the app's container is made from, or nil if it is to be a
// plain process.
func (a *app) image() *dockerImage {
	if a.Container == nil {
		return nil
	}
	return a.Container.Docker
}

// volumes returns what is mounted into the container.
func (a *app) volumes() []appVolume {
	if a.Container == nil {
		return nil
	}
	return a.Container.Volumes
}

// clone returns a copy whose port mappings can be changed.
func (c *appContainer) clone() *appContainer {
	out := *c
	out.PortMappings = slices.Clone(c.PortMappings)
	return &out
}
