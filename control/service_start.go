package control

import (
	"context"
	"fmt"
	"slices"

	"seedbed"
)

// MayStartServices reports whether the actor may start shared services.
func (c *Control) MayStartServices(ctx context.Context, a Actor) (bool, error) {
	reach, err := c.reach(ctx, a)
	return err == nil && seedbed.May(reach.In(0, a.Scope), seedbed.StartService), err
}

// NewServices returns the kinds of shared services that are not there yet.
func (c *Control) NewServices(ctx context.Context, a Actor) ([]seedbed.Template, error) {
	if err := c.permit(ctx, a, seedbed.StartService); err != nil {
		return nil, err
	}
	wanted, err := c.store.Services(ctx)
	if err != nil {
		return nil, fmt.Errorf("list services: %w", err)
	}
	return slices.DeleteFunc(c.catalog.ServiceTemplates(), func(t seedbed.Template) bool {
		return slices.ContainsFunc(wanted, func(s seedbed.Service) bool { return s.Kind == t.Name })
	}), nil
}

// NewService returns one kind of shared service, or a NotFound error.
func (c *Control) NewService(ctx context.Context, a Actor, kind string) (seedbed.Template, error) {
	if err := c.permit(ctx, a, seedbed.StartService); err != nil {
		return seedbed.Template{}, err
	}
	t, err := c.catalog.Template(kind)
	if err != nil || t.Kind != seedbed.ServiceTemplate {
		return seedbed.Template{}, seedbed.Missing("There is no such kind of service.")
	}
	return t, nil
}

// StartService has the shared service of a kind started, and kept running from
// now on. One that is there already stays as it is.
func (c *Control) StartService(ctx context.Context, a Actor, kind string) error {
	if _, err := c.NewService(ctx, a, kind); err != nil {
		return err
	}
	_, err := c.store.StartService(ctx, kind, a.author())
	if err == nil {
		c.poke()
	}
	return err
}

// RestartService has a shared service started anew. Sites that use it wait
// meanwhile.
func (c *Control) RestartService(ctx context.Context, a Actor, kind string) error {
	if _, err := c.NewService(ctx, a, kind); err != nil {
		return err
	}
	_, err := c.store.RestartService(ctx, kind, a.author())
	if err == nil {
		c.poke()
	}
	return err
}

// RotateBindings gives a site new passwords for its parts of the shared
// services, and returns the deployment that makes them count.
func (c *Control) RotateBindings(ctx context.Context, a Actor, name string) (seedbed.Deployment, error) {
	c.changing.Lock()
	defer c.changing.Unlock()
	site, err := c.on(ctx, a, name, seedbed.ChangeSite)
	if err != nil {
		return seedbed.Deployment{}, err
	}
	return c.poked(c.store.RotateBindings(ctx, site.Site.ID, a.author()))
}
