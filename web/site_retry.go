package web

import (
	"net/http"

	"seedbed"
	"seedbed/templates"
)

// retrySite handles POST /sites/{name}/retry: it carries out once more what was
// wanted last. That was confirmed then, so a removal asks nothing again.
func (p *portal) retrySite(w http.ResponseWriter, r *http.Request) error {
	spec, err := p.siteAsked(r)
	if err != nil {
		return err
	}
	again := p.Store.RetrySite
	if spec.Deployment.Kind == seedbed.Remove {
		again = p.Store.DeleteSite
	}
	deployment, err := again(r.Context(), spec.Site.ID, by(r))
	if err != nil {
		return err
	}
	p.Poke()
	return seeOther(w, r, templates.DeploymentURL(deployment.ID))
}
