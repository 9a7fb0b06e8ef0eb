package control

import (
	"context"
	"fmt"

	"seedbed"
)

// MaxEvents is how many events are returned at once at the most.
const MaxEvents = 200

// EventFilter says which events are asked for; what is zero leaves out nothing.
type EventFilter struct {
	Site    string // name of a site that is there
	Project string // name of a project
	UserID  int64  // who did it, or whom it happened to
	Before  int64  // only events with a smaller ID: the page after this one
	Limit   int    // 1 to MaxEvents
}

// Events returns the newest events that the actor may see, newest first, and
// whether there are more. Everybody sees those of their projects and their own,
// administrators all; a token for one project sees those of that. Addresses are
// for administrators, for owners, and for whoever it was; what a change changed is
// for those who may see settings.
func (c *Control) Events(ctx context.Context, a Actor, filter EventFilter) (events []seedbed.Event, more bool, err error) {
	reach, err := c.reach(ctx, a)
	if err != nil {
		return nil, false, err
	}
	query, err := c.eventQuery(ctx, a, reach, filter)
	if err != nil {
		return nil, false, err
	}
	events, err = c.store.Events(ctx, query)
	if err != nil {
		return nil, false, fmt.Errorf("list events: %w", err)
	}
	more = len(events) == query.Limit
	if more {
		events = events[:query.Limit-1]
	}
	for i := range events {
		if events[i].UserID != a.User.ID && !seedbed.May(reach.In(events[i].ProjectID, a.Scope), seedbed.SeeAddresses) {
			events[i].From = ""
		}
		if !seedbed.May(reach.In(events[i].ProjectID, a.Scope), seedbed.SeeContent) {
			events[i].Details = ""
		}
	}
	return events, more, nil
}

// eventQuery asks for one event more than is wanted, to know whether there are
// more.
func (c *Control) eventQuery(ctx context.Context, a Actor, reach seedbed.Reach, filter EventFilter) (seedbed.EventQuery, error) {
	query := seedbed.EventQuery{UserID: filter.UserID, Before: filter.Before, Limit: min(max(1, filter.Limit), MaxEvents) + 1}
	if a.Project == 0 {
		query.Sight.Own = a.User.ID
	}
	query.Sight.Everything = seedbed.May(reach.In(0, a.Scope), seedbed.SeeAllEvents)
	projects, err := c.Projects(ctx, a)
	if err != nil {
		return query, err
	}
	for _, project := range projects {
		query.Sight.Projects = append(query.Sight.Projects, project.ID)
	}
	if filter.Site != "" {
		site, err := c.on(ctx, a, filter.Site, seedbed.SeeSite)
		if err != nil {
			return query, err
		}
		query.SiteID = site.Site.ID
	}
	if filter.Project != "" {
		project, err := c.in(ctx, a, filter.Project, seedbed.SeeProject)
		if err != nil {
			return query, err
		}
		query.ProjectID = project.ID
	}
	return query, nil
}
