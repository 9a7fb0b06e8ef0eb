package web

import (
	"net/http"
	"net/url"

	"seedbed/templates"
)

// chooseTemplate handles GET /sites/new.
func (p *portal) chooseTemplate(w http.ResponseWriter, r *http.Request) error {
	page := templates.TemplatesPage{Templates: p.Catalog.Templates()}
	return p.show(w, r, http.StatusOK, templates.ChooseTemplate(p.frame(r, templates.Sites, "New site"), page))
}

// newSite handles GET /sites/new/{template}: the form, filled in with what the
// address holds.
func (p *portal) newSite(w http.ResponseWriter, r *http.Request) error {
	t, err := p.chosenTemplate(r)
	if err != nil {
		return err
	}
	return p.showNewSite(w, r, t, templates.Form{Values: typed(r.URL.Query(), t)})
}

// reviewSite handles GET /sites/new/{template}/review: it says what will be
// made. It changes nothing, so that it may be asked again and gone back to.
func (p *portal) reviewSite(w http.ResponseWriter, r *http.Request) error {
	t, err := p.chosenTemplate(r)
	if err != nil {
		return err
	}
	form, err := p.readSite(r.URL.Query(), t)
	if err == nil && form.Ok() {
		err = form.failIf(p.Store.CheckFree(r.Context(), form.Site)) // making it decides; this tells early
	}
	switch {
	case err != nil:
		return err
	case !form.Ok():
		return p.showNewSite(w, r, t, form.Form)
	}
	page := templates.ReviewPage{
		Template: t, Title: form.Site.Title, Name: form.Site.Name, Host: p.hostShown(form.Site.Host), Settings: form.Site.Settings,
		Back: "/sites/new/" + t.Name + "?" + query(form.Values).Encode(),
	}
	return p.show(w, r, http.StatusOK, templates.Review(p.frame(r, templates.Sites, "Ready to make it"), page))
}

func query(values map[string]string) url.Values {
	q := url.Values{}
	for field, value := range values {
		q.Set(field, value)
	}
	return q
}
