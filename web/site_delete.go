package web

import (
	"net/http"
	"strings"

	"seedbed"
	"seedbed/templates"
)

// askDelete handles GET /sites/{name}/delete: it says what goes.
func (p *portal) askDelete(w http.ResponseWriter, r *http.Request) error {
	spec, err := p.siteAsked(r)
	if err != nil {
		return err
	}
	return p.showDelete(w, r, spec, templates.Form{})
}

// deleteSite handles POST /sites/{name}/delete. It demands the site's name, as
// people or as machines write it.
func (p *portal) deleteSite(w http.ResponseWriter, r *http.Request) error {
	spec, err := p.siteAsked(r)
	if err != nil {
		return err
	}
	confirm := r.PostFormValue("confirm")
	if !isNameOf(spec.Site, confirm) {
		return p.showDelete(w, r, spec, templates.Form{
			Values:   map[string]string{"confirm": confirm},
			Mistakes: []templates.Mistake{{Field: "confirm", Message: "This is not the name of the site, so nothing was deleted. Type it as it stands above."}},
		})
	}
	deployment, err := p.Store.DeleteSite(r.Context(), spec.Site.ID, by(r))
	if err != nil {
		return err
	}
	p.Poke()
	return seeOther(w, r, templates.DeploymentURL(deployment.ID))
}

// isNameOf is generous with capitals and space, which make no mistake likelier.
func isNameOf(site seedbed.Site, typed string) bool {
	typed = strings.Join(strings.Fields(typed), " ")
	return strings.EqualFold(typed, string(site.Title)) || strings.EqualFold(typed, string(site.Name))
}

func (p *portal) showDelete(w http.ResponseWriter, r *http.Request, spec seedbed.SiteSpec, form templates.Form) error {
	page := templates.DeletePage{SiteFrame: p.siteFrame(spec, ""), Form: form}
	return p.show(w, r, formStatus(form), templates.Delete(p.frame(r, templates.Sites, "Delete "+string(spec.Site.Title)), page))
}
