package control

import (
	"context"
	"fmt"

	"seedbed"
)

// Visits tells how sites are visited. Its errors are Unavailable where nothing is
// known, and NotFound for a site that nobody has visited yet.
type Visits interface {
	// Visits returns how a workload was visited lately.
	Visits(ctx context.Context, id seedbed.WorkloadID) (seedbed.Visits, error)
}

// Visits returns how a site was visited lately: the single visits, with the
// addresses that they came from, only to those who may see what the site prints.
func (c *Control) Visits(ctx context.Context, a Actor, name string) (seedbed.Visits, error) {
	site, err := c.on(ctx, a, name, seedbed.SeeSite)
	if err != nil {
		return seedbed.Visits{}, err
	}
	visits, err := c.visits.Visits(ctx, site.Site.WorkloadID())
	if err != nil {
		return seedbed.Visits{}, fmt.Errorf("read how %s was visited: %w", name, err)
	}
	if !seedbed.May(site.Standing, seedbed.SeeLogs) {
		visits.Last = nil
	}
	return visits, nil
}

// noVisits stands in where none was given.
type noVisits struct{}

// Visits is an Unavailable error.
func (noVisits) Visits(context.Context, seedbed.WorkloadID) (seedbed.Visits, error) {
	return seedbed.Visits{}, &seedbed.Error{Code: seedbed.Unavailable, Message: "The router here does not count visits."}
}
