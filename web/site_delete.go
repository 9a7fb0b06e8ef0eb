package web

import (
	"net/http"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// askDelete handles GET /sites/{name}/delete: it says what goes.
func (p *portal) askDelete(w http.ResponseWriter, r *http.Request) error {
	site, err := p.siteFor(r, seedbed.DeleteSite)
	if err != nil {
		return err
	}
	return p.showDelete(w, r, site, templates.Form{})
}

// deleteSite handles POST /sites/{name}/delete. It demands the site's name, as
// people or as machines write it.
func (p *portal) deleteSite(w http.ResponseWriter, r *http.Request) error {
	confirm := r.PostFormValue("confirm")
	deployment, err := p.Control.DeleteSite(r.Context(), actor(r), siteName(r), confirm)
	if err == nil {
		return seeOther(w, r, templates.DeploymentURL(deployment.ID))
	}
	form := templates.Form{Values: map[string]string{"confirm": confirm}}
	if err := form.Fail(err); err != nil {
		return err
	}
	site, err := p.siteFor(r, seedbed.DeleteSite)
	if err != nil {
		return err
	}
	return p.showDelete(w, r, site, form)
}

func (p *portal) showDelete(w http.ResponseWriter, r *http.Request, site control.Site, form templates.Form) error {
	page := templates.DeletePage{SiteFrame: siteFrame(site, ""), Files: len(site.Volumes) > 0, Form: form}
	for _, b := range site.Bindings {
		page.Kinds = append(page.Kinds, b.Service.Kind)
	}
	return p.show(w, r, formStatus(form), templates.Delete(p.frame(r, templates.Sites, "Delete "+string(site.Site.Title)), page))
}
