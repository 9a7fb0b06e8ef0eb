package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"seedbed/api/client"
	"seedbed/api/wire"
)

// Results of a change.
const (
	made    = "made"
	changed = "changed"
	same    = "same" // nothing was to be done
	failed  = "failed"
	skipped = "skipped" // it was not tried
)

// change is what makes one project, service or site as it is wanted.
type change struct {
	Project      string      `json:"project,omitempty"`
	Service      string      `json:"service,omitempty"`
	Site         string      `json:"site,omitempty"`
	Action       string      `json:"action"` // that is needed: make, change or none
	Differences  []oneChange `json:"differences,omitempty"`
	Result       string      `json:"result"`           // made, changed, same, failed or skipped
	Reason       string      `json:"reason,omitempty"` // why it failed or was skipped
	DeploymentID int64       `json:"deployment_id,omitempty"`

	method, path, etag string // of the request
	body               any
	// stand is sent in the place of body to find out whether that can be done,
	// where body needs what is not made yet.
	stand any
	err   error // why it failed
}

// plan is all changes, in the order in which they are made.
type plan []change

// name says what it is about.
func (one change) name() string {
	switch {
	case one.Project != "":
		return "project " + one.Project
	case one.Service != "":
		return "service " + one.Service
	}
	return one.Site
}

// fail takes down why it cannot be done, or was not.
func (one *change) fail(err error) {
	one.Result, one.Reason, one.err = failed, strings.Join(strings.Fields(sentence(err)), " "), err
}

// refusedChange is one that cannot be made as the file has it, or that cannot be
// found out about.
func refusedChange(one change, err error) change {
	one.Action = "none"
	one.fail(err)
	return one
}

// compare finds out what is to be done, and does nothing yet. Projects come
// first, because sites belong to them.
func (c *command) compare(ctx context.Context, w wanted) (plan, error) {
	projects, err := client.All[wire.Project](ctx, c.Client, "/projects", 0)
	if err != nil {
		return nil, err
	}
	all := c.compareProjects(projects, w.Projects)
	services, err := c.compareServices(ctx, w.Services)
	if err != nil {
		return nil, err
	}
	all = append(all, services...)
	for _, wish := range w.Sites {
		one, err := c.compareSite(ctx, wish)
		if err != nil {
			return nil, err
		}
		all = append(all, all.settled(all.standIn(one, projects), len(projects)))
	}
	return all, nil
}

// standIn has a site whose project is only about to be made checked as if it
// belonged to another: who may make projects may make sites in each.
func (p plan) standIn(one change, projects []wire.Project) change {
	site, ok := one.body.(wire.NewSite)
	for _, other := range p {
		if ok && other.Action == "make" && other.Project != "" && other.Project == site.Project && len(projects) > 0 {
			site.Project = projects[0].Name
			one.stand = site
		}
	}
	return one
}

// settled refuses a new site that says no project where there will be several by
// the time that it is made. The server sees only those that are there already.
func (p plan) settled(one change, projects int) change {
	site, ok := one.body.(wire.NewSite)
	if !ok || site.Project != "" {
		return one
	}
	fresh := 0
	for _, other := range p {
		if other.Project != "" && other.Action == "make" {
			fresh++
		}
	}
	if fresh > 0 && fresh+projects > 1 {
		return refusedChange(one, misused("the file makes a project, so say to which one this site belongs"))
	}
	return one
}

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
	case one.Site != "" && d.ID == 0: // what the file says means the same
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
