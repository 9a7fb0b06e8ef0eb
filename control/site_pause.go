package control

import (
	"context"

	"seedbed"
)

// PauseSite stops a site until it is resumed: visitors read that it is paused,
// and all that it has is kept. It returns the deployment that does so; one that is
// paused already stays so. While something else is under way it is a Conflict.
func (c *Control) PauseSite(ctx context.Context, a Actor, name string) (seedbed.Deployment, error) {
	return c.switchSite(ctx, a, name, c.store.PauseSite)
}

// ResumeSite has a paused site run again, and returns the deployment that does so.
// A site that is not paused is a Conflict.
func (c *Control) ResumeSite(ctx context.Context, a Actor, name string) (seedbed.Deployment, error) {
	return c.switchSite(ctx, a, name, c.store.ResumeSite)
}

func (c *Control) switchSite(ctx context.Context, a Actor, name string, how func(context.Context, int64, seedbed.Author) (seedbed.Deployment, error)) (seedbed.Deployment, error) {
	c.changing.Lock()
	defer c.changing.Unlock()
	site, err := c.on(ctx, a, name, seedbed.ChangeSite)
	if err != nil {
		return seedbed.Deployment{}, err
	}
	return c.poked(how(ctx, site.Site.ID, a.author()))
}
