package seedbed

import "time"

// BridgeReport is what a bridge knows of its own work.
type BridgeReport struct {
	Role BridgeRole
	// SnapshotAt is when the engine last gave an answer that is complete and
	// sound; zero if it has not yet.
	SnapshotAt time.Time
	// ComparedAt is when all of it was last compared with what Consul holds, and
	// Found what that comparison found, before it was mended.
	ComparedAt time.Time
	Found      BridgeDrift
	Instances  int // entries in Consul that this bridge keeps
	// Held are the removals that are held back because they are too many at once;
	// see consul's DESIGN.md. At most MaxHeld of them are named.
	Held      []HeldRemoval
	HeldCount int
	// Clashes are sentences for operators: names that two workloads share, and
	// instances that cannot be registered.
	Clashes []string
	// Errors counts what went wrong since the start, by its cause: "engine",
	// "consul", "refused", "lock", "takeover".
	Errors map[string]uint64
	// Trouble is what keeps Consul from being up to date now; empty if nothing
	// does.
	Trouble string
	Lag     BridgeLag
}

// MaxHeld is how many removals that are held back are named.
const MaxHeld = 50

// BridgeRole is whether a bridge writes.
type BridgeRole string

// Roles of a bridge.
const (
	BridgeWaits BridgeRole = "waiting" // another one writes, or Consul cannot be reached
	BridgeActs  BridgeRole = "acting"
)

// BridgeDrift counts how Consul differed from the engine.
type BridgeDrift struct{ Missing, Extra, Different int }

// HeldRemoval is an instance that the engine no longer lists and that is still
// in Consul.
type HeldRemoval struct {
	Workload WorkloadID
	Instance string
	Since    time.Time // when it was missed first
}

// BridgeLag is how long it took from an event of the engine until Consul had
// it. Counts[n] are those of at most LagBounds()[n] seconds; the last one is all.
type BridgeLag struct {
	Counts []uint64
	Sum    float64 // seconds
}

// LagBounds are the bounds of a BridgeLag, in seconds.
func LagBounds() []float64 { return []float64{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5} }

// Add takes in one more.
func (l *BridgeLag) Add(took time.Duration) {
	bounds := LagBounds()
	if l.Counts == nil {
		l.Counts = make([]uint64, len(bounds)+1)
	}
	for n, bound := range bounds {
		if took.Seconds() <= bound {
			l.Counts[n]++
		}
	}
	l.Counts[len(bounds)]++
	l.Sum += took.Seconds()
}
