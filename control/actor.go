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
	Address string // that the request came from, for the record
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

// standing is what the actor is to the installation.
func (c *Control) standing(_ context.Context, a Actor) (seedbed.Standing, error) {
	if a.User.ID == 0 {
		return seedbed.Standing{}, &seedbed.Error{Code: seedbed.Unauthorized, Message: "Sign in first."}
	}
	return seedbed.Standing{Installation: seedbed.Administrator, Scope: a.Scope}, nil
}

// permit returns nil if the actor may do something that belongs to no project.
func (c *Control) permit(ctx context.Context, a Actor, action seedbed.Action) error {
	standing, err := c.standing(ctx, a)
	if err != nil {
		return err
	}
	return allow(standing, action)
}

// on returns a site that the actor may see, if they may do something with it.
func (c *Control) on(ctx context.Context, a Actor, name string, action seedbed.Action) (Site, error) {
	label, err := seedbed.ParseLabel(name)
	if err != nil {
		return Site{}, noSite()
	}
	spec, err := c.Store.SiteSpecByName(ctx, label)
	if err != nil {
		return Site{}, err
	}
	site, err := c.seen(ctx, a, spec)
	if err != nil {
		return Site{}, err
	}
	return site, allow(site.Standing, action)
}

// seen returns a site as the actor may see it, or that there is none.
func (c *Control) seen(ctx context.Context, a Actor, spec seedbed.SiteSpec) (Site, error) {
	standing, err := c.standing(ctx, a)
	switch {
	case err != nil:
		return Site{}, err
	case !seedbed.May(standing, seedbed.SeeSite):
		return Site{}, noSite()
	}
	return c.view(spec, standing), nil
}

func noSite() error { return seedbed.Missing("There is no such site, or not any more.") }

// allow is the refusal of what somebody sees and may not do.
func allow(s seedbed.Standing, action seedbed.Action) error {
	switch {
	case seedbed.May(s, action):
		return nil
	case s.Scope < seedbed.PersonScope:
		return &seedbed.Error{Code: seedbed.Forbidden, Message: "This token may not " + string(action) + ". Use one with a wider scope, of somebody who may."}
	}
	return &seedbed.Error{Code: seedbed.Forbidden, Message: "Your role does not let you " + string(action) + ". An owner of the project or an administrator can do it, or give you another role."}
}
