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
	Image          string      `json:"image" must:"required minLength=1"`
	ForcePullImage bool        `json:"forcePullImage"`
	Privileged     bool        `json:"privileged"`
	Parameters     []parameter `json:"parameters"`
}

type parameter struct {
	Key   string `json:"key" must:"required minLength=1"`
	Value string `json:"value" must:"required"`
}

type appVolume struct {
	ContainerPath string `json:"containerPath" must:"required"`
	HostPath      string `json:"hostPath,omitempty"`
	Mode          string `json:"mode" must:"enum?=RO|RW"`
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
