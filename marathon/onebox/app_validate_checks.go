package onebox

import (
	"fmt"
	"slices"
)

// checkProtocols are the kinds of health checks, and whether they are of the
// kind that Mesos would carry out, from inside the container.
var checkProtocols = map[string]bool{
	"HTTP": false, "HTTPS": false, "TCP": false,
	"COMMAND": true, "MESOS_HTTP": true, "MESOS_HTTPS": true, "MESOS_TCP": true,
}

func (a *app) validateHealthChecks(m mistakes) {
	mesos := 0
	for i, h := range a.HealthChecks {
		at := fmt.Sprintf("/healthChecks(%d)", i)
		byMesos := checkProtocols[h.Protocol]
		if byMesos {
			mesos++
		}
		a.validateHealthCheck(m, at, h, byMesos)
	}
	if mesos > 1 {
		m.add("/healthChecks", "AppDefinition can contain at most one Mesos health check")
	}
}

func (a *app) validateHealthCheck(m mistakes, at string, h healthCheck, byMesos bool) {
	m.between(at+"/intervalSeconds", h.IntervalSeconds, 0, 86400)
	m.between(at+"/timeoutSeconds", h.TimeoutSeconds, 0, 86400)
	if h.DelaySeconds != nil {
		m.between(at+"/delaySeconds", *h.DelaySeconds, 0, 86400)
	}
	if h.IPProtocol == "IPv6" && !byMesos {
		m.add(at+"/ipProtocol", "IPv6 can only be used with MESOS_* health checks")
	}
	if h.IPProtocol == "IPv6" && a.image() == nil {
		m.add(at+"/ipProtocol", "IPv6 can only be used with container type DOCKER")
	}
	if h.Protocol == "COMMAND" {
		a.validateCheckCommand(m, at, h)
		return
	}
	if h.Command != nil {
		m.add(at+"/command", "must be empty for health checks that are not COMMAND")
	}
	if h.Path != "" && !plainText(h.Path) {
		m.add(at+"/path", "must have no control characters")
	}
	a.validateCheckedPort(m, at, h)
}

func (a *app) validateCheckCommand(m mistakes, at string, h healthCheck) {
	if h.Command == nil || h.Command.Value == "" {
		m.add(at+"/command", "must not be empty")
	}
	if h.Port != nil || h.PortIndex != nil || h.Path != "" {
		m.add(at, "COMMAND health checks have neither path nor port")
	}
}

func (a *app) validateCheckedPort(m mistakes, at string, h healthCheck) {
	if h.Port != nil {
		if h.PortIndex != nil {
			m.add(at, "cannot specify both port and portIndex")
		}
		m.between(at+"/port", float64(*h.Port), 1, 65535)
		return
	}
	list := a.portSpecs()
	n := h.PortIndex.find(list)
	if n < 0 || !slices.Contains(list[n].protocols(), "tcp") {
		m.add(at+"/portIndex", "Health check port indices must address an element of the ports array or container port mappings.")
	}
}

func (a *app) validateReadinessChecks(m mistakes) {
	if len(a.ReadinessChecks) > 1 {
		m.add("/readinessChecks", "AppDefinition can contain at most one readiness check")
	}
	for i, r := range a.ReadinessChecks {
		a.validateReadinessCheck(m, fmt.Sprintf("/readinessChecks(%d)", i), r)
	}
}

func (a *app) validateReadinessCheck(m mistakes, at string, r readinessCheck) {
	if r.Name == "" {
		m.add(at+"/name", "must not be empty")
	}
	m.between(at+"/intervalSeconds", r.IntervalSeconds, 1, 86400)
	m.between(at+"/timeoutSeconds", r.TimeoutSeconds, 1, 86400)
	if r.TimeoutSeconds >= r.IntervalSeconds {
		m.add(at+"/timeoutSeconds", "must be less than intervalSeconds")
	}
	if !plainText(r.Path) {
		m.add(at+"/path", "must have no control characters")
	}
	if (&portRef{Name: r.PortName}).find(a.portSpecs()) < 0 || r.PortName == "" {
		m.add(at+"/portName", "No port definition reference for portName %s", r.PortName)
	}
}
