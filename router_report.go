package seedbed

import "time"

// RouterReport is how a router does. Counters begin with its process.
type RouterReport struct {
	SeenAt    time.Time // when Consul was last known to hold what is served or is being applied; zero if never
	Sites     int       // that are served
	Instances int       // of those
	Services  int
	Refused   int // workloads of which something was left out
	Held      int // sites that keep instances that are gone, because too many went at once
	LeftOut   int // sites that nginx refuses as they are now
	// OldGenerations is how many earlier configurations old workers of nginx still
	// serve, because connections to them last.
	OldGenerations int
	Applies        uint64        // configurations that nginx has proved to serve
	FailedRounds   uint64        // attempts that came to nothing
	ApplySum       time.Duration // that all applies took, from the test to the proof
	ApplyTook      []TimeClass   // by how long they took
	Visits         uint64        // that were counted
	// UnreadableVisits are lines of the log that cannot be read.
	UnreadableVisits uint64
}

// TimeClass counts what took at most so many seconds.
type TimeClass struct {
	AtMost float64
	Count  uint64
}
