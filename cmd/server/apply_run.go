package main

import (
	"context"
	"errors"
	"net/http"

	"seedbed/api/client"
	"seedbed/api/wire"
)

// checkAll asks the server of every change whether it can be made. The error is
// one of asking; what cannot be made has failed.
func (c *command) checkAll(ctx context.Context, p plan) error {
	for i := range p {
		one := &p[i]
		if one.Result != "" {
			continue
		}
		if one.Result = same; one.Action == "none" {
			continue
		}
		one.Result = skipped
		if one.later {
			continue
		}
		err := c.Check(ctx, one.method, one.path, one.etag, firstBody(one.stand, one.body))
		var refused *client.Refused
		switch {
		case errors.As(err, &refused):
			one.fail(err)
		case err != nil:
			return err
		}
	}
	return nil
}

func firstBody(bodies ...any) any {
	for _, body := range bodies {
		if body != nil {
			return body
		}
	}
	return nil
}

// applyAll does what was found, in the order of the plan, until something fails.
func (c *command) applyAll(ctx context.Context, p plan, wait bool) {
	for i := range p {
		if p[i].Action == "none" {
			continue
		}
		if err := c.applyOne(ctx, &p[i], wait); err != nil {
			p[i].fail(err)
			p[i+1:].leave("“" + p[i].name() + "” failed before, so it was not tried.")
			return
		}
	}
}

// leave says why the rest was not tried.
func (p plan) leave(why string) {
	for i := range p {
		if p[i].Result == skipped {
			p[i].Reason = why
		}
	}
}

func (c *command) applyOne(ctx context.Context, one *change, wait bool) error {
	d, err := c.carryOut(ctx, *one)
	if one.DeploymentID = d.ID; err != nil {
		return err
	}
	switch one.Result = changed; {
	case one.Action == "make":
		one.Result = made
	case one.Site != "" && d.ID == 0 && !one.Visitors: // what the file says means the same
		one.Result = same
	}
	if !wait || d.ID == 0 {
		return nil
	}
	if !c.json {
		c.say(one.Site)
	}
	_, err = c.follow(ctx, d)
	return err
}

// carryOut sends the request, and returns the deployment that began, if one did.
func (c *command) carryOut(ctx context.Context, one change) (d wire.Deployment, err error) {
	switch {
	case one.Visitors:
		return c.carryOutVisitors(ctx, one)
	case one.Site != "" && one.method == http.MethodPatch:
		return d, c.Patch(ctx, one.path, one.etag, one.body, &d)
	case one.method == http.MethodPatch:
		return d, c.Patch(ctx, one.path, one.etag, one.body, nil)
	case one.Site != "":
		return d, c.Post(ctx, one.path, one.body, &d)
	case one.Project != "":
		return d, c.makeProject(ctx, one)
	}
	return d, c.Post(ctx, one.path, one.body, nil)
}
