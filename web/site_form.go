package web

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// typed picks what the form of a template asks for; the defaults stand for
// what is missing. Of a switch the last value counts: an unticked box sends
// only the hidden "off" before it.
func typed(values url.Values, t seedbed.Template) map[string]string {
	picked := map[string]string{"name": values.Get("name"), "address": values.Get("address"), "project": values.Get("project")}
	for _, q := range t.Questions {
		field := templates.SettingField(q.Name)
		picked[field] = q.Default
		if all := values[field]; len(all) > 0 {
			picked[field] = all[len(all)-1]
		}
	}
	return picked
}

// answers are the answers to a template's questions, by the questions' names.
func answers(values map[string]string, t seedbed.Template) map[string]string {
	answers := map[string]string{}
	for _, q := range t.Questions {
		answers[q.Name] = values[templates.SettingField(q.Name)]
	}
	return answers
}

// fields is the counterpart of answers: settings as the form shows them.
func fields(settings map[string]string, t seedbed.Template) map[string]string {
	values := map[string]string{}
	for _, q := range t.Questions {
		value, ok := settings[q.Name]
		if !ok {
			value = q.Default
		}
		values[templates.SettingField(q.Name)] = value
	}
	return values
}

// wish is a new site as it was typed.
func wish(values map[string]string, t seedbed.Template) control.SiteWish {
	return control.SiteWish{Template: t.Name, Project: values["project"], Title: values["name"], Address: values["address"], Answers: answers(values, t)}
}

func (p *portal) showNewSite(w http.ResponseWriter, r *http.Request, t seedbed.Template, form templates.Form) error {
	projects, err := p.Control.ProjectsToMakeIn(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := templates.NewSitePage{Template: t, Domain: p.Domain, Form: form, Projects: plain(projects)}
	return p.show(w, r, formStatus(form), templates.NewSite(p.frame(r, templates.Sites, "New "+t.Title), page))
}

// chosenTemplate is the template that the route names.
func (p *portal) chosenTemplate(r *http.Request) (seedbed.Template, error) {
	return p.Control.Template(r.Context(), actor(r), chi.URLParam(r, "template"))
}
