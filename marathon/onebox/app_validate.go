package onebox

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"

	"github.com/distribution/reference"
)

// mistakes collects what is wrong, a list for each place.
type mistakes map[string][]string

func (m mistakes) add(path, format string, a ...any) {
	m[path] = append(m[path], fmt.Sprintf(format, a...))
}

func (m mistakes) between(path string, got, low, high float64) {
	if !(got >= low && got <= high) {
		m.add(path, "got %s, expected between %.1f and %.1f", shortNumber(got), low, high)
	}
}

// shortNumber writes what nobody would count the digits of as 1E+30.
func shortNumber(f float64) string {
	if math.Abs(f) < 1e15 {
		return decimal(f)
	}
	return strconv.FormatFloat(f, 'G', -1, 64)
}

// err returns all mistakes as Marathon's answer, or nil.
func (m mistakes) err() error {
	if len(m) == 0 {
		return nil
	}
	return notValid(m.details())
}

// details returns all mistakes, ordered by place.
func (m mistakes) details() []detail {
	var out []detail
	for path, errs := range m {
		out = append(out, detail{path, errs})
	}
	slices.SortFunc(out, func(a, b detail) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

var userName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,31})?$`)

// validate returns what is wrong with a definition, as Marathon would say it,
// or nil. What is refused for safety is in policy.go.
func (a *app) validate() error {
	m := mistakes{}
	if errs := idMistakes(a.ID); len(errs) > 0 {
		m["/id"] = errs
	}
	a.validateResources(m)
	a.validateStrategies(m)
	a.validateCommand(m)
	a.validateProgram(m)
	a.validateContainer(m)
	a.validateNetworks(m)
	a.validatePorts(m)
	a.validateHealthChecks(m)
	a.validateReadinessChecks(m)
	a.validateConstraints(m)
	a.validateDependencies(m)
	a.validateFetch(m)
	a.validateTexts(m)
	return m.err()
}

func (a *app) validateResources(m mistakes) {
	const sane = 1e6 // more is a slip of the keyboard, and would overflow further on
	m.between("/cpus", a.CPUs, 0.001, sane)
	m.between("/mem", a.Mem, 0, 1e9)
	m.between("/disk", a.Disk, 0, 1e12)
	m.between("/instances", float64(a.Instances), 0, 1000)
	if a.GPUs > 0 {
		m.add("/gpus", "GPU resources only work with the Mesos containerizer, and this engine has none")
	}
	if l := a.ResourceLimits; l != nil {
		l.CPUs.validate(m, "/resourceLimits/cpus", a.CPUs)
		l.Mem.validate(m, "/resourceLimits/mem", a.Mem)
	}
	if r := a.AcceptedResourceRoles; r != nil && !slices.Contains(r, "*") {
		m.add("/acceptedResourceRoles", "acceptedResourceRoles must contain \"*\": this engine has no other role")
	}
}

func (l *limit) validate(m mistakes, path string, request float64) {
	if l != nil && *l >= 0 && float64(*l) < request {
		m.add(path, "got %v, expected %v or more", float64(*l), request)
	}
}

func (a *app) validateStrategies(m mistakes) {
	const sane = 1e6
	m.between("/backoffFactor", a.BackoffFactor, 1, sane)
	m.between("/upgradeStrategy/minimumHealthCapacity", a.UpgradeStrategy.MinimumHealthCapacity, 0, 1)
	m.between("/upgradeStrategy/maximumOverCapacity", a.UpgradeStrategy.MaximumOverCapacity, 0, 1)
	if a.TaskKillGracePeriodSeconds != nil {
		m.between("/taskKillGracePeriodSeconds", *a.TaskKillGracePeriodSeconds, 0, 3600)
	}
	if a.single() && a.Instances > 1 {
		m.add("/instances", "Single instance app may only have one instance")
	}
	if a.single() && a.UpgradeStrategy != (upgradeStrategy{}) {
		m.add("/upgradeStrategy", "minimumHealthCapacity and maximumOverCapacity must be 0 for an app of which there is one instance only")
	}
	u := a.UnreachableStrategy
	if u.InactiveAfterSeconds > u.ExpungeAfterSeconds {
		m.add("/unreachableStrategy", "inactiveAfterSeconds must be less or equal to expungeAfterSeconds")
	}
}

func (a *app) validateCommand(m mistakes) {
	if a.Cmd != "" && len(a.Args) > 0 || a.Cmd == "" && len(a.Args) == 0 && a.Container == nil {
		m.add("/", "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.")
	}
	if a.Executor != "" && a.Executor != "//cmd" {
		m.add("/executor", "must be empty or //cmd: this engine has no other executors")
	}
	if a.User != "" && !userName.MatchString(a.User) {
		m.add("/user", "must fully match regular expression '%s'", userName)
	}
}

func (a *app) validateContainer(m mistakes) {
	if a.Container == nil {
		return
	}
	if image := a.image(); image != nil {
		if _, err := reference.ParseNormalizedNamed(image.Image); err != nil {
			m.add("/container/docker/image", "is not the name of an image: %v", err)
		}
	} else if a.Container.Type == dockerContainer {
		m.add("/container/docker", "must not be empty")
	} else if a.Cmd == "" && len(a.Args) == 0 {
		m.add("/", "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.")
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
}

func (a *app) validateConstraints(m mistakes) {
	for i, c := range a.Constraints {
		if mistake := c.mistake(); mistake != "" {
			m.add(fmt.Sprintf("/constraints(%d)", i), "%s", mistake)
		}
	}
}

func (a *app) validateDependencies(m mistakes) {
	for i, id := range a.Dependencies {
		if errs := idMistakes(id); len(errs) > 0 {
			m[fmt.Sprintf("/dependencies(%d)", i)] = errs
		}
	}
}
