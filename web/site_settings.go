package web

import (
	"maps"
	"net/http"

	"seedbed"
	"seedbed/templates"
)

// askSettings handles GET /sites/{name}/settings.
func (p *portal) askSettings(w http.ResponseWriter, r *http.Request) error {
	spec, err := p.siteAsked(r)
	if err != nil {
		return err
	}
	frame := p.siteFrame(spec, "settings")
	values := fields(spec.Revision.Settings, frame.Template)
	values["name"] = string(spec.Site.Title)
	return p.showSettings(w, r, templates.SettingsPage{SiteFrame: frame, Form: templates.Form{Values: values}})
}

// changeSite handles POST /sites/{name}/settings.
func (p *portal) changeSite(w http.ResponseWriter, r *http.Request) error {
	spec, err := p.siteAsked(r)
	if err != nil {
		return err
	}
	page := templates.SettingsPage{SiteFrame: p.siteFrame(spec, "settings")}
	title, settings, err := p.readSettings(r, &page)
	switch {
	case err != nil:
		return err
	case !page.Form.Ok():
		return p.showSettings(w, r, page)
	case title == spec.Site.Title && maps.Equal(settings, spec.Revision.Settings):
		return seeOther(w, r, siteURL(spec.Site)+"?did=nothing")
	}
	deployment, err := p.Store.ChangeSite(r.Context(), spec.Site.ID, title, settings, by(r))
	if err != nil {
		if err := page.Form.Fail(err); err != nil {
			return err
		}
		return p.showSettings(w, r, page)
	}
	p.Poke()
	return seeOther(w, r, templates.DeploymentURL(deployment.ID))
}

// readSettings reads what was typed; what is wrong with it is in the form.
func (p *portal) readSettings(r *http.Request, page *templates.SettingsPage) (seedbed.Title, map[string]string, error) {
	t, err := p.Catalog.Template(page.Site.Template)
	if err != nil {
		return "", nil, err
	}
	page.Form.Values = typed(r.PostForm, t)
	title, err := seedbed.ParseTitle(page.Form.Value("name"))
	if err != nil && page.Form.Fail(err) != nil {
		return "", nil, err
	}
	settings, err := p.Catalog.Settings(t, answers(page.Form.Values, t))
	if err != nil && page.Form.Fail(err) != nil {
		return "", nil, err
	}
	return title, settings, nil
}

func (p *portal) showSettings(w http.ResponseWriter, r *http.Request, page templates.SettingsPage) error {
	title := "Settings of " + string(page.Site.Title)
	return p.show(w, r, formStatus(page.Form), templates.Settings(p.frame(r, templates.Sites, title), page))
}

// siteURL is the address of a site's page in the portal.
func siteURL(site seedbed.Site) string { return "/sites/" + string(site.Name) }
