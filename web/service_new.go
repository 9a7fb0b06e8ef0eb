package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"seedbed/templates"
)

// chooseService handles GET /services/new.
func (p *portal) chooseService(w http.ResponseWriter, r *http.Request) error {
	kinds, err := p.Control.NewServices(r.Context(), actor(r))
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, templates.ChooseService(p.frame(r, templates.Services, "New service"), templates.ServiceKindsPage{Kinds: kinds}))
}

// newService handles GET /services/new/{kind}.
func (p *portal) newService(w http.ResponseWriter, r *http.Request) error {
	t, err := p.Control.NewService(r.Context(), actor(r), chi.URLParam(r, "kind"))
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, templates.NewService(p.frame(r, templates.Services, "Start "+t.Title), templates.NewServicePage{Template: t}))
}

// startService handles POST /services. Done twice, the second changes nothing.
func (p *portal) startService(w http.ResponseWriter, r *http.Request) error {
	if err := p.Control.StartService(r.Context(), actor(r), r.PostFormValue("kind")); err != nil {
		return err
	}
	return seeOther(w, r, "/services")
}

// retryService handles POST /services/{kind}/retry.
func (p *portal) retryService(w http.ResponseWriter, r *http.Request) error {
	if err := p.Control.RestartService(r.Context(), actor(r), chi.URLParam(r, "kind")); err != nil {
		return err
	}
	return seeOther(w, r, "/services")
}
