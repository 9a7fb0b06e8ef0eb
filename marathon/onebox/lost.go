package onebox

import (
	"encoding/json"
	"fmt"
	"time"
)

// keyBegan is where the records keep when they were begun.
var keyBegan = []byte("began")

// begun returns when the records were begun, and writes that down for new ones.
// It is the zero time for those of earlier programs, which did not.
func (r *records) begun(now time.Time) (began time.Time, err error) {
	text, err := r.store.meta(keyBegan)
	if err != nil {
		return began, fmt.Errorf("read when the records were begun: %w", err)
	}
	if text != nil {
		return began, json.Unmarshal(text, &began)
	}
	if len(r.now.apps)+len(r.now.instances)+len(r.now.deployments) > 0 {
		return began, nil
	}
	now = now.Truncate(time.Second) // Docker's times are no more exact
	return now, r.store.putMeta(keyBegan, now)
}

// isLost reports whether the records of a container must have been lost: it is
// older than they are, and nobody has said since what is to become of its app. It
// goes on, for to take what is not known for unwanted would end every site. It
// is told once.
func (e *Engine) isLost(c container, s snapshot) bool {
	if c.Made.IsZero() || !c.Made.Before(e.begun) || s.app(c.App) != nil || len(s.byApp[c.App]) > 0 {
		return false
	}
	if !e.lost[c.ID] {
		e.lost[c.ID] = true
		e.log.Warn("a container is older than the records and left alone; make its app anew, or remove it with docker rm",
			"app", c.App, "task", c.TaskID)
	}
	return true
}
