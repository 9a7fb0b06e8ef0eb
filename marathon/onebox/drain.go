package onebox

import (
	"context"
	"time"
)

// drain leaves a container that visitors may be led to running for a moment
// after it was told that it will be killed, so that who leads them there can
// lead them elsewhere first. Where nobody can stand in for it, waiting would
// only make the gap longer.
func (e *Engine) drain(ctx context.Context, i *instance) {
	if e.cfg.Drain <= 0 || !serves(i) || !hasStandIn(i, e.records.snapshot().byApp[i.App]) {
		return
	}
	timer := time.NewTimer(e.cfg.Drain)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// serves reports whether an instance that is to be killed was well until then.
func serves(i *instance) bool {
	return !i.StartedAt.IsZero() && i.KillReason == "" && len(i.Ports) > 0
}

// hasStandIn reports whether another instance of the app can be reached.
func hasStandIn(i *instance, all []*instance) bool {
	for _, other := range all {
		if other.ID != i.ID && len(other.Ports) > 0 && other.healthy() {
			return true
		}
	}
	return false
}
