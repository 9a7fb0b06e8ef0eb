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
	Labels   map[string]string
}
