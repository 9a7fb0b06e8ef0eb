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
	AcceptedResourceRoles      []string            `json:"acceptedResourceRoles,omitempty"`
	Args                       []string            `json:"args,omitempty"`
	BackoffFactor              float64             `json:"backoffFactor" must:"min=1"`
	BackoffSeconds             float64             `json:"backoffSeconds" must:"min=0 whole"`
	Cmd                        string              `json:"cmd,omitempty" must:"minLength=1"`
	Constraints                []constraint        `json:"constraints,omitempty"`
	Container                  *appContainer       `json:"container,omitempty"`
	CPUs                       float64             `json:"cpus" must:"min=0.001"`
	Dependencies               []string            `json:"dependencies,omitempty"`
	Disk                       float64             `json:"disk" must:"min=0"`
	Env                        map[string]string   `json:"env,omitempty"`
	Executor                   string              `json:"executor" must:"pattern=executor"`
	Fetch                      []fetch             `json:"fetch,omitempty"`
	GPUs                       int                 `json:"gpus" must:"min=0"`
	HealthChecks               []healthCheck       `json:"healthChecks,omitempty"`
	Instances                  int                 `json:"instances" must:"min=0"`
	KillSelection              string              `json:"killSelection" must:"enum=YOUNGEST_FIRST|OLDEST_FIRST"`
	Labels                     map[string]string   `json:"labels"`
	MaxLaunchDelaySeconds      float64             `json:"maxLaunchDelaySeconds" must:"min=0 whole"`
	Mem                        float64             `json:"mem" must:"min=0"`
	Networks                   []appNetwork        `json:"networks"`
	PortDefinitions            []portDefinition    `json:"portDefinitions,omitzero"` // on the host's network only; then never nil
	ReadinessChecks            []readinessCheck    `json:"readinessChecks,omitempty"`
	RequirePorts               bool                `json:"requirePorts"`
	ResourceLimits             *resourceLimits     `json:"resourceLimits,omitempty"`
	TaskKillGracePeriodSeconds *float64            `json:"taskKillGracePeriodSeconds,omitempty" must:"min=0 whole"`
	UnreachableStrategy        unreachableStrategy `json:"unreachableStrategy"`
	UpgradeStrategy            upgradeStrategy     `json:"upgradeStrategy"`
	User                       string              `json:"user,omitempty"`
	Version                    string              `json:"version"`
	VersionInfo                versionInfo         `json:"versionInfo"`
}

// fetch is a file that is put into the sandbox before a task begins.
type fetch struct {
	URI        string `json:"uri" must:"required"`
	Extract    bool   `json:"extract"`
	Executable bool   `json:"executable"`
	Cache      bool   `json:"cache"`
	DestPath   string `json:"destPath,omitempty"`
}

// UnmarshalJSON reads a fetch and fills in Marathon's default: extract.
func (f *fetch) UnmarshalJSON(b []byte) error {
	type plain fetch
	in := plain{Extract: true}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*f = fetch(in)
	return nil
}

type upgradeStrategy struct {
	MinimumHealthCapacity float64 `json:"minimumHealthCapacity"`
	MaximumOverCapacity   float64 `json:"maximumOverCapacity"`
}

type versionInfo struct {
	LastScalingAt      string `json:"lastScalingAt"`
	LastConfigChangeAt string `json:"lastConfigChangeAt"`
}

// unreachableStrategy says how long an instance that is not seen is waited for.
// Disabled means for ever.
type unreachableStrategy struct {
	Disabled             bool
	InactiveAfterSeconds int64
	ExpungeAfterSeconds  int64
}

type unreachableTimes struct {
	InactiveAfterSeconds int64 `json:"inactiveAfterSeconds" must:"min=0"`
	ExpungeAfterSeconds  int64 `json:"expungeAfterSeconds" must:"min=0"`
}

const disabled = "disabled"

// MarshalJSON writes "disabled", or the two times.
func (u unreachableStrategy) MarshalJSON() ([]byte, error) {
	if u.Disabled {
		return json.Marshal(disabled)
	}
	return json.Marshal(unreachableTimes{u.InactiveAfterSeconds, u.ExpungeAfterSeconds})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (u *unreachableStrategy) UnmarshalJSON(b []byte) error {
	if string(b) == `"`+disabled+`"` {
		*u = unreachableStrategy{Disabled: true}
		return nil
	}
	var in unreachableTimes
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*u = unreachableStrategy{false, in.InactiveAfterSeconds, in.ExpungeAfterSeconds}
	return nil
}

// resourceLimits are what a task may use beyond what it is promised: a number,
// or "unlimited".
type resourceLimits struct {
	CPUs *limit `json:"cpus,omitempty"`
	Mem  *limit `json:"mem,omitempty"`
}

// limit is a number; negative means that there is none.
type limit float64

const unlimited = "unlimited"

// MarshalJSON writes a number, or "unlimited".
func (l limit) MarshalJSON() ([]byte, error) {
	if l < 0 {
		return json.Marshal(unlimited)
	}
	return json.Marshal(float64(l))
}

// UnmarshalJSON reads what MarshalJSON writes. Numbers below zero are none.
func (l *limit) UnmarshalJSON(b []byte) error {
	if string(b) == `"`+unlimited+`"` {
		*l = -1
		return nil
	}
	var n float64
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*l = limit(max(n, 0))
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

// withInstances returns a copy that should have n instances.
func (a *app) withInstances(n int) *app {
	c := *a
	c.Instances = n
	return &c
}

// sortedKeys returns the keys of m in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// seconds turns Marathon's seconds into a duration, and is the only place that
// does: more than a year is a year, less than nothing is nothing.
func seconds(s float64) time.Duration {
	const year = 365 * 24 * time.Hour
	return time.Duration(min(max(s, 0), year.Seconds()) * float64(time.Second))
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
