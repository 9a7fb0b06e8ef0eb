package seedbed

import "time"

// Visits is how often a site was asked by visitors, and what for.
type Visits struct {
	Minutes []VisitCount // of the last hour in which there were any, the oldest first
	Hours   []VisitCount // of the last 31 days in which there were any, the oldest first
	Last    []Visit      // the last ones, the newest last
}

// VisitCount counts the visits of a minute or an hour.
type VisitCount struct {
	At     time.Time // its beginning
	Count  int
	Failed int // that the site or the router could not answer: status 500 and above
}

// Visit is one request of a visitor.
type Visit struct {
	At             time.Time
	Host           string
	Method         string
	Path           string // without what follows "?"
	Status         int    // of HTTP
	Bytes          int64  // of the answer
	Took           time.Duration
	From           string // address of the visitor
	Referer, Agent string
}
