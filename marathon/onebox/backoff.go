package onebox

import "time"

// backoff slows down the launches of an app whose containers end by
// themselves. Its zero value is no delay. It belongs to one configuration of
// the app: another one begins anew.
type backoff struct {
	Config    string        // lastConfigChangeAt of the definition
	Delay     time.Duration // between the reference and the next launch
	Reference time.Time     // last failure, launch or start
}

// failed returns the backoff after one more failure: first backoffSeconds,
// then each time backoffFactor as long, at most maxLaunchDelaySeconds. After a
// calm of that length it begins anew.
func (b backoff) failed(a *app, now time.Time) backoff {
	most := seconds(a.MaxLaunchDelaySeconds)
	next := seconds(a.BackoffSeconds)
	if b.belongsTo(a, now) {
		next = seconds(b.Delay.Seconds() * a.BackoffFactor)
	}
	return backoff{Config: a.VersionInfo.LastConfigChangeAt, Delay: min(next, most), Reference: now}
}

// advanced returns the backoff after a sign of life of a container: the next
// launch is again so far away.
func (b backoff) advanced(a *app, now time.Time) backoff {
	if b.belongsTo(a, now) {
		b.Reference = now
	}
	return b
}

// until returns the time before which nothing of a may be launched; a time that
// is over, or the zero time, if there is no delay. A reference that is still to
// come means that the clock was set back, and counts for nothing: the delay would
// last for as long as the clock has lost.
func (b backoff) until(a *app, now time.Time) time.Time {
	if b.Config != a.VersionInfo.LastConfigChangeAt || b.Delay == 0 || b.Reference.After(now) {
		return time.Time{}
	}
	return b.Reference.Add(b.Delay)
}

// expiryInterval is how often Marathon looks for delays to forget. One that has
// reached maxLaunchDelaySeconds must outlast the launch that it has put off.
const expiryInterval = 10 * time.Second

// belongsTo reports whether there is a delay of this configuration that has not
// been forgotten: Marathon does that when nothing has happened for
// maxLaunchDelaySeconds.
func (b backoff) belongsTo(a *app, now time.Time) bool {
	return b.Delay > 0 && b.Config == a.VersionInfo.LastConfigChangeAt &&
		!now.After(b.Reference.Add(seconds(a.MaxLaunchDelaySeconds)+expiryInterval))
}
