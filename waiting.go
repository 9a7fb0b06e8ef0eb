package seedbed

import (
	"fmt"
	"strconv"
)

// Shortage is what keeps a workload from being started, although nothing of it
// has failed.
type Shortage string

// The shortages that can be told apart.
const (
	ShortOfCPUs   Shortage = "cpus"
	ShortOfMemory Shortage = "memory"
	ShortOfDisk   Shortage = "disk"
	ShortOfPorts  Shortage = "ports"
	ShortOfGPUs   Shortage = "gpus"
	KeptForGPUs   Shortage = "kept"        // the machines that have room are kept for what needs their GPUs
	NoFitMachine  Shortage = "machine"     // no machine is as was asked for
	NotOffered    Shortage = "role"        // the machines are offered to others
	NotReserved   Shortage = "reservation" // what is set aside for it is not on any machine
	InMaintenance Shortage = "maintenance" // the machines are about to be switched off
	NoRoom        Shortage = ""            // for another reason
)

// Waiting is why a workload waits for a machine that could take it.
type Waiting struct {
	For Shortage
	// Reason is the engine's own name of it, such as "InsufficientCpus".
	Reason string
	// Need is how much one container asks for, and Freest how much the machine
	// has that has most of it: processors, or MiB.
	Need, Freest float64
}

// Sentence says it to people, after "It cannot be started now." or the like.
func (w Waiting) Sentence() string {
	switch w.For {
	case ShortOfCPUs:
		return fmt.Sprintf("It needs %s of the processors of one machine, and the freest has %s left.", amount(w.Need), amount(w.Freest))
	case ShortOfMemory:
		return fmt.Sprintf("It needs %s MB of memory on one machine, and the freest has %s MB left.", amount(w.Need), amount(w.Freest))
	case ShortOfDisk:
		return fmt.Sprintf("It needs %s MB of disk on one machine, and the freest has %s MB left.", amount(w.Need), amount(w.Freest))
	case ShortOfPorts:
		return "No machine has a port free that it could be reached at."
	case ShortOfGPUs:
		return "No machine has a GPU free for it."
	case KeptForGPUs:
		return "The machines that have room are kept for what needs their GPUs."
	case NoFitMachine:
		return "No machine is as it asks for, or those that are have as many containers of it as they may."
	case NotOffered:
		return "The machines are set aside for others. Whoever looks after them can give some to the sites."
	case NotReserved:
		return "No machine has what was set aside for it."
	case InMaintenance:
		return "The machines that have room are about to be switched off for maintenance."
	}
	if w.Reason == "" {
		return "No machine has room for it."
	}
	return "No machine has room for it. The engine calls the reason " + w.Reason + "."
}

func amount(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
