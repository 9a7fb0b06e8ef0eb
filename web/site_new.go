package web

import (
	"net/http"
	"net/url"

	"seedbed"
	"seedbed/templates"
)

// chooseTemplate handles GET /sites/new.
func (p *portal) chooseTemplate(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.Control.ProjectsToMakeIn(r.Context(), actor(r)); err != nil {
		return err
	}
	offered, err := p.Control.Templates(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := templates.TemplatesPage{Templates: offered, Waits: p.waits(offered), Project: r.URL.Query().Get("project")}
	return p.show(w, r, http.StatusOK, templates.ChooseTemplate(p.frame(r, templates.Sites, "New site"), page))
}

// waits says, by the template's name, why a site of it could not start yet.
func (p *portal) waits(offered []seedbed.Template) map[string]string {
	waits := map[string]string{}
	for _, t := range offered {
		if p.Image == nil || t.Image == "" {
			continue
		}
		switch state := p.Image(t.Image); {
		case state.Ready:
		case state.Trouble != "":
			waits[t.Name] = state.Trouble
		default:
			waits[t.Name] = "Its program is being prepared on this machine and is ready in a few minutes. You can make the site now; it starts then."
		}
	}
	return waits
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
	return p.reviewTyped(w, r, r.URL.Query())
}

func (p *portal) reviewTyped(w http.ResponseWriter, r *http.Request, values url.Values) error {
	t, err := p.chosenTemplate(r)
	if err != nil {
		return err
	}
	form := templates.Form{Values: typed(values, t)}
	site, err := p.Control.ReviewSite(r.Context(), actor(r), wish(form.Values, t))
	if err != nil {
		if err := form.Fail(err); err != nil {
			return err
		}
		if form.Value("address") == "" && form.Wrong("address") != "" {
			form.Values["address"] = string(site.Name)
		}
		return p.showNewSite(w, r, t, form)
	}
	projects, err := p.Control.ProjectsToMakeIn(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := templates.ReviewPage{
		Project: site.Project, Several: len(projects) > 1,
		Template: t.For(site.Settings), Title: site.Title, Name: site.Name, Host: hostShown(site.URL, site.Host), Settings: site.Settings,
	}
	if r.Method != http.MethodPost {
		page.Back = "/sites/new/" + t.Name + "?" + query(form.Values).Encode()
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
