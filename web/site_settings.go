package web

import (
	"errors"
	"net/http"
	"strconv"

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
	page := settingsPage(site)
	page.Form.Values = shown(site)
	return p.showSettings(w, r, page)
}

func settingsPage(site control.Site) templates.SettingsPage {
	return templates.SettingsPage{SiteFrame: siteFrame(site, "settings"), HasPasswords: len(site.Bindings) > 0, Revision: site.Revision.Number}
}

// shown is a site as the form shows it.
func shown(site control.Site) map[string]string {
	values := fields(site.Revision.Settings, site.Template)
	values["name"] = string(site.Site.Title)
	return values
}

// changeSite handles POST /sites/{name}/settings.
func (p *portal) changeSite(w http.ResponseWriter, r *http.Request) error {
	site, err := p.siteFor(r, seedbed.ChangeSite)
	if err != nil {
		return err
	}
	page := settingsPage(site)
	page.Form.Values = typed(r.PostForm, site.Template)
	seen, err := p.revisionSeen(r)
	if err != nil {
		return p.settingsFailed(w, r, page, seen, err)
	}
	title := page.Form.Value("name")
	change := control.SiteChange{Title: &title, Answers: answers(page.Form.Values, site.Template)}
	deployment, changed, err := p.Control.ChangeSite(r.Context(), actor(r), siteName(r), change, control.Unchanged(seen))
	switch {
	case err != nil:
		return p.settingsFailed(w, r, page, seen, err)
	case !changed:
		return seeOther(w, r, siteURL(r)+"?did=nothing")
	}
	return seeOther(w, r, templates.DeploymentURL(deployment.ID))
}

// revisionSeen is the one that the form was made from.
func (p *portal) revisionSeen(r *http.Request) (seedbed.Revision, error) {
	revisions, err := p.Control.Revisions(r.Context(), actor(r), siteName(r))
	if err != nil {
		return seedbed.Revision{}, err
	}
	for _, revision := range revisions {
		if strconv.Itoa(revision.Number) == r.PostFormValue("revision") {
			return revision, nil
		}
	}
	return seedbed.Revision{}, seedbed.Mistake("", "We cannot tell which settings this form was made from, so nothing was saved. Look again at what stands here, then save it.")
}

// settingsFailed shows the form again with what was typed. A form that is older
// than a change of somebody else goes on from that change.
func (p *portal) settingsFailed(w http.ResponseWriter, r *http.Request, page templates.SettingsPage, seen seedbed.Revision, err error) error {
	var meanwhile *control.ChangedMeanwhile
	typed := page.Form.Values
	switch {
	case errors.As(err, &meanwhile):
		page = settingsPage(meanwhile.Site)
		page.Form.Values = typed
	case seen.Number != 0:
		page.Revision = seen.Number
	}
	if err := page.Form.Fail(err); err != nil {
		return err
	}
	if meanwhile != nil {
		takeOver(&page.Form, meanwhile, seen)
	}
	return p.showSettings(w, r, page)
}

// takeOver puts what somebody else changed into a form where nothing else was
// typed, and says it beside the field where something was.
func takeOver(form *templates.Form, meanwhile *control.ChangedMeanwhile, seen seedbed.Revision) {
	then := fields(seen.Settings, meanwhile.Site.Template)
	then["name"] = string(seen.Title)
	now := shown(meanwhile.Site)
	for _, d := range meanwhile.Differences {
		field := "name"
		if d.Question != "" {
			field = templates.SettingField(d.Question)
		}
		switch form.Values[field] {
		case now[field]:
		case then[field]:
			form.Values[field] = now[field]
		default:
			form.Mistakes = append(form.Mistakes, templates.Mistake{Field: field, Message: nowSaid(d)})
		}
	}
}

func nowSaid(d seedbed.Difference) string {
	if d.After == "" {
		return "This was changed meanwhile, to something else."
	}
	return "It is “" + d.After + "” by now. What stands here takes its place if you save it."
}

func (p *portal) showSettings(w http.ResponseWriter, r *http.Request, page templates.SettingsPage) error {
	title := "Settings of " + string(page.Site.Title)
	return p.show(w, r, formStatus(page.Form), templates.Settings(p.frame(r, templates.Sites, title), page))
}
