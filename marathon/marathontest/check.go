package marathontest

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"
)

// How long one check may take; where programs run, images may have to be pulled.
const (
	checkTime = 2 * time.Minute
	dryTime   = 30 * time.Second
)

// check is one fact about Marathon.
type check struct {
	// name is "section: the fact".
	name string
	// holds asks the target; it says what is not as it should be.
	holds func(*probe)
	// differs, if set, takes the place of holds where the target is onebox.
	differs func(*probe)
	// real says that programs must really run.
	real bool
	// password says that the target must have one.
	password bool
}

// checks are all checks, in the order of the API's description.
func checks() []check {
	return slices.Concat(
		genericChecks(), appChecks(), updateChecks(), versionChecks(), listChecks(), embedChecks(),
		taskChecks(), killChecks(), groupChecks(), deploymentChecks(), queueChecks(), systemChecks(),
		errorChecks(), idChecks(), defaultChecks(), formChecks(), ruleChecks(),
		eventChecks(), planChecks(), conflictChecks(), runningChecks(),
		schemaChecks(), exampleChecks(), recordedChecks(), clientChecks(), exportChecks(),
	)
}

func (c check) fits(t Target) bool {
	return (!c.real || !t.Dry) && (!c.password || t.Password != "")
}

// run runs a check.
func (s *suite) run(t *testing.T, number int, c check) {
	for _, f := range s.failures(t.Context(), number, c) {
		t.Error(f)
	}
}

// failures runs a check in a goroutine of its own, which a probe ends at the
// first thing without which it cannot go on.
func (s *suite) failures(ctx context.Context, number int, c check) []string {
	limit := checkTime
	if s.Dry {
		limit = dryTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p := &probe{suite: s, ctx: ctx, group: fmt.Sprintf("%s/c%d", s.group, number)}
	holds := c.holds
	if s.Onebox && c.differs != nil {
		holds = c.differs
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer p.caught()
		holds(p)
	}()
	<-ended
	p.clean()
	return p.failed
}

// caught turns a panic of a check, which an answer of an unexpected shape can
// bring about, into a failure.
func (p *probe) caught() {
	if r := recover(); r != nil {
		p.errorf("the check broke off: %v\n%s", r, debug.Stack())
	}
}

// errorf notes a failure.
func (p *probe) errorf(format string, a ...any) {
	p.failed = append(p.failed, fmt.Sprintf(format, a...))
}

// fatalf notes a failure and ends the check.
func (p *probe) fatalf(format string, a ...any) {
	p.errorf(format, a...)
	runtime.Goexit()
}
