package web

import (
	"net/http"

	"seedbed/templates"
)

// createSite handles POST /sites. It checks everything once more: the review
// that it came from may be old, or never have been seen.
func (p *portal) createSite(w http.ResponseWriter, r *http.Request) error {
	t, err := p.Control.Template(r.Context(), actor(r), r.PostForm.Get("template"))
	if err != nil {
		return err
	}
	form := templates.Form{Values: typed(r.PostForm, t)}
	deployment, err := p.Control.CreateSite(r.Context(), actor(r), wish(form.Values, t))
	if err != nil {
		if err := form.Fail(err); err != nil {
			return err
		}
		return p.showNewSite(w, r, t, form)
	}
	return seeOther(w, r, templates.DeploymentURL(deployment.ID))
}
