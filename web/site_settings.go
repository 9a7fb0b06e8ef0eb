package web

import (
	"net/http"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// askSettings handles GET /sites/{name}/settings.
func (p *portal) askSettings(w http.ResponseWriter, r *http.Request) error {
	site, err := p.siteFor(r, seedbed.ChangeSite)
	if err != nil {
		return err
	}
	values := fields(site.Revision.Settings, site.Template)
	values["name"] = string(site.Site.Title)
	return p.showSettings(w, r, templates.SettingsPage{SiteFrame: siteFrame(site, "settings"), HasPasswords: len(site.Bindings) > 0, Form: templates.Form{Values: values}})
}

// changeSite handles POST /sites/{name}/settings.
func (p *portal) changeSite(w http.ResponseWriter, r *http.Request) error {
	site, err := p.siteFor(r, seedbed.ChangeSite)
	if err != nil {
		return err
	}
	page := templates.SettingsPage{SiteFrame: siteFrame(site, "settings"), HasPasswords: len(site.Bindings) > 0, Form: templates.Form{Values: typed(r.PostForm, site.Template)}}
	title := page.Form.Value("name")
	change := control.SiteChange{Title: &title, Answers: answers(page.Form.Values, site.Template)}
	deployment, changed, err := p.Control.ChangeSite(r.Context(), actor(r), siteName(r), change)
	switch {
	case err == nil && !changed:
		return seeOther(w, r, siteURL(r)+"?did=nothing")
	case err == nil:
		return seeOther(w, r, templates.DeploymentURL(deployment.ID))
	}
	if err := page.Form.Fail(err); err != nil {
		return err
	}
	return p.showSettings(w, r, page)
}

func (p *portal) showSettings(w http.ResponseWriter, r *http.Request, page templates.SettingsPage) error {
	title := "Settings of " + string(page.Site.Title)
	return p.show(w, r, formStatus(page.Form), templates.Settings(p.frame(r, templates.Sites, title), page))
}
