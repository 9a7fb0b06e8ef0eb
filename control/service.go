package control

import (
	"context"
	"fmt"

	"seedbed"
)

// Service is one shared service as an actor may see it, without its password.
type Service struct {
	seedbed.Service
	Template seedbed.Template // the zero Template if the catalog has it no more
	Status   seedbed.Status
	Sites    []seedbed.Site // that use it and that the actor may see
	// Usage is how much of it each of the Sites took when that was measured
	// last, by the site's id; one that was not measured yet is not in it.
	Usage map[int64]seedbed.Usage
}

// Services returns the shared services, oldest first.
func (c *Control) Services(ctx context.Context, a Actor) ([]Service, error) {
	sites, err := c.Sites(ctx, a)
	if err != nil {
		return nil, err
	}
	wanted, err := c.store.Services(ctx)
	if err != nil {
		return nil, fmt.Errorf("list services: %w", err)
	}
	services := make([]Service, len(wanted))
	for i, service := range wanted {
		t, _ := c.catalog.Template(service.Kind)
		services[i] = Service{service, t, c.board.ServiceStatus(service.ID), usersOf(service, sites), map[int64]seedbed.Usage{}}
		services[i].Password = ""
		services[i].measure(c.board)
	}
	return services, nil
}

// measure notes what the board knows of the sites' parts.
func (s Service) measure(b Board) {
	for _, site := range s.Sites {
		if usage, known := b.Usage(site.ID, s.ID); known {
			s.Usage[site.ID] = usage
		}
	}
}

// usersOf returns the sites that have a part of the service.
func usersOf(service seedbed.Service, sites []Site) []seedbed.Site {
	var users []seedbed.Site
	for _, site := range sites {
		for _, binding := range site.Bindings {
			if binding.Service.ID == service.ID {
				users = append(users, site.Site)
			}
		}
	}
	return users
}

// Parts returns how the pieces of the machinery are.
func (c *Control) Parts(ctx context.Context, a Actor) ([]seedbed.PartStatus, error) {
	if err := c.permit(ctx, a, seedbed.UseSeedbed); err != nil {
		return nil, err
	}
	return c.board.Parts(), nil
}
