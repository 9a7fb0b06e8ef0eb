package onebox

import (
	"errors"
	"net/http"
)

// begin makes one change of what is wanted of apps, and a deployment for it. at
// is the group in which it was asked for. Only where apps are deleted force is
// what goes without saying.
func (e *Engine) begin(r *http.Request, at string, wishes func(*txn) (map[string]wish, error)) (*deployment, error) {
	force := asked(r, "force", r.Method == http.MethodDelete)
	return e.alter(func(t *txn) (change, error) {
		list, err := wishes(t)
		return change{apps: list, at: at, force: force}, err
	})
}

// alter makes one change of what is wanted, and a deployment for it. A change
// that is understood but cannot be is told as an event, too.
func (e *Engine) alter(choose func(*txn) (change, error)) (*deployment, error) {
	var d *deployment
	var failed *event
	err := e.records.change(e.hub, func(t *txn) error {
		c, err := choose(t)
		if err != nil {
			return err
		}
		if d, err = e.deploy(t, c); err != nil {
			failed = e.changeFailed(c, err)
		}
		return err
	})
	if failed != nil {
		e.hub.publish(*failed)
	}
	poke(e.wake)
	return d, err
}

func (e *Engine) changeFailed(c change, err error) *event {
	reason := err.Error()
	if known := new(apiError); errors.As(err, &known) {
		reason = known.Message
	}
	return &event{"group_change_failed", map[string]any{"groupId": defaulted(c.at, "/"), "version": stamp(e.now()), "reason": reason}}
}
