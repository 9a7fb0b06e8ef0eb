package web

import (
	"net/http"

	"seedbed/templates"
)

// renewPasswords handles POST /sites/{name}/passwords: it gives the site new
// passwords for its parts of the shared services.
func (p *portal) renewPasswords(w http.ResponseWriter, r *http.Request) error {
	deployment, err := p.Control.RotateBindings(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return seeOther(w, r, templates.DeploymentURL(deployment.ID))
}
