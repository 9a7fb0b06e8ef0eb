package onebox

import "time"

// backoff slows down the launches of an app whose containers end by
// themselves. Its zero value is no delay. It belongs to one configuration of
// the app: another one begins anew.
type backoff struct {
	Config    string        // lastConfigChangeAt of the definition
	Delay     time.Duration // after the last failure
	Until     time.Time     // nothing is launched before
	Reference time.Time     // last failure or launch
}

// failed returns the backoff after one more failure: first backoffSeconds,
// then each time backoffFactor as long, at most maxLaunchDelaySeconds. After a
// calm of that length it begins anew.
func (b backoff) failed(a *app, now time.Time) backoff {
	most := seconds(a.MaxLaunchDelaySeconds)
	next := seconds(a.BackoffSeconds)
	if b.belongsTo(a) && !now.After(b.Reference.Add(most)) {
		next = seconds(b.Delay.Seconds() * a.BackoffFactor)
	}
	next = min(next, most)
	return backoff{Config: a.VersionInfo.LastConfigChangeAt, Delay: next, Until: now.Add(next), Reference: now}
}

// active returns the backoff after a sign of life of a container.
func (b backoff) active(now time.Time) backoff {
	if b.Delay > 0 {
		b.Reference = now
	}
	return b
}

// until returns the time before which nothing of a may be launched; the zero
// time if there is no delay.
func (b backoff) until(a *app) time.Time {
	if !b.belongsTo(a) {
		return time.Time{}
	}
	return b.Until
}

func (b backoff) belongsTo(a *app) bool {
	return b.Delay > 0 && b.Config == a.VersionInfo.LastConfigChangeAt
}
