package seedbed

import "time"

// Backup is a copy of a site's files and databases at one moment, with all that
// belongs to it.
type Backup struct {
	ID    string // unique within the site
	At    time.Time
	By    string
	Title Title // of the site then
	Size  int64 // bytes that it takes
	// Proved is when all of it was last read and found whole; zero if never.
	Proved time.Time
	// Changed is how many files were written to while they were copied.
	Changed int
	// Trouble says why it cannot be used; empty if it can.
	Trouble string
}

// Restoration is what a site is given back besides files and databases.
type Restoration struct {
	Backup   string // its ID
	Title    Title
	Settings map[string]string
	Secrets  map[string][]byte // sealed with the key of the installation that made it
}
