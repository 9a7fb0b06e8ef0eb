package web

import (
	"fmt"
	"net/http"

	"seedbed/templates"
)

// eventsShown is how many events the page of activity shows.
const eventsShown = 100

// showActivity handles GET /activity.
func (p *portal) showActivity(w http.ResponseWriter, r *http.Request) error {
	events, err := p.Store.Events(r.Context(), eventsShown)
	if err != nil {
		return fmt.Errorf("list events: %w", err)
	}
	return p.show(w, r, http.StatusOK, templates.ActivityList(p.frame(r, templates.Activity, "Activity"), templates.ActivityPage{Events: events}))
}
