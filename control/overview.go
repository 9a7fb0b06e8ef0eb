package control

import (
	"context"

	"seedbed"
)

// Overview is how everything is, for those who look after the installation.
type Overview struct {
	Sites    []Site
	Services []Service
	Parts    []seedbed.PartStatus
}

// Overview returns how all sites, services and parts were when they were looked
// at last.
func (c *Control) Overview(ctx context.Context, a Actor) (o Overview, err error) {
	if err := c.permit(ctx, a, seedbed.SeeMetrics); err != nil {
		return o, err
	}
	if o.Sites, err = c.Sites(ctx, a); err != nil {
		return o, err
	}
	if o.Services, err = c.Services(ctx, a); err != nil {
		return o, err
	}
	o.Parts, err = c.Parts(ctx, a)
	return o, err
}
