package control

import (
	"context"
	"fmt"
	"math"

	"seedbed"
)

// Deployment is a deployment with its site, as an actor may see them.
type Deployment struct {
	seedbed.Deployment
	Site Site
	// Newest is false if a later deployment of the site exists.
	Newest bool
	// CanReturn is true if it is a change that the actor may undo: it is under
	// way or failed, and something worked before it.
	CanReturn bool
	// Gone is true once the site is deleted; of Site there is only the Site
	// itself and the Standing then.
	Gone bool
}

// Deployment returns a deployment of a site that the actor may see, by its id.
func (c *Control) Deployment(ctx context.Context, a Actor, id int64) (Deployment, error) {
	reach, err := c.reach(ctx, a)
	if err != nil {
		return Deployment{}, err
	}
	deployment, err := c.store.Deployment(ctx, id)
	if err != nil {
		return Deployment{}, fmt.Errorf("look up deployment %d: %w", id, err)
	}
	spec, err := c.store.SiteSpec(ctx, deployment.SiteID)
	if seedbed.IsNotFound(err) {
		return c.gone(ctx, reach, a, deployment)
	}
	if err != nil {
		return Deployment{}, fmt.Errorf("look up site %d: %w", deployment.SiteID, err)
	}
	site, err := c.seen(reach, a, spec)
	if err != nil {
		return Deployment{}, noDeployment(err)
	}
	seen := Deployment{Deployment: deployment, Site: site, Newest: spec.Deployment.ID == deployment.ID}
	if seen.Newest && seedbed.May(site.Standing, seedbed.ChangeSite) {
		seen.CanReturn, err = c.store.CanReturn(ctx, spec)
	}
	return seen, err
}

// Deployments returns the newest deployments with an id below before, of sites
// that the actor may see, newest first and at most limit of them. before 0
// means the newest of all.
func (c *Control) Deployments(ctx context.Context, a Actor, before int64, limit int) ([]Deployment, error) {
	if err := c.permit(ctx, a, seedbed.UseSeedbed); err != nil {
		return nil, err
	}
	if before == 0 {
		before = math.MaxInt64
	}
	var seen []Deployment
	for {
		some, err := c.store.Deployments(ctx, before, limit)
		if err != nil {
			return nil, fmt.Errorf("list deployments: %w", err)
		}
		for _, one := range some {
			before = one.ID
			deployment, err := c.Deployment(ctx, a, one.ID)
			switch {
			case seedbed.IsNotFound(err):
				continue
			case err != nil:
				return nil, err
			}
			if seen = append(seen, deployment); len(seen) == limit {
				return seen, nil
			}
		}
		if len(some) < limit {
			return seen, nil
		}
	}
}

// gone is a deployment whose site is deleted by now.
func (c *Control) gone(ctx context.Context, reach seedbed.Reach, a Actor, deployment seedbed.Deployment) (Deployment, error) {
	deleted, err := c.store.Site(ctx, deployment.SiteID)
	if err != nil {
		return Deployment{}, fmt.Errorf("look up deleted site %d: %w", deployment.SiteID, err)
	}
	standing := reach.In(deleted.ProjectID, a.Scope)
	if !seedbed.May(standing, seedbed.SeeSite) {
		return Deployment{}, noDeployment(noSite())
	}
	return Deployment{Deployment: deployment, Site: Site{SiteSpec: seedbed.SiteSpec{Site: deleted}, Standing: standing}, Gone: true}, nil
}

// noDeployment says of a deployment what err says of its site.
func noDeployment(err error) error {
	if seedbed.IsNotFound(err) {
		return seedbed.Missing("There is no such deployment.")
	}
	return err
}

// Changes returns a channel that is closed at the next change of a status or of
// a deployment's steps. Whoever takes it before looking misses nothing.
func (c *Control) Changes() <-chan struct{} { return c.board.Wait() }
