package web

import (
	"net/http"
	"net/url"
	"strconv"

	"seedbed/control"
	"seedbed/templates"
)

// eventsShown is how many events the page of activity shows.
const eventsShown = 100

// showActivity handles GET /activity. The address may limit it to a "site", a
// "project" or a "person", and to what was "before" an event.
func (p *portal) showActivity(w http.ResponseWriter, r *http.Request) error {
	asked := r.URL.Query()
	filter := control.EventFilter{Site: asked.Get("site"), Project: asked.Get("project"), UserID: number(asked, "person"), Before: number(asked, "before"), Limit: eventsShown}
	events, more, err := p.Control.Events(r.Context(), actor(r), filter)
	if err != nil {
		return err
	}
	page := templates.ActivityPage{Events: events, About: about(filter), Newer: filter.Before > 0}
	if more {
		asked.Set("before", strconv.FormatInt(events[len(events)-1].ID, 10))
		page.Older = "/activity?" + asked.Encode()
	}
	return p.show(w, r, http.StatusOK, templates.ActivityList(p.frame(r, templates.Activity, "Activity"), page))
}

// number reads a positive number; anything else is 0.
func number(values url.Values, name string) int64 {
	n, err := strconv.ParseInt(values.Get(name), 10, 64)
	if err != nil {
		return 0
	}
	return max(0, n)
}

func about(filter control.EventFilter) string {
	switch {
	case filter.Site != "":
		return "What was done with one site."
	case filter.Project != "":
		return "What was done in one project."
	case filter.UserID != 0:
		return "What one person did."
	}
	return ""
}
