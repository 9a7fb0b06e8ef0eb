package seedbed

import "time"

// States, each with its own shape, word and colour on pages.
const (
	Live      State = "live"      // round green: the address answered, everything behind it is well
	AtWork    State = "at-work"   // blue arrow: a deployment is under way
	Attention State = "attention" // amber triangle: look at this soon
	Broken    State = "broken"    // red square: visitors get no answer
	AtRest    State = "at-rest"   // grey: not looked at yet, or nothing runs on purpose
)

// State is how a site, a service or a part is, from what was observed.
type State string

// Door is whether visitors who come to a site now get to it.
type Door string

// Doors.
const (
	DoorUnknown Door = ""
	DoorOpen    Door = "open"   // nginx leads them to a container that runs
	DoorClosed  Door = "closed" // nginx tells them that the site is not there
)

// Status is what is known of a site or service, and since when.
type Status struct {
	State State
	Word  string // for the badge: "Live", "Starting", "Not answering"
	// Sentence says the most important thing: "Answering in 120 ms."
	Sentence string
	// Words are the engine's own words, shown folded; often empty.
	Words    string
	Door     Door      // of sites
	Answer   Answer    // newest answer of its address; zero for services
	Observed time.Time // when this was found out
	Since    time.Time // since when it is in this State
}

// PartStatus is how a Part was when it was looked at last.
type PartStatus struct {
	Name    string
	OK      bool
	Blocks  bool   // the Part's Blocks
	Trouble string // the Part's Trouble, if it is not OK
	Words   string // what it said, if it is not OK
}
