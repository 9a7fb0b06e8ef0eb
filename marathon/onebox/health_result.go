package onebox

import "time"

// healthResult is what one health check has found out about one container.
type healthResult struct {
	Alive               bool
	ConsecutiveFailures int
	FirstSuccess        time.Time
	LastSuccess         time.Time
	LastFailure         time.Time
	LastFailureCause    string
}

// known reports whether there is any result yet.
func (h healthResult) known() bool { return !h.LastSuccess.IsZero() || !h.LastFailure.IsZero() }

// outcome says what follows from one more result.
type outcome struct {
	next    healthResult
	counted bool // a failure that was not forgiven
	kill    bool // one failure too many
}

// judge adds one more result; cause is empty for a success. As in Marathon,
// failures are forgiven during the grace period until the first success, and
// the container is killed on the failure after maxConsecutiveFailures; checks
// that Mesos would carry out kill on that very one. Zero means never.
func judge(h healthResult, c healthCheck, cause string, startedAt, now time.Time) outcome {
	if cause == "" {
		return outcome{next: h.succeeded(now)}
	}
	if h.FirstSuccess.IsZero() && c.forgives(startedAt, now) {
		return outcome{next: h}
	}
	limit := c.MaxConsecutiveFailures
	if checkProtocols[c.Protocol] {
		limit--
	}
	tooMany := c.MaxConsecutiveFailures > 0 && h.ConsecutiveFailures >= limit
	return outcome{next: h.failed(cause, now), counted: true, kill: tooMany}
}

func (h healthResult) succeeded(now time.Time) healthResult {
	h.Alive, h.ConsecutiveFailures, h.LastSuccess = true, 0, now
	if h.FirstSuccess.IsZero() {
		h.FirstSuccess = now
	}
	return h
}

func (h healthResult) failed(cause string, now time.Time) healthResult {
	h.Alive, h.LastFailure, h.LastFailureCause = false, now, cause
	h.ConsecutiveFailures++
	return h
}

// forgives reports whether a failure at that time lies in the grace period. A
// start that is still to come means that the clock was set back; if it is further
// off than the period is long it forgives nothing, or that would last for as long
// as the clock has lost.
func (h healthCheck) forgives(started, now time.Time) bool {
	return now.Sub(started).Abs() < seconds(h.GracePeriodSeconds)
}
