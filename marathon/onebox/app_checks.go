package onebox

import (
	"encoding/json"
	"strconv"
	"strings"
)

// healthCheck is one health check; absent times have Marathon's defaults.
type healthCheck struct {
	Command                *checkCommand `json:"command,omitempty"`
	DelaySeconds           *float64      `json:"delaySeconds,omitempty" must:"min=0 whole"`
	GracePeriodSeconds     float64       `json:"gracePeriodSeconds" must:"min=0 whole"`
	IgnoreHTTP1xx          bool          `json:"ignoreHttp1xx"`
	IntervalSeconds        float64       `json:"intervalSeconds" must:"min=0 whole"`
	IPProtocol             string        `json:"ipProtocol,omitempty" must:"enum?=IPv4|IPv6"`
	MaxConsecutiveFailures int           `json:"maxConsecutiveFailures" must:"min=0"`
	Path                   string        `json:"path,omitempty"`
	Port                   *int          `json:"port,omitempty" must:"min=0 max=65535"`
	PortIndex              *portRef      `json:"portIndex,omitempty"`
	Protocol               string        `json:"protocol" must:"enum=HTTP|HTTPS|TCP|COMMAND|MESOS_TCP|MESOS_HTTP|MESOS_HTTPS"`
	TimeoutSeconds         float64       `json:"timeoutSeconds" must:"min=0 whole"`
}

type checkCommand struct {
	Value string `json:"value" must:"required"`
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

// portRef names a port of the app: by its place in the order, or by its name.
type portRef struct {
	Index int
	Name  string // "" means that Index counts
}

// MarshalJSON writes a number or a name.
func (p portRef) MarshalJSON() ([]byte, error) {
	if p.Name != "" {
		return json.Marshal(p.Name)
	}
	return json.Marshal(p.Index)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *portRef) UnmarshalJSON(b []byte) error {
	*p = portRef{}
	if strings.HasPrefix(string(b), `"`) {
		return json.Unmarshal(b, &p.Name)
	}
	return json.Unmarshal(b, &p.Index)
}

// find returns the place of the port among those of the app, or -1.
func (p *portRef) find(list []portSpec) int {
	if p == nil {
		p = &portRef{}
	}
	for n, spec := range list {
		if p.Name == "" && n == p.Index || p.Name != "" && p.Name == spec.Name {
			return n
		}
	}
	return -1
}

// String returns the name, or the place.
func (p portRef) String() string {
	if p.Name != "" {
		return p.Name
	}
	return strconv.Itoa(p.Index)
}

// readinessCheck holds a deployment back until an instance says that it is
// ready.
type readinessCheck struct {
	Name                    string  `json:"name"`
	Protocol                string  `json:"protocol" must:"enum=HTTP|HTTPS"`
	Path                    string  `json:"path"`
	PortName                string  `json:"portName"`
	IntervalSeconds         float64 `json:"intervalSeconds" must:"min=0 whole"`
	TimeoutSeconds          float64 `json:"timeoutSeconds" must:"min=0 whole"`
	HTTPStatusCodesForReady []int   `json:"httpStatusCodesForReady" must:"min=100 max=999"`
	PreserveLastResponse    bool    `json:"preserveLastResponse"`
}

// UnmarshalJSON reads a readiness check and fills in Marathon's defaults.
func (r *readinessCheck) UnmarshalJSON(b []byte) error {
	type plain readinessCheck
	in := plain{Name: "readinessCheck", Protocol: "HTTP", Path: "/", PortName: "http-api", IntervalSeconds: 30, TimeoutSeconds: 10}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	if len(in.HTTPStatusCodesForReady) == 0 {
		in.HTTPStatusCodesForReady = []int{200}
	}
	*r = readinessCheck(in)
	return nil
}
