package web

import (
	"cmp"
	"net/http"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// showServices handles GET /services.
func (p *portal) showServices(w http.ResponseWriter, r *http.Request) error {
	services, err := p.Control.Services(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := templates.ServicesPage{}
	if page.MayStart, err = p.Control.MayStartServices(r.Context(), actor(r)); err != nil {
		return err
	}
	for _, service := range services {
		page.Services = append(page.Services, serviceRow(service))
	}
	return p.show(w, r, http.StatusOK, templates.ServiceList(p.frame(r, templates.Services, "Services"), page))
}

func serviceRow(service control.Service) templates.ServiceRow {
	return templates.ServiceRow{
		Kind:    service.Kind,
		Title:   cmp.Or(service.Template.Title, seedbed.ServiceTitle(service.Kind)),
		Details: service.Template.Details, Port: service.Port, Status: service.Status, Sites: service.Sites, Usage: service.Usage,
	}
}
