package seedbed

import "time"

// Visits is how a site was visited lately, as routers have seen it.
type Visits struct {
	// Minutes are those of the last hour and Hours those of the last day, oldest
	// first and without gaps.
	Minutes []VisitCount
	Hours   []VisitCount
	Last    []Visit // newest first, at most some hundred
}

// VisitCount is how often a site was asked for something in one minute or hour.
type VisitCount struct {
	From     time.Time
	Requests int64
	Errors   int64 // answered with a status of 500 or more
	Slow     int64 // took longer than SlowVisit
	Bytes    int64 // sent to visitors
}

// SlowVisit is how long an answer takes that people call slow.
const SlowVisit = 2 * time.Second

// Add puts two counts together, as if they were one from the earlier on.
func (c VisitCount) Add(other VisitCount) VisitCount {
	c.Requests += other.Requests
	c.Errors += other.Errors
	c.Slow += other.Slow
	c.Bytes += other.Bytes
	return c
}

// Visit is one request for something of a site. All of its texts are the
// visitor's, and may hold anything.
type Visit struct {
	At      time.Time
	From    string // address that it came from
	Host    string
	Method  string
	URI     string
	Status  int
	Bytes   int64
	Took    time.Duration
	Referer string
	Agent   string
}
