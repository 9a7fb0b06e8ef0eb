package seedbed

import "time"

// MachineID names a machine to the engine.
type MachineID string

// Machine is a computer on which the engine runs tasks.
type Machine struct {
	ID    MachineID
	Name  string // or address
	Up    bool   // the engine hears from it
	Since time.Time
	// Total is what the engine may give away, Promised what it gave to the tasks
	// that are there. What tasks really use at a moment is less or more.
	Total, Promised Resources
	Tasks           int // that run there
	// FreeDisk is how many bytes of its disk are free; 0 where that is not known.
	FreeDisk int64
}

// Resources are amounts of what tasks need.
type Resources struct {
	CPUs   float64
	Memory int64 // bytes
	Disk   int64 // bytes
}
