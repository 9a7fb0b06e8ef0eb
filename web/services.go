package web

import (
	"fmt"
	"net/http"

	"seedbed"
	"seedbed/templates"
)

// showServices handles GET /services.
func (p *portal) showServices(w http.ResponseWriter, r *http.Request) error {
	services, err := p.Store.Services(r.Context())
	if err != nil {
		return fmt.Errorf("list services: %w", err)
	}
	specs, err := p.Store.SiteSpecs(r.Context())
	if err != nil {
		return fmt.Errorf("list sites: %w", err)
	}
	page := templates.ServicesPage{}
	for _, service := range services {
		page.Services = append(page.Services, p.serviceRow(service, specs))
	}
	return p.show(w, r, http.StatusOK, templates.ServiceList(p.frame(r, templates.Services, "Services"), page))
}

func (p *portal) serviceRow(service seedbed.Service, specs []seedbed.SiteSpec) templates.ServiceRow {
	row := templates.ServiceRow{
		Title: seedbed.ServiceTitle(service.Kind), Port: service.Port,
		Status: p.Board.ServiceStatus(service.ID), Sites: usersOf(service, specs),
	}
	if t, err := p.Catalog.Template(service.Kind); err == nil {
		row.Title, row.Details = t.Title, t.Details
	}
	return row
}

// usersOf returns the sites that have a part of the service.
func usersOf(service seedbed.Service, specs []seedbed.SiteSpec) []seedbed.Site {
	var sites []seedbed.Site
	for _, spec := range specs {
		for _, binding := range spec.Bindings {
			if binding.Service.ID == service.ID {
				sites = append(sites, spec.Site)
			}
		}
	}
	return sites
}
