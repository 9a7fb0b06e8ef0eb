package api

import (
	"net/http"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

// listProjects handles GET /projects: those that one may see, oldest first.
func (a *api) listProjects(w http.ResponseWriter, r *http.Request) error {
	p, err := readPart(r)
	if err != nil {
		return err
	}
	projects, err := a.Control.Projects(r.Context(), actor(r))
	if err != nil {
		return err
	}
	id := func(p control.Project) int64 { return p.ID }
	return list(a, w, r, p, oldestFirst(p, projects, id), id, func(p control.Project) wire.Project { return projectShape(p.Project) })
}

// showProject handles GET /projects/{name}, with who is in it.
func (a *api) showProject(w http.ResponseWriter, r *http.Request) error {
	project, err := a.Control.Project(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	shape := wire.ProjectMembers{Project: projectShape(project.Project.Project), Members: []wire.Member{}}
	for _, m := range project.Members {
		shape.Members = append(shape.Members, wire.Member{ID: m.UserID, User: m.Name, Role: string(m.Role), Blocked: m.Blocked})
	}
	for _, i := range project.Invitations {
		shape.Invitations = append(shape.Invitations, invitationShape(i))
	}
	return a.answer(w, r, http.StatusOK, shape)
}

// createProject handles POST /projects.
func (a *api) createProject(w http.ResponseWriter, r *http.Request) error {
	var wish wire.NewProject
	if err := decode(w, r, &wish, jsonType); err != nil {
		return err
	}
	dry, err := isDryRun(r)
	if err != nil {
		return err
	}
	if dry {
		return noContent(w, siteFields(a.Control.ReviewProject(r.Context(), actor(r), wish.Title)))
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

// renameProject handles PATCH /projects/{name}. The name in addresses stays.
func (a *api) renameProject(w http.ResponseWriter, r *http.Request) error {
	var change wire.NewProject
	if err := decode(w, r, &change, patchType, jsonType); err != nil {
		return err
	}
	dry, err := isDryRun(r)
	if err != nil {
		return err
	}
	if dry {
		return noContent(w, siteFields(a.Control.ReviewRename(r.Context(), actor(r), siteName(r), change.Title)))
	}
	if err := a.Control.RenameProject(r.Context(), actor(r), siteName(r), change.Title); err != nil {
		return siteFields(err)
	}
	return a.showProject(w, r)
}

// deleteProject handles DELETE /projects/{name}. One with sites stays. The name in
// the address is the confirmation that a person has to type.
func (a *api) deleteProject(w http.ResponseWriter, r *http.Request) error {
	return noContent(w, a.Control.DeleteProject(r.Context(), actor(r), siteName(r), siteName(r)))
}

// noContent answers that what was asked for is done, unless there was an error.
func noContent(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
