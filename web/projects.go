package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// projectRoutes are those about projects.
func (p *portal) projectRoutes(r chi.Router) {
	r.Get("/", p.do(p.listProjects))
	r.Post("/", p.do(p.createProject))
	r.Get("/new", p.do(p.newProject))
	r.Get("/{project}", p.do(p.showProject))
	r.Post("/{project}/name", p.do(p.renameProject))
	r.Post("/{project}/delete", p.do(p.deleteProject))
	r.Post("/{project}/members/{id}", p.do(p.changeMember))
	r.Post("/{project}/members/{id}/remove", p.do(p.removeMember))
	r.Post("/{project}/invitations", p.do(p.invite))
	r.Post("/{project}/invitations/{id}/revoke", p.do(p.revokeInvitation))
}

// listProjects handles GET /projects. Who is in one project, and may make no
// other, has nothing to choose from and goes there.
func (p *portal) listProjects(w http.ResponseWriter, r *http.Request) error {
	projects, err := p.Control.Projects(r.Context(), actor(r))
	if err != nil {
		return err
	}
	frame := p.frame(r, templates.Projects, "Projects")
	if len(projects) == 1 && !seedbed.May(frame.Standing, seedbed.CreateProject) {
		return seeOther(w, r, "/projects/"+string(projects[0].Name))
	}
	page := templates.ProjectsPage{Notice: notice(r)}
	for _, project := range projects {
		page.Projects = append(page.Projects, templates.ProjectRow{Project: project.Project, Role: project.Standing.Project})
	}
	return p.show(w, r, http.StatusOK, templates.ProjectList(frame, page))
}

// newProject handles GET /projects/new.
func (p *portal) newProject(w http.ResponseWriter, r *http.Request) error {
	if err := p.Control.MayCreateProject(r.Context(), actor(r)); err != nil {
		return err
	}
	return p.showNewProject(w, r, templates.Form{})
}

func (p *portal) showNewProject(w http.ResponseWriter, r *http.Request, form templates.Form) error {
	return p.show(w, r, formStatus(form), templates.NewProject(p.frame(r, templates.Projects, "New project"), form))
}

// createProject handles POST /projects.
func (p *portal) createProject(w http.ResponseWriter, r *http.Request) error {
	form := typedForm(r, "name")
	project, err := p.Control.CreateProject(r.Context(), actor(r), form.Value("name"))
	if err != nil {
		if err := form.Fail(err); err != nil {
			return err
		}
		return p.showNewProject(w, r, form)
	}
	return seeOther(w, r, "/projects/"+string(project.Name))
}

// typedForm is what was typed into the fields of those names.
func typedForm(r *http.Request, fields ...string) templates.Form {
	form := templates.Form{Values: map[string]string{}}
	for _, field := range fields {
		form.Values[field] = r.PostFormValue(field)
	}
	return form
}

// projectName is the name of the project that the route is about.
func projectName(r *http.Request) string { return chi.URLParam(r, "project") }

// projectURL is the address of the page of that project.
func projectURL(r *http.Request) string { return "/projects/" + url.PathEscape(projectName(r)) }

// idAsked is the number in the route; one that is none is that of nothing.
func idAsked(r *http.Request) int64 {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return -1
	}
	return id
}

// showProject handles GET /projects/{project}.
func (p *portal) showProject(w http.ResponseWriter, r *http.Request) error {
	return p.showProjectWith(w, r, templates.Form{Values: map[string]string{"role": string(seedbed.Editor)}})
}

// showProjectWith shows a project with what was wrong with one of its forms.
func (p *portal) showProjectWith(w http.ResponseWriter, r *http.Request, form templates.Form) error {
	project, err := p.Control.Project(r.Context(), actor(r), projectName(r))
	if err != nil {
		return err
	}
	sites, err := p.Control.Sites(r.Context(), actor(r))
	if err != nil {
		return err
	}
	if _, typed := form.Values["name"]; !typed {
		form.Values["name"] = string(project.Title)
	}
	page := templates.ProjectPage{
		Project: project.Project.Project, Standing: project.Standing, Members: project.Members, Invitations: project.Invitations,
		Form: form, Notice: notice(r), Sites: rowsIn(sites, project.ID),
	}
	return p.show(w, r, formStatus(form), templates.Project(p.frame(r, templates.Projects, string(project.Title)), page))
}

func rowsIn(sites []control.Site, project int64) []templates.SiteRow {
	var rows []templates.SiteRow
	for _, site := range sites {
		if site.Site.ProjectID == project {
			rows = append(rows, siteRow(site))
		}
	}
	return rows
}

// renameProject handles POST /projects/{project}/name.
func (p *portal) renameProject(w http.ResponseWriter, r *http.Request) error {
	form := typedForm(r, "name")
	err := p.Control.RenameProject(r.Context(), actor(r), projectName(r), form.Value("name"))
	return p.afterProject(w, r, form, err, "name")
}

// afterProject leads back to the project, or shows it with what was wrong.
func (p *portal) afterProject(w http.ResponseWriter, r *http.Request, form templates.Form, err error, did string) error {
	if err == nil {
		return seeOther(w, r, projectURL(r)+"?did="+did)
	}
	if err := form.Fail(err); err != nil {
		return err
	}
	return p.showProjectWith(w, r, form)
}

// deleteProject handles POST /projects/{project}/delete. It demands the
// project's name, as people or as machines write it.
func (p *portal) deleteProject(w http.ResponseWriter, r *http.Request) error {
	form := typedForm(r, "confirm")
	err := p.Control.DeleteProject(r.Context(), actor(r), projectName(r), form.Value("confirm"))
	if err == nil {
		return seeOther(w, r, "/projects?did=delete-project")
	}
	return p.afterProject(w, r, form, err, "")
}

// changeMember handles POST /projects/{project}/members/{id}. Who lowers
// themselves may not see what the page offered before, so they start at home.
func (p *portal) changeMember(w http.ResponseWriter, r *http.Request) error {
	err := p.Control.ChangeMember(r.Context(), actor(r), projectName(r), idAsked(r), r.PostFormValue("role"))
	return p.afterProject(w, r, typedForm(r), err, "role")
}

// removeMember handles POST /projects/{project}/members/{id}/remove.
func (p *portal) removeMember(w http.ResponseWriter, r *http.Request) error {
	err := p.Control.RemoveMember(r.Context(), actor(r), projectName(r), idAsked(r))
	if err == nil && idAsked(r) == actor(r).User.ID {
		return seeOther(w, r, "/")
	}
	return p.afterProject(w, r, typedForm(r), err, "removed")
}
