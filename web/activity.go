package web

import (
	"net/http"

	"seedbed/templates"
)

// eventsShown is how many events the page of activity shows.
const eventsShown = 100

// showActivity handles GET /activity.
func (p *portal) showActivity(w http.ResponseWriter, r *http.Request) error {
	events, err := p.Control.Events(r.Context(), actor(r), eventsShown)
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, templates.ActivityList(p.frame(r, templates.Activity, "Activity"), templates.ActivityPage{Events: events}))
}
