package control

import (
	"context"
	"time"

	"seedbed"
)

// Actor is who wishes something. The zero Actor may do nothing.
type Actor struct {
	User seedbed.User
	// Scope is PersonScope for the person themselves, or what the token of a
	// program allows it to do in their place.
	Scope   seedbed.Scope
	Program string // name of that token, for the record
	Token   int64  // its id; 0 for a person
	Address string // that the request came from, for the record
	// Project is the id of the only project that a program's token is for; 0 if
	// it is for all of its user's.
	Project int64
	// Until is when a program's token ends; zero for a person.
	Until time.Time
	// Request is the KeptRequest that the wish came with, if it had a key.
	Request int64
}

// Person returns the actor for somebody who is signed in with a browser.
func Person(user seedbed.User, address string) Actor {
	return Actor{User: user, Scope: seedbed.PersonScope, Address: address}
}

// author is the actor as the record names them.
func (a Actor) author() seedbed.Author {
	return seedbed.Author{UserID: a.User.ID, Name: a.User.Name, Program: a.Program, Address: a.Address, Request: a.Request}
}

// reach is all that the actor is, as it is now: a role that was taken away a
// moment ago counts no more.
func (c *Control) reach(ctx context.Context, a Actor) (seedbed.Reach, error) {
	if a.User.ID == 0 {
		return seedbed.Reach{}, &seedbed.Error{Code: seedbed.Unauthorized, Message: "Sign in first."}
	}
	reach, err := c.store.Reach(ctx, a.User.ID)
	reach.Only = a.Project
	return reach, err
}

// permit returns nil if the actor may do something that belongs to no project.
func (c *Control) permit(ctx context.Context, a Actor, action seedbed.Action) error {
	reach, err := c.reach(ctx, a)
	if err != nil {
		return err
	}
	err = allow(reach.In(0, a.Scope), action)
	if err != nil && a.Project != 0 {
		return &seedbed.Error{Code: seedbed.Forbidden, Message: "This token is for one project alone, so it may not " + string(action) + "."}
	}
	return err
}

// on returns a site that the actor may see, if they may do something with it.
func (c *Control) on(ctx context.Context, a Actor, name string, action seedbed.Action) (Site, error) {
	reach, err := c.reach(ctx, a)
	if err != nil {
		return Site{}, err
	}
	label, err := seedbed.ParseLabel(name)
	if err != nil {
		return Site{}, noSite()
	}
	spec, err := c.store.SiteSpecByName(ctx, label)
	if err != nil {
		return Site{}, err
	}
	site, err := c.seen(reach, a, spec)
	if err != nil {
		return Site{}, err
	}
	return site, allow(site.Standing, action)
}

// seen returns a site as the actor may see it, or that there is none.
func (c *Control) seen(reach seedbed.Reach, a Actor, spec seedbed.SiteSpec) (Site, error) {
	standing := reach.In(spec.Site.ProjectID, a.Scope)
	standing.Maker = spec.Site.By == a.User.Name
	if !seedbed.May(standing, seedbed.SeeSite) {
		return Site{}, noSite()
	}
	return c.view(spec, standing), nil
}

// in returns a project that the actor may see, if they may do something in it.
func (c *Control) in(ctx context.Context, a Actor, name string, action seedbed.Action) (Project, error) {
	projects, err := c.Projects(ctx, a)
	if err != nil {
		return Project{}, err
	}
	for _, project := range projects {
		if string(project.Name) == name {
			return project, allow(project.Standing, action)
		}
	}
	return Project{}, seedbed.Missing("There is no such project, or not any more.")
}

func noSite() error { return seedbed.Missing("There is no such site, or not any more.") }

// allow is the refusal of what somebody sees and may not do.
func allow(s seedbed.Standing, action seedbed.Action) error {
	switch {
	case seedbed.May(s, action):
		return nil
	case s.Scope < seedbed.PersonScope:
		return &seedbed.Error{Code: seedbed.Forbidden, Message: "This token may not " + string(action) + ". Use one " + better(s, action) + "."}
	}
	return &seedbed.Error{Code: seedbed.Forbidden, Message: "Your role does not let you " + string(action) + ". " + whoCan(action)}
}

// whoCan says who can do in somebody's place what they may not.
func whoCan(action seedbed.Action) string {
	switch {
	case seedbed.May(seedbed.Standing{Project: seedbed.Owner, Scope: seedbed.PersonScope}, action):
		return "An owner of the project or an administrator can do it, or give you another role."
	case seedbed.May(seedbed.Standing{Installation: seedbed.Operator, Scope: seedbed.PersonScope}, action):
		return "An operator or an administrator can do it."
	}
	return "An administrator can do it."
}

// better says which token may do what one may not.
func better(s seedbed.Standing, action seedbed.Action) string {
	wider := s
	wider.Scope = seedbed.FullScope
	switch {
	case seedbed.May(wider, action):
		return "with a wider scope"
	case s.Scope == seedbed.FullScope:
		return "of somebody who may"
	}
	return "with a wider scope, of somebody who may"
}
