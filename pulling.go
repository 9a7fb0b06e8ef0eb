package seedbed

import "fmt"

// Pulling is how far the image of a workload has come from its registry: bytes.
// Total grows while its parts are being asked about; 0 means that nothing is known
// of it yet.
type Pulling struct{ Current, Total int64 }

// Sentence says it to people: "Its image is being fetched: 143 of 210 MB."
func (p Pulling) Sentence() string {
	const megabyte = 1_000_000
	total := (p.Total + megabyte - 1) / megabyte
	if total == 0 {
		return "Its image is being fetched."
	}
	return fmt.Sprintf("Its image is being fetched: %d of %d MB.", min(p.Current/megabyte, total), total)
}
