package api

import (
	"net/http"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

// listProjects handles GET /projects: those that one may see, by title.
func (a *api) listProjects(w http.ResponseWriter, r *http.Request) error {
	projects, err := a.Control.Projects(r.Context(), actor(r))
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, all(projects, func(p control.Project) wire.Project { return projectShape(p.Project) }))
}

// showProject handles GET /projects/{name}, with who is in it.
func (a *api) showProject(w http.ResponseWriter, r *http.Request) error {
	project, err := a.Control.Project(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	shape := wire.ProjectMembers{Project: projectShape(project.Project.Project), Members: []wire.Member{}}
	for _, m := range project.Members {
		shape.Members = append(shape.Members, wire.Member{User: m.Name, Role: string(m.Role), Blocked: m.Blocked})
	}
	return a.answer(w, r, http.StatusOK, shape)
}

// createProject handles POST /projects.
func (a *api) createProject(w http.ResponseWriter, r *http.Request) error {
	var wish wire.NewProject
	if err := decode(w, r, &wish, jsonType); err != nil {
		return err
	}
	project, err := a.Control.CreateProject(r.Context(), actor(r), wish.Title)
	if err != nil {
		return siteFields(err)
	}
	w.Header().Set("Location", Prefix+"/projects/"+string(project.Name))
	return a.answer(w, r, http.StatusCreated, projectShape(project))
}

func projectShape(p seedbed.Project) wire.Project {
	return wire.Project{Name: string(p.Name), Title: string(p.Title), Sites: p.Sites}
}

// listUsers handles GET /users, by name.
func (a *api) listUsers(w http.ResponseWriter, r *http.Request) error {
	users, err := a.Control.People(r.Context(), actor(r))
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, all(users, func(u seedbed.User) wire.User {
		return wire.User{Name: u.Name, Role: string(u.Role), Created: u.Created.UTC(), Blocked: moment(u.Blocked)}
	}))
}
