package web

import (
	"net/http"

	"seedbed/templates"
)

// createSite handles POST /sites. It checks everything once more: the review
// that it came from may be old, or never have been seen.
func (p *portal) createSite(w http.ResponseWriter, r *http.Request) error {
	t, err := p.siteTemplate(r.PostForm.Get("template"))
	if err != nil {
		return err
	}
	form, err := p.readSite(r.PostForm, t)
	switch {
	case err != nil:
		return err
	case !form.Ok():
		return p.showNewSite(w, r, t, form.Form)
	}
	form.Site.By = by(r)
	deployment, err := p.Store.CreateSite(r.Context(), form.Site)
	if err != nil {
		if err := form.Fail(err); err != nil {
			return err
		}
		return p.showNewSite(w, r, t, form.Form)
	}
	p.Poke()
	return seeOther(w, r, templates.DeploymentURL(deployment.ID))
}
