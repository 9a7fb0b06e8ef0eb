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
	NoFitMachine  Shortage = "machine" // no machine is as was asked for
	NoRoom        Shortage = ""        // for another reason
)

// Waiting is why a workload waits for a machine that could take it.
type Waiting struct {
	For Shortage
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
	case NoFitMachine:
		return "No machine is as it asks for, or those that are have as many containers of it as they may."
	}
	return "No machine has room for it."
}

func amount(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
