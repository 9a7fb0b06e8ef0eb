package web

import (
	"net/http"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// askMove handles GET /sites/{name}/move.
func (p *portal) askMove(w http.ResponseWriter, r *http.Request) error {
	return p.showMove(w, r, templates.Form{})
}

// moveSite handles POST /sites/{name}/move.
func (p *portal) moveSite(w http.ResponseWriter, r *http.Request) error {
	form := typedForm(r, "project")
	err := p.Control.MoveSite(r.Context(), actor(r), siteName(r), form.Value("project"))
	if err != nil {
		if err := form.Fail(err); err != nil {
			return err
		}
		return p.showMove(w, r, form)
	}
	return seeOther(w, r, siteURL(r)+"?did=move")
}

func (p *portal) showMove(w http.ResponseWriter, r *http.Request, form templates.Form) error {
	site, err := p.siteFor(r, seedbed.MoveSite)
	if err != nil {
		return err
	}
	projects, err := p.projectsFor(r, seedbed.CreateSite)
	if err != nil {
		return err
	}
	page := templates.MovePage{SiteFrame: siteFrame(site, ""), Form: form}
	for _, project := range projects {
		if project.ID != site.Site.ProjectID {
			page.Projects = append(page.Projects, project)
		}
	}
	return p.show(w, r, formStatus(form), templates.Move(p.frame(r, templates.Sites, "Move "+string(site.Site.Title)), page))
}

// projectsFor are the projects in which whoever asks may do something.
func (p *portal) projectsFor(r *http.Request, action seedbed.Action) ([]seedbed.Project, error) {
	allowed, err := p.Control.ProjectsFor(r.Context(), actor(r), action)
	return plain(allowed), err
}

// plain are projects without what may be done with them.
func plain(projects []control.Project) []seedbed.Project {
	var all []seedbed.Project
	for _, project := range projects {
		all = append(all, project.Project)
	}
	return all
}
