package web

import (
	"net/http"

	"seedbed/templates"
)

// retrySite handles POST /sites/{name}/retry: it carries out once more what was
// wanted last.
func (p *portal) retrySite(w http.ResponseWriter, r *http.Request) error {
	deployment, err := p.Control.RetrySite(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return seeOther(w, r, templates.DeploymentURL(deployment.ID))
}
