package onebox

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/moby/client"

	apicontainer "github.com/moby/moby/api/types/container"
)

// option is what a Docker parameter of a definition does to its container. Only
// those that cannot reach beyond the container are known; its resources, its
// mounts, its networks and its rights are not theirs to change.
type option func(c *client.ContainerCreateOptions, value string) error

// options returns the Docker parameters that are allowed, by the names that
// docker run has for them.
func options() map[string]option {
	return map[string]option{
		"add-host": addHost, "dns": addDNS, "dns-search": addSearch, "hostname": setHostname,
		"env": addVariable, "label": addLabel, "workdir": setWorkdir, "user": setUser, "entrypoint": setEntrypoint,
		"init": setInit, "read-only": setReadOnly, "cap-drop": dropCapability, "ulimit": addLimit, "stop-signal": setSignal,
	}
}

// apply does what a Docker parameter asks for, or tells why not.
func (p parameter) apply(c *client.ContainerCreateOptions) error {
	set, allowed := options()[p.Key]
	if !allowed {
		return fmt.Errorf("the Docker parameter %q is not allowed", p.Key)
	}
	if !plainText(p.Value) {
		return fmt.Errorf("the value of %q has control characters", p.Key)
	}
	return set(c, p.Value)
}

var hostLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)

func isHostName(name string) bool { return len(name) <= 253 && hostLabel.MatchString(name) }

func addHost(c *client.ContainerCreateOptions, value string) error {
	name, addr, found := strings.Cut(value, ":")
	if !found || !isHostName(name) {
		return fmt.Errorf("%q is not of the form NAME:ADDRESS", value)
	}
	if _, err := netip.ParseAddr(addr); err != nil && addr != "host-gateway" {
		return fmt.Errorf("%q is not an IP address or host-gateway", addr)
	}
	c.HostConfig.ExtraHosts = append(c.HostConfig.ExtraHosts, value)
	return nil
}

func addDNS(c *client.ContainerCreateOptions, value string) error {
	addr, err := netip.ParseAddr(value)
	if err != nil {
		return fmt.Errorf("%q is not an IP address", value)
	}
	c.HostConfig.DNS = append(c.HostConfig.DNS, addr)
	return nil
}

func addSearch(c *client.ContainerCreateOptions, value string) error {
	if !isHostName(value) {
		return fmt.Errorf("%q is not the name of a domain", value)
	}
	c.HostConfig.DNSSearch = append(c.HostConfig.DNSSearch, value)
	return nil
}

// setHostname is refused on the machine's own network, where Docker would refuse
// it as well.
func setHostname(c *client.ContainerCreateOptions, value string) error {
	if !isHostName(value) || len(value) > 63 {
		return fmt.Errorf("%q is not a host name", value)
	}
	if c.HostConfig.NetworkMode.IsHost() {
		return errors.New("on the machine's own network a container has the machine's host name")
	}
	c.Config.Hostname = value
	return nil
}

// addVariable adds to what Marathon and the definition set, as docker run does.
func addVariable(c *client.ContainerCreateOptions, value string) error {
	name, _, found := strings.Cut(value, "=")
	if !found || !envName.MatchString(name) {
		return fmt.Errorf("%q is not of the form NAME=VALUE", value)
	}
	c.Config.Env = slices.DeleteFunc(c.Config.Env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
	c.Config.Env = append(c.Config.Env, value)
	return nil
}

// addLabel keeps the labels by which containers are told apart from others.
func addLabel(c *client.ContainerCreateOptions, value string) error {
	name, text, _ := strings.Cut(value, "=")
	if name == "" || name == labelMesosTask || strings.HasPrefix(name, "seedbed.") || strings.HasPrefix(name, "com.docker.") {
		return fmt.Errorf("the label %q is not for definitions to set", name)
	}
	c.Config.Labels[name] = text
	return nil
}

func setWorkdir(c *client.ContainerCreateOptions, value string) error {
	if !cleanAbsolute(value) {
		return fmt.Errorf("%q is not a plain absolute path", value)
	}
	c.Config.WorkingDir = value
	return nil
}

func setUser(c *client.ContainerCreateOptions, value string) error {
	if !userName.MatchString(value) {
		return fmt.Errorf("%q is not of the form USER or USER:GROUP", value)
	}
	c.Config.User = value
	return nil
}

func setEntrypoint(c *client.ContainerCreateOptions, value string) error {
	c.Config.Entrypoint = []string{value}
	return nil
}

func setInit(c *client.ContainerCreateOptions, value string) (err error) {
	c.HostConfig.Init = new(bool)
	*c.HostConfig.Init, err = truth(value)
	return err
}

func setReadOnly(c *client.ContainerCreateOptions, value string) (err error) {
	c.HostConfig.ReadonlyRootfs, err = truth(value)
	return err
}

func truth(value string) (bool, error) {
	if value != "true" && value != "false" {
		return false, fmt.Errorf("%q is neither true nor false", value)
	}
	return value == "true", nil
}

// dropCapability takes one of the few capabilities away that a container has, or
// all of them.
func dropCapability(c *client.ContainerCreateOptions, value string) error {
	name := strings.TrimPrefix(strings.ToUpper(value), "CAP_")
	c.HostConfig.CapAdd = slices.DeleteFunc(slices.Clone(c.HostConfig.CapAdd), func(one string) bool { return name == "ALL" || one == name })
	return nil
}

// mostFiles bounds how many files a process may have open.
const mostFiles = 1 << 20

// addLimit allows open files, and locked memory, which the memory limit bounds.
func addLimit(c *client.ContainerCreateOptions, value string) error {
	name, numbers, _ := strings.Cut(value, "=")
	soft, hard, both := strings.Cut(numbers, ":")
	if !both {
		hard = soft
	}
	low, err := strconv.ParseInt(soft, 10, 64)
	high, err2 := strconv.ParseInt(hard, 10, 64)
	switch {
	case err != nil || err2 != nil || low < -1 || high < -1:
		return fmt.Errorf("%q is not of the form NAME=SOFT or NAME=SOFT:HARD", value)
	case name == "nofile" && (low < 0 || high < low || high > mostFiles):
		return fmt.Errorf("nofile must be at most %d", mostFiles)
	case name != "nofile" && name != "memlock":
		return fmt.Errorf("the limit %q is not allowed; nofile and memlock are", name)
	}
	c.HostConfig.Ulimits = append(c.HostConfig.Ulimits, &apicontainer.Ulimit{Name: name, Soft: low, Hard: high})
	return nil
}

var signalName = regexp.MustCompile(`^(SIG)?[A-Z][A-Z0-9+-]{1,15}$|^[0-9]{1,2}$`)

func setSignal(c *client.ContainerCreateOptions, value string) error {
	if !signalName.MatchString(value) {
		return fmt.Errorf("%q is not the name of a signal", value)
	}
	c.Config.StopSignal = value
	return nil
}
