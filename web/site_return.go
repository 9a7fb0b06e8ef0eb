package web

import (
	"net/http"

	"seedbed/templates"
)

// returnSite handles POST /sites/{name}/return: it undoes a change that failed
// or is under way.
func (p *portal) returnSite(w http.ResponseWriter, r *http.Request) error {
	deployment, err := p.Control.ReturnSite(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return seeOther(w, r, templates.DeploymentURL(deployment.ID))
}
