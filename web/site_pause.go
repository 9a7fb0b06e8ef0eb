package web

import (
	"net/http"

	"seedbed/templates"
)

// pauseSite handles POST /sites/{name}/pause.
func (p *portal) pauseSite(w http.ResponseWriter, r *http.Request) error {
	deployment, err := p.Control.PauseSite(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return seeOther(w, r, templates.DeploymentURL(deployment.ID))
}

// resumeSite handles POST /sites/{name}/resume.
func (p *portal) resumeSite(w http.ResponseWriter, r *http.Request) error {
	deployment, err := p.Control.ResumeSite(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return seeOther(w, r, templates.DeploymentURL(deployment.ID))
}
