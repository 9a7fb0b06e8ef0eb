package main

import (
	"context"
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
	Visitors     bool        `json:"visitors,omitempty"` // how that site meets its visitors
	Action       string      `json:"action"`             // that is needed: make, change or none
	Differences  []oneChange `json:"differences,omitempty"`
	Result       string      `json:"result"`           // made, changed, same, failed or skipped
	Reason       string      `json:"reason,omitempty"` // why it failed or was skipped
	DeploymentID int64       `json:"deployment_id,omitempty"`

	method, path, etag string // of the request
	body               any
	// stand is sent in the place of body to find out whether that can be done,
	// where body needs what is not made yet.
	stand any
	// later is true if what it is about is not there yet, so that nobody can say
	// beforehand whether it can be done.
	later bool
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
	case one.Visitors:
		return "visitors of " + one.Site
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
		if wish.Visitors == nil || one.err != nil {
			continue
		}
		met, err := c.compareVisitors(ctx, wish, one.Action == "make")
		if err != nil {
			return nil, err
		}
		all = append(all, met)
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
