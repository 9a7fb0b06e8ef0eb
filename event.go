package seedbed

import "time"

// Event says who did what, when, and from where.
type Event struct {
	ID      int64
	At      time.Time
	Who     string // user name, or "Seedbed" for what it did by itself
	Program string // name of the token, if a program did it in the user's place
	From    string // address that the request came from; empty for Seedbed itself
	What    string // whole sentence without the name: "deleted the site Clinic Guide"
	// Details say what a change changed: "Name from “Guide” to “Handbook”". They
	// are for those who may see a site's settings.
	Details string
	Subject string // Key of the site or service concerned, if any
	// ProjectID is the project concerned, or 0. For a site it is the one that
	// the site belongs to now.
	ProjectID int64
	UserID    int64 // who did it, or whom it happened to; 0 for Seedbed itself
	Request   int64 // KeptRequest that is carried out by this, if it had a key
}

// Author is who wishes something, for the record.
type Author struct {
	UserID  int64
	Name    string // of the user
	Program string // name of the token, if a program wishes it in the user's place
	Address string // that the request came from
	Request int64  // KeptRequest with which they wish it, if it had a key
}

// Did is the event that the author did something at a time.
func (a Author) Did(at time.Time, what, subject string) Event {
	return Event{At: at, UserID: a.UserID, Who: a.Name, Program: a.Program, From: a.Address, What: what, Subject: subject, Request: a.Request}
}

// DidIn is Did for what concerns a project and no site.
func (a Author) DidIn(project int64, at time.Time, what string) Event {
	e := a.Did(at, what, "")
	e.ProjectID = project
	return e
}

// EventQuery says which events are asked for. Fields that are zero leave out
// nothing, but for Sight.
type EventQuery struct {
	Sight     Sight
	SiteID    int64
	ProjectID int64
	UserID    int64
	Before    int64 // only those with a smaller ID
	Limit     int   // at most so many
}

// Sight is which events somebody may see. The zero Sight sees none.
type Sight struct {
	Everything bool
	Projects   []int64 // of these
	Own        int64   // and those of this user; 0 for none
}
