// Package doctor looks at a machine and at the Seedbed on it, and says of each
// thing that is not as it should be what to do next. It changes nothing: every
// check may be made at any time, beside a Seedbed that runs and without one.
package doctor

import (
	"context"
	"sync"
	"time"
)

// Levels of findings.
const (
	Fine    Level = "fine"
	Warning Level = "warning" // it works, and may not for long
	Trouble Level = "trouble" // it does not work
)

// Level says how bad a finding is.
type Level string

// Finding is what a check found.
type Finding struct {
	Check string `json:"check"`
	Level Level  `json:"level"`
	Says  string `json:"says"`           // a sentence
	Next  string `json:"next,omitempty"` // what to do; empty if there is nothing to do
}

// Check looks at one thing.
type Check struct {
	Name string
	Look func(ctx context.Context) Finding
}

// patience is how long one check may take.
const patience = 15 * time.Second

// Examine makes all checks at the same time and returns a finding of each, in
// their order.
func Examine(ctx context.Context, checks []Check) []Finding {
	findings := make([]Finding, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			findings[i] = c.Look(ctx)
			findings[i].Check = c.Name
		})
	}
	all.Wait()
	return findings
}

// Worst returns the worst level of all findings.
func Worst(findings []Finding) Level {
	worst := Fine
	for _, f := range findings {
		if f.Level == Trouble || f.Level == Warning && worst == Fine {
			worst = f.Level
		}
	}
	return worst
}

// fine, warning and trouble are findings.
func fine(says string) Finding          { return Finding{Level: Fine, Says: says} }
func warning(says, next string) Finding { return Finding{Level: Warning, Says: says, Next: next} }
func trouble(says, next string) Finding { return Finding{Level: Trouble, Says: says, Next: next} }
