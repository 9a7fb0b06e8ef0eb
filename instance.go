package seedbed

// Instance is one running copy of a workload and where it is reached. The
// bridge writes it to Consul.
type Instance struct {
	ID       string // unique and never used again: Marathon's task id
	Workload WorkloadID
	Host     string // address of the machine it runs on
	Ports    []int  // of that machine, in the workload's order
	Healthy  bool   // visitors may be sent to it
	Reason   string // why not, if it is not Healthy
	// Draining is true while the engine is stopping it: nobody new is to be led
	// there.
	Draining bool
	// Unchecked is true if nobody checks its health; see UncheckedLabel.
	Unchecked bool
	Labels    map[string]string
}

// UncheckedLabel says what is thought of the instances of a workload that has
// no health checks: "passing", which is the default, "warning" or "critical".
const UncheckedLabel = "SEEDBED_UNCHECKED"

// Hint says that something may have changed at the engine, and where. What has
// changed is to be looked up; only what has ended is told as a fact.
type Hint struct {
	// Missed is true if hints before this one may have been lost.
	Missed bool
	// All is true if it cannot be told which workloads are concerned.
	All       bool
	Workloads []WorkloadID
	// Ended are ids of instances that have surely ended.
	Ended []string
	// Gone are workloads that the engine has surely ended as a whole.
	Gone []WorkloadID
}
