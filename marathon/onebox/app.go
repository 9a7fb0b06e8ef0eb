package onebox

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// app is an app definition, in the JSON form that Marathon 1.8 sends. A value
// that was stored is never changed; a new version is a new value.
type app struct {
	ID                         string              `json:"id"`
	Args                       []string            `json:"args,omitempty"`
	BackoffFactor              float64             `json:"backoffFactor"`
	BackoffSeconds             float64             `json:"backoffSeconds"`
	Cmd                        string              `json:"cmd,omitempty"`
	Container                  *appContainer       `json:"container,omitempty"`
	CPUs                       float64             `json:"cpus"`
	Disk                       float64             `json:"disk"`
	Env                        map[string]string   `json:"env,omitempty"`
	Executor                   string              `json:"executor"`
	GPUs                       int                 `json:"gpus"`
	HealthChecks               []healthCheck       `json:"healthChecks,omitempty"`
	Instances                  int                 `json:"instances"`
	KillSelection              string              `json:"killSelection"`
	Labels                     map[string]string   `json:"labels"`
	MaxLaunchDelaySeconds      float64             `json:"maxLaunchDelaySeconds"`
	Mem                        float64             `json:"mem"`
	Networks                   []appNetwork        `json:"networks"`
	RequirePorts               bool                `json:"requirePorts"`
	TaskKillGracePeriodSeconds *float64            `json:"taskKillGracePeriodSeconds,omitempty"`
	UnreachableStrategy        unreachableStrategy `json:"unreachableStrategy"`
	UpgradeStrategy            upgradeStrategy     `json:"upgradeStrategy"`
	Version                    string              `json:"version"`
	VersionInfo                versionInfo         `json:"versionInfo"`
}

type appContainer struct {
	Type         string        `json:"type"`
	Docker       *dockerImage  `json:"docker,omitempty"`
	Volumes      []appVolume   `json:"volumes"`
	PortMappings []portMapping `json:"portMappings"`
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

type portMapping struct {
	ContainerPort int               `json:"containerPort"`
	HostPort      int               `json:"hostPort"`
	Labels        map[string]string `json:"labels"`
	Name          string            `json:"name,omitempty"`
	Protocol      string            `json:"protocol"`
	ServicePort   int               `json:"servicePort"`
}

type appNetwork struct {
	Mode string `json:"mode"`
	Name string `json:"name,omitempty"`
}

type unreachableStrategy struct {
	InactiveAfterSeconds int `json:"inactiveAfterSeconds"`
	ExpungeAfterSeconds  int `json:"expungeAfterSeconds"`
}

type upgradeStrategy struct {
	MinimumHealthCapacity float64 `json:"minimumHealthCapacity"`
	MaximumOverCapacity   float64 `json:"maximumOverCapacity"`
}

type versionInfo struct {
	LastScalingAt      string `json:"lastScalingAt"`
	LastConfigChangeAt string `json:"lastConfigChangeAt"`
}

// healthCheck is one health check; absent times have Marathon's defaults.
type healthCheck struct {
	Command                *checkCommand `json:"command,omitempty"`
	DelaySeconds           float64       `json:"delaySeconds,omitempty"`
	GracePeriodSeconds     float64       `json:"gracePeriodSeconds"`
	IgnoreHTTP1xx          bool          `json:"ignoreHttp1xx"`
	IntervalSeconds        float64       `json:"intervalSeconds"`
	IPProtocol             string        `json:"ipProtocol,omitempty"`
	MaxConsecutiveFailures int           `json:"maxConsecutiveFailures"`
	Path                   string        `json:"path,omitempty"`
	Port                   *int          `json:"port,omitempty"`
	PortIndex              *int          `json:"portIndex,omitempty"`
	Protocol               string        `json:"protocol"`
	TimeoutSeconds         float64       `json:"timeoutSeconds"`
}

type checkCommand struct {
	Value string `json:"value"`
}

// UnmarshalJSON reads a health check and fills in Marathon's defaults.
func (h *healthCheck) UnmarshalJSON(b []byte) error {
	type plain healthCheck
	in := plain{Protocol: "HTTP", GracePeriodSeconds: 300, IntervalSeconds: 60, TimeoutSeconds: 20, MaxConsecutiveFailures: 3}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*h = healthCheck(in)
	return nil
}

// grace is how long a container may take to end after it was asked to. Three
// seconds is Mesos' default.
func (a *app) grace() time.Duration {
	if a.TaskKillGracePeriodSeconds == nil {
		return 3 * time.Second
	}
	return seconds(*a.TaskKillGracePeriodSeconds)
}

// sameConfig reports whether two definitions differ in nothing, or only in the
// number of instances: then no container has to be replaced. They are compared
// as they are shown, for an empty list and none are the same.
func (a *app) sameConfig(b *app) bool {
	return bytes.Equal(a.fingerprint(), b.fingerprint())
}

// fingerprint is the definition's text without what does not make containers
// different.
func (a *app) fingerprint() []byte {
	c := *a
	c.Instances, c.Version, c.VersionInfo, c.Labels = 0, "", versionInfo{}, orNil(c.Labels)
	text, err := json.Marshal(c)
	if err != nil {
		return nil // a definition came from JSON, so it can be JSON again
	}
	return text
}

func orNil(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return m
}

// mappings returns the port mappings, in order.
func (a *app) mappings() []portMapping {
	if a.Container == nil {
		return nil
	}
	return a.Container.PortMappings
}

// withInstances returns a copy that should have n instances.
func (a *app) withInstances(n int) *app {
	c := *a
	c.Instances = n
	return &c
}

// servicePorts returns the service ports of all apps given.
func servicePorts(apps []*appRecord) map[int]bool {
	taken := map[int]bool{}
	for _, r := range apps {
		for _, m := range r.App.mappings() {
			taken[m.ServicePort] = true
		}
	}
	return taken
}

// sortedKeys returns the keys of m in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// seconds turns Marathon's seconds into a duration; more than a year is a year.
func seconds(s float64) time.Duration {
	const year = 365 * 24 * time.Hour
	if s >= year.Seconds() {
		return year
	}
	return time.Duration(s * float64(time.Second))
}

// stampForm is how Marathon writes times: always UTC, always three digits of
// milliseconds, so that they also sort as text.
const stampForm = "2006-01-02T15:04:05.000Z"

// stamp writes a time as Marathon does; the zero time is empty.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stampForm)
}

// laterStamp returns the time now as a stamp, or the millisecond after the
// latest of the given stamps if that is later: versions never repeat.
func laterStamp(now time.Time, after ...string) string {
	next := stamp(now)
	for _, s := range after {
		if t, err := time.Parse(stampForm, s); err == nil && s >= next {
			next = stamp(t.Add(time.Millisecond))
		}
	}
	return next
}
