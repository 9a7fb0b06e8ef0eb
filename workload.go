package seedbed

import (
	"strconv"
	"time"
)

// WorkloadID names a workload to the engine: a path such as "/sites/wiki".
type WorkloadID string

// Workload is what the engine is asked to keep running for a site or service.
// It is complete: applying it replaces whatever the engine had under its ID.
type Workload struct {
	ID        WorkloadID
	Image     string // full reference, pinned by content
	Instances int
	CPUs      float64
	Memory    int // MiB
	Env       map[string]string
	Port      int // that the container listens on
	// ServicePort is the fixed port under which a shared service is reached;
	// 0 for sites.
	ServicePort int
	// More are the ports besides Port, in an order that never changes.
	More   []Port
	Mounts []Mount
	Health HealthCheck
	Labels map[string]string
	// OneWriter is true if two instances may never run at the same time,
	// because both would write the same volume.
	OneWriter bool
}

// Port is one more port that a workload's container listens on.
type Port struct {
	Container int
	Service   int // the fixed port under which it is reached
}

// Labels that Seedbed gives its workloads, besides Marathon's usual ones.
const (
	// DeploymentLabel holds the Mark of what is being carried out, so that
	// "does the engine already have it?" needs no other memory.
	DeploymentLabel = "SEEDBED_DEPLOYMENT"
	// DomainLabel holds the site's host names, separated by spaces.
	DomainLabel = "domain"
	// NameLabel holds the site's Label.
	NameLabel = "name"
	// ServicePortLabel holds the service port of a shared service; see
	// ServicePortLabelOf for its further ones.
	ServicePortLabel = "SEEDBED_SERVICE_PORT"
)

// ServicePortLabelOf returns the label that holds the service port of the port
// with an index: 0 is Workload.Port, 1 the first of More.
func ServicePortLabelOf(index int) string {
	if index == 0 {
		return ServicePortLabel
	}
	return ServicePortLabel + "_" + strconv.Itoa(index)
}

// Mount puts a directory of the machine into the container.
type Mount struct {
	Source   string // absolute path on the machine
	Target   string // absolute path in the container
	ReadOnly bool
}

// Observed is what the engine says of a workload at one moment.
type Observed struct {
	ID         WorkloadID
	Deployment string // value of DeploymentLabel
	Instances  int    // how many there should be
	Running    int    // how many run
	Healthy    int    // how many of those are well; a workload without health check is well when it runs
	Settled    bool   // the engine has no deployment of it under way
	// Unseen is true if the engine cannot tell now whether the tasks run.
	Unseen  bool
	Failure *Failure
	Pulling *Pulling // how far its image has come; nil if it is not on its way, or that is not known
	Waiting *Waiting // why what does not run waits for a machine; nil if that is not known
}

// Well reports whether all that should run runs and is well, from the given
// deployment.
func (o Observed) Well(deployment string) bool {
	return o.Deployment == deployment && o.Settled && !o.Unseen && o.Instances > 0 && o.Healthy >= o.Instances
}

// Failure is the last time that a container of a workload ended by itself.
type Failure struct {
	At      time.Time
	Message string // the engine's own words, perhaps several lines
}

// ServiceHost is the name under which containers reach the shared services of
// the installation, each at its service port.
const ServiceHost = "services.seedbed.internal"

// Route is one host name that visitors' requests are led by.
type Route struct {
	Instances int // that visitors can be sent to; 0 means they are told to come back later
}

// Routes is what nginx serves now.
type Routes struct {
	Hosts map[HostName]Route
	Ports map[int]Route // service ports
	// Refused says what was left out, by workload: sentences for people, such as
	// that a host name belongs to another site.
	Refused map[WorkloadID][]string
	// Served has the Digest of the VirtualHost with which nginx serves a workload.
	// It is nil if the router does not tell.
	Served map[WorkloadID]string
}

// Answer is what came back when the portal asked a site's address through
// nginx, as a visitor would.
type Answer struct {
	At     time.Time
	Took   time.Duration
	Status int    // of HTTP; 0 when nothing answered
	Err    string // why nothing answered
}

// OK reports whether the site itself answered and did not fail.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 500 && a.Status != 404 }
