package onebox

import (
	"github.com/moby/moby/api/types/network"

	apicontainer "github.com/moby/moby/api/types/container"
)

// networkOf returns the Docker network that the containers of an app are in:
// the installation's own unless another was asked for and allowed.
func (d *docker) networkOf(a *app) string {
	switch {
	case a.onHost():
		return hostNetwork
	case a.Networks[0].Mode == containerNetwork:
		return a.Networks[0].Name
	default:
		return d.network
	}
}

// joining returns how a container comes into a network. Into the machine's own
// one does not come by joining.
func joining(name string) *network.NetworkingConfig {
	if name == hostNetwork {
		return nil
	}
	return &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{name: {}}}
}

// addressOf returns a container's address; that of the machine where the
// container has the machine's network.
func (d *docker) addressOf(c apicontainer.Summary) string {
	if c.HostConfig.NetworkMode == hostNetwork {
		return d.hostIP.String()
	}
	if c.NetworkSettings == nil {
		return ""
	}
	for _, name := range sortedKeys(c.NetworkSettings.Networks) {
		if n := c.NetworkSettings.Networks[name]; n != nil && n.IPAddress.IsValid() {
			return n.IPAddress.String()
		}
	}
	return ""
}
