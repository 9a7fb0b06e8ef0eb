package web

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/templates"
)

// siteForm is the form for a new site: what was typed and, as far as it is all
// right, what it means.
type siteForm struct {
	templates.Form
	Site seedbed.NewSite
}

// siteTemplate returns the template that a site can be made from, by its name.
func (p *portal) siteTemplate(name string) (seedbed.Template, error) {
	t, err := p.Catalog.Template(name)
	if err == nil && t.Kind != seedbed.SiteTemplate {
		return t, seedbed.Missing("There is no such template to make a site from.")
	}
	return t, err
}

// readSite reads and checks a new site. Mistakes are in the form, all of them;
// an error is trouble that no change of the form would mend.
func (p *portal) readSite(values url.Values, t seedbed.Template) (siteForm, error) {
	f := siteForm{Form: templates.Form{Values: typed(values, t)}}
	f.Site.Template = t
	title, err := seedbed.ParseTitle(f.Value("name"))
	if err := f.failIf(err); err != nil {
		return f, err
	}
	f.Site.Title = title
	if err := f.readAddress(p.Domain); err != nil {
		return f, err
	}
	f.Site.Settings, err = p.Catalog.Settings(t, answers(f.Values, t))
	return f, f.failIf(err)
}

// readAddress reads the address, or makes one from the name. While the name is
// wrong and no address was typed there is nothing to read. An address that was
// made is not put into the form: another name then makes another one.
func (f *siteForm) readAddress(domain string) error {
	text := f.Value("address")
	if text == "" {
		if f.Site.Title == "" {
			return nil
		}
		text = seedbed.SuggestLabel(f.Site.Title)
	}
	if text == "" {
		return f.Fail(seedbed.Mistake("address", "We cannot make an address from this name. Write one with the letters a to z, for example “nurse-handbook”."))
	}
	label, err := seedbed.ParseLabel(text)
	if err != nil {
		return f.Fail(err)
	}
	host, err := seedbed.ParseHostName(string(label) + "." + domain)
	if err != nil {
		return f.Fail(err)
	}
	f.Site.Name, f.Site.Host = label, host
	return nil
}

// failIf is Fail for what may be no error at all.
func (f *siteForm) failIf(err error) error {
	if err == nil {
		return nil
	}
	return f.Fail(err)
}

// typed picks what the form of a template asks for; the defaults stand for
// what is missing. Of a switch the last value counts: an unticked box sends
// only the hidden "off" before it.
func typed(values url.Values, t seedbed.Template) map[string]string {
	picked := map[string]string{"name": values.Get("name"), "address": values.Get("address")}
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

func (p *portal) showNewSite(w http.ResponseWriter, r *http.Request, t seedbed.Template, form templates.Form) error {
	page := templates.NewSitePage{Template: t, Domain: p.Domain, Form: form}
	return p.show(w, r, formStatus(form), templates.NewSite(p.frame(r, templates.Sites, "New "+t.Title), page))
}

// chosenTemplate is the template that the route names.
func (p *portal) chosenTemplate(r *http.Request) (seedbed.Template, error) {
	return p.siteTemplate(chi.URLParam(r, "template"))
}
