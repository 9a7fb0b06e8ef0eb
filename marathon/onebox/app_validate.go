package onebox

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/distribution/reference"
)

// mistakes collects what is wrong, a list for each place.
type mistakes map[string][]string

func (m mistakes) add(path, format string, a ...any) {
	m[path] = append(m[path], fmt.Sprintf(format, a...))
}

func (m mistakes) between(path string, got, low, high float64) {
	if !(got >= low && got <= high) {
		m.add(path, "got %v, expected between %.1f and %.1f", got, low, high)
	}
}

func (m mistakes) atLeast(path string, got, low float64) {
	if !(got >= low) {
		m.add(path, "got %v, expected %v or more", got, low)
	}
}

// err returns all mistakes as Marathon's answer, or nil.
func (m mistakes) err() error {
	if len(m) == 0 {
		return nil
	}
	var details []detail
	for path, errs := range m {
		details = append(details, detail{path, errs})
	}
	slices.SortFunc(details, func(a, b detail) int { return cmp.Compare(a.Path, b.Path) })
	return notValid(details)
}

var (
	portName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	envName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,253}$`)
)

// validate returns what is wrong with a definition, as Marathon would say it,
// or nil. What is refused for safety is in policy.go.
func (a *app) validate() error {
	m := mistakes{}
	if errs := idMistakes(a.ID); len(errs) > 0 {
		m["/id"] = errs
	}
	a.validateResources(m)
	a.validateCommand(m)
	a.validateNetworks(m)
	a.validatePorts(m)
	a.validateHealthChecks(m)
	a.validateTexts(m)
	return m.err()
}

func (a *app) validateResources(m mistakes) {
	const sane = 1e6 // more is a slip of the keyboard, and would overflow further on
	m.between("/cpus", a.CPUs, 0.001, sane)
	m.between("/mem", a.Mem, 0, 1e9)
	m.atLeast("/disk", a.Disk, 0)
	m.between("/instances", float64(a.Instances), 0, 1000)
	m.between("/backoffFactor", a.BackoffFactor, 1, sane)
	m.atLeast("/backoffSeconds", a.BackoffSeconds, 0)
	m.atLeast("/maxLaunchDelaySeconds", a.MaxLaunchDelaySeconds, 0)
	m.between("/upgradeStrategy/minimumHealthCapacity", a.UpgradeStrategy.MinimumHealthCapacity, 0, 1)
	m.between("/upgradeStrategy/maximumOverCapacity", a.UpgradeStrategy.MaximumOverCapacity, 0, 1)
	if a.TaskKillGracePeriodSeconds != nil {
		m.between("/taskKillGracePeriodSeconds", *a.TaskKillGracePeriodSeconds, 0, 3600)
	}
	if a.GPUs != 0 {
		m.add("/gpus", "GPU resources only work with the Mesos containerizer")
	}
	if a.Executor != "" {
		m.add("/executor", "is not supported by this engine")
	}
	if a.KillSelection != "YOUNGEST_FIRST" && a.KillSelection != "OLDEST_FIRST" {
		m.add("/killSelection", "error.unknown.enum.literal")
	}
}

func (a *app) validateCommand(m mistakes) {
	if a.Cmd != "" && len(a.Args) > 0 {
		m.add("/", "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.")
	}
	if a.Container == nil || a.Container.Docker == nil {
		m.add("/container/docker", "is needed: this engine runs Docker containers only")
		return
	}
	if a.Container.Type != "DOCKER" {
		m.add("/container/type", "must be DOCKER: this engine runs Docker containers only")
	}
	if _, err := reference.ParseNormalizedNamed(a.Container.Docker.Image); err != nil {
		m.add("/container/docker/image", "is not the name of an image: %v", err)
	}
	for i, v := range a.Container.Volumes {
		a.validateVolume(m, fmt.Sprintf("/container/volumes(%d)", i), v)
	}
}

func (a *app) validateVolume(m mistakes, at string, v appVolume) {
	if !cleanAbsolute(v.ContainerPath) || v.ContainerPath == "/" {
		m.add(at+"/containerPath", "must be an absolute path below /")
	}
	if v.HostPath == "" {
		m.add(at+"/hostPath", "is needed: this engine mounts host paths only")
	}
	if v.Mode != "RW" && v.Mode != "RO" {
		m.add(at+"/mode", "error.unknown.enum.literal")
	}
}

func (a *app) validateNetworks(m mistakes) {
	if len(a.Networks) > 1 {
		m.add("/networks", "May specify a single host network, single bridge network, or else 1-to-n container networks")
	}
	for i, n := range a.Networks {
		at := fmt.Sprintf("/networks(%d)", i)
		switch {
		case n.Mode != "container/bridge":
			m.add(at+"/mode", "must be container/bridge: this engine has no other networks")
		case n.Name != "":
			m.add(at+"/name", "Bridge networks may not have names")
		}
	}
	if a.RequirePorts {
		m.add("/requirePorts", "is not supported by this engine")
	}
}

func (a *app) validatePorts(m mistakes) {
	names, hosts := map[string]bool{}, map[int]bool{}
	for i, p := range a.mappings() {
		at := fmt.Sprintf("/container/portMappings(%d)", i)
		m.between(at+"/containerPort", float64(p.ContainerPort), 0, 65535)
		m.between(at+"/hostPort", float64(p.HostPort), 0, 65535)
		m.between(at+"/servicePort", float64(p.ServicePort), 0, 65535)
		if p.Protocol != "tcp" && p.Protocol != "udp" {
			m.add(at+"/protocol", "must be tcp or udp")
		}
		if p.Name != "" && !portName.MatchString(p.Name) {
			m.add(at+"/name", "must fully match regular expression '%s'", portName)
		}
		if p.Name != "" && names[p.Name] {
			m.add("/container/portMappings", "Port names must be unique.")
		}
		if p.HostPort != 0 && hosts[p.HostPort] {
			m.add("/container/portMappings", "Ports must be unique.")
		}
		names[p.Name], hosts[p.HostPort] = true, true
	}
}

// checkProtocols are the kinds of health checks, and whether they are of the
// kind that Mesos would carry out.
var checkProtocols = map[string]bool{
	"HTTP": false, "HTTPS": false, "TCP": false,
	"COMMAND": true, "MESOS_HTTP": true, "MESOS_HTTPS": true, "MESOS_TCP": true,
}

func (a *app) validateHealthChecks(m mistakes) {
	mesos := 0
	for i, h := range a.HealthChecks {
		at := fmt.Sprintf("/healthChecks(%d)", i)
		byMesos, known := checkProtocols[h.Protocol]
		if !known {
			m.add(at+"/protocol", "error.unknown.enum.literal")
			continue
		}
		if byMesos {
			mesos++
		}
		a.validateHealthCheck(m, at, h)
	}
	if mesos > 1 {
		m.add("/healthChecks", "AppDefinition can contain at most one Mesos health check")
	}
}

func (a *app) validateHealthCheck(m mistakes, at string, h healthCheck) {
	m.atLeast(at+"/gracePeriodSeconds", h.GracePeriodSeconds, 0)
	m.between(at+"/intervalSeconds", h.IntervalSeconds, 0.1, 86400)
	m.between(at+"/timeoutSeconds", h.TimeoutSeconds, 0.1, 86400)
	m.atLeast(at+"/maxConsecutiveFailures", float64(h.MaxConsecutiveFailures), 0)
	if h.IPProtocol != "" && h.IPProtocol != "IPv4" {
		m.add(at+"/ipProtocol", "IPv6 is not supported by this engine")
	}
	if h.Protocol == "COMMAND" {
		if h.Command == nil || h.Command.Value == "" {
			m.add(at+"/command", "must not be empty")
		}
		return
	}
	if h.Path != "" && !plainText(h.Path) {
		m.add(at+"/path", "must have no control characters")
	}
	a.validateCheckedPort(m, at, h)
}

func (a *app) validateCheckedPort(m mistakes, at string, h healthCheck) {
	if h.Port != nil {
		if h.PortIndex != nil {
			m.add(at, "cannot specify both port and portIndex")
		}
		m.between(at+"/port", float64(*h.Port), 1, 65535)
		return
	}
	if index := checkedIndex(h); index < 0 || index >= len(a.mappings()) || a.mappings()[index].Protocol != "tcp" {
		m.add(at+"/portIndex", "Health check port indices must address an element of the ports array or container port mappings.")
	}
}

func (a *app) validateTexts(m mistakes) {
	for name, value := range a.Env {
		if !envName.MatchString(name) {
			m.add("/env", "%q is not the name of an environment variable", name)
		}
		if strings.ContainsRune(value, 0) {
			m.add("/env", "the value of %s has a NUL character", name)
		}
	}
	for _, text := range append([]string{a.Cmd}, a.Args...) {
		if strings.ContainsRune(text, 0) {
			m.add("/", "the command has a NUL character")
		}
	}
}

// checkedIndex is the index of the port that a health check asks; 0 if it
// names none.
func checkedIndex(h healthCheck) int {
	if h.PortIndex == nil {
		return 0
	}
	return *h.PortIndex
}
