package seedbed_test

import (
	"testing"

	"seedbed"
)

func TestWaiting_SaysWhatIsMissing(t *testing.T) {
	for want, w := range map[string]seedbed.Waiting{
		"It needs 512 MB of memory on one machine, and the freest has 300 MB left.":     {For: seedbed.ShortOfMemory, Need: 512, Freest: 300},
		"It needs 0.5 of the processors of one machine, and the freest has 0.25 left.":  {For: seedbed.ShortOfCPUs, Need: 0.5, Freest: 0.25},
		"It needs 10 MB of disk on one machine, and the freest has 0 MB left.":          {For: seedbed.ShortOfDisk, Need: 10},
		"No machine has a port free that it could be reached at.":                       {For: seedbed.ShortOfPorts},
		"No machine has a GPU free for it.":                                             {For: seedbed.ShortOfGPUs},
		"The machines that have room are about to be switched off for maintenance.":     {For: seedbed.InMaintenance},
		"The machines that have room are kept for what needs their GPUs.":               {For: seedbed.KeptForGPUs},
		"No machine has what was set aside for it.":                                     {For: seedbed.NotReserved},
		"No machine has room for it. The engine calls the reason InsufficientPatience.": {Reason: "InsufficientPatience"},
		"No machine has room for it.":                                                   {},
	} {
		if got := w.Sentence(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
