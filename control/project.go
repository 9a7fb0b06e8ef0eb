package control

import (
	"context"
	"fmt"
	"strings"
	"time"

	"seedbed"
)

// Project is one project as an actor may see it.
type Project struct {
	seedbed.Project
	// Standing is what the actor is to the project: what may be offered to them.
	Standing seedbed.Standing
}

// Projects returns the projects that the actor may see, by title.
func (c *Control) Projects(ctx context.Context, a Actor) ([]Project, error) {
	return c.ProjectsFor(ctx, a, seedbed.SeeProject)
}

// ProjectsFor returns the projects in which the actor may do something.
func (c *Control) ProjectsFor(ctx context.Context, a Actor, action seedbed.Action) ([]Project, error) {
	reach, err := c.reach(ctx, a)
	if err != nil {
		return nil, err
	}
	all, err := c.store.Projects(ctx)
	if err != nil {
		return nil, fmt.Errorf("list projects: %w", err)
	}
	var projects []Project
	for _, project := range all {
		standing := reach.In(project.ID, a.Scope)
		if seedbed.May(standing, seedbed.SeeProject) && seedbed.May(standing, action) {
			projects = append(projects, Project{project, standing})
		}
	}
	return projects, nil
}

// ProjectMembers is a project with who is in it.
type ProjectMembers struct {
	Project
	Members []seedbed.Member
	// Invitations are those that can still be accepted, for those who may
	// invite.
	Invitations []seedbed.Invitation
}

// Project returns one project that the actor may see, by its name.
func (c *Control) Project(ctx context.Context, a Actor, name string) (ProjectMembers, error) {
	project, err := c.in(ctx, a, name, seedbed.SeeProject)
	if err != nil {
		return ProjectMembers{}, err
	}
	p := ProjectMembers{Project: project}
	if p.Members, err = c.store.Members(ctx, project.ID); err != nil {
		return p, err
	}
	if seedbed.May(project.Standing, seedbed.ChangeMembers) {
		p.Invitations, err = c.store.Invitations(ctx, project.ID)
	}
	return p, err
}

// CreateProject makes a project, with the actor as its owner. A mistake is
// beside the field "name", and so is a Conflict with a project of that title.
func (c *Control) CreateProject(ctx context.Context, a Actor, title string) (seedbed.Project, error) {
	parsed, err := c.newProject(ctx, a, title)
	if err != nil {
		return seedbed.Project{}, err
	}
	return c.store.CreateProject(ctx, parsed, a.author())
}

// ReviewProject returns the error that CreateProject would, and makes nothing.
func (c *Control) ReviewProject(ctx context.Context, a Actor, title string) error {
	parsed, err := c.newProject(ctx, a, title)
	if err != nil {
		return err
	}
	return c.store.CheckProjectTitle(ctx, 0, parsed)
}

func (c *Control) newProject(ctx context.Context, a Actor, title string) (seedbed.Title, error) {
	if err := c.permit(ctx, a, seedbed.CreateProject); err != nil {
		return "", err
	}
	return projectTitle(title)
}

// MayCreateProject is an error for who may not make projects, for the form that
// asks for one.
func (c *Control) MayCreateProject(ctx context.Context, a Actor) error {
	return c.permit(ctx, a, seedbed.CreateProject)
}

func projectTitle(s string) (seedbed.Title, error) {
	if strings.TrimSpace(s) == "" {
		return "", seedbed.Mistake("name", "Give the project a name, for example “Maternal Health”.")
	}
	return seedbed.ParseTitle(s)
}

// RenameProject gives a project another title. Mistakes are those of
// CreateProject.
func (c *Control) RenameProject(ctx context.Context, a Actor, name, title string) error {
	project, parsed, err := c.renamed(ctx, a, name, title)
	if err != nil {
		return err
	}
	return c.store.RenameProject(ctx, project.ID, parsed, a.author())
}

// ReviewRename returns the error that RenameProject would, and changes nothing.
func (c *Control) ReviewRename(ctx context.Context, a Actor, name, title string) error {
	project, parsed, err := c.renamed(ctx, a, name, title)
	if err != nil {
		return err
	}
	return c.store.CheckProjectTitle(ctx, project.ID, parsed)
}

func (c *Control) renamed(ctx context.Context, a Actor, name, title string) (Project, seedbed.Title, error) {
	project, err := c.in(ctx, a, name, seedbed.RenameProject)
	if err != nil {
		return project, "", err
	}
	parsed, err := projectTitle(title)
	return project, parsed, err
}

// DeleteProject deletes a project without sites; one with sites is a Conflict.
// confirm is its title or name once more; anything else is a mistake beside the
// field "confirm".
func (c *Control) DeleteProject(ctx context.Context, a Actor, name, confirm string) error {
	project, err := c.in(ctx, a, name, seedbed.DeleteProject)
	switch {
	case err != nil:
		return err
	case project.Sites == 0 && !isNameOf(confirm, project.Title, project.Name):
		return seedbed.Mistake("confirm", "This is not the name of the project, so nothing was deleted. Type it as it stands above.")
	}
	return c.store.DeleteProject(ctx, project.ID, a.author())
}

// MoveSite puts a site into another project, in which the actor must be allowed
// to make sites. Mistakes are beside the field "project".
func (c *Control) MoveSite(ctx context.Context, a Actor, name, to string) error {
	c.changing.Lock()
	defer c.changing.Unlock()
	site, err := c.on(ctx, a, name, seedbed.MoveSite)
	if err != nil {
		return err
	}
	project, err := c.in(ctx, a, to, seedbed.CreateSite)
	if seedbed.IsNotFound(err) {
		return seedbed.Mistake("project", "Choose the project that the site is to belong to.")
	}
	if err != nil {
		return err
	}
	return c.store.MoveSite(ctx, site.Site.ID, project.ID, a.author())
}

// ChangeMember gives a member of a project another role: "viewer", "editor" or
// "owner". The last owner stays one: that is a Conflict.
func (c *Control) ChangeMember(ctx context.Context, a Actor, name string, userID int64, role string) error {
	project, err := c.in(ctx, a, name, seedbed.ChangeMembers)
	if err != nil {
		return err
	}
	parsed, err := seedbed.ParseProjectRole(role)
	if err != nil {
		return err
	}
	return c.store.ChangeMember(ctx, project.ID, userID, parsed, a.author())
}

// RemoveMember takes somebody out of a project. The last owner stays: that is a
// Conflict.
func (c *Control) RemoveMember(ctx context.Context, a Actor, name string, userID int64) error {
	project, err := c.in(ctx, a, name, seedbed.ChangeMembers)
	if err != nil {
		return err
	}
	return c.store.RemoveMember(ctx, project.ID, userID, a.author())
}

// invitedFor is how long an invitation can be accepted.
const invitedFor = 7 * 24 * time.Hour

// InvitationLink is an invitation with the code of its link, which is known
// only now.
type InvitationLink struct {
	seedbed.Invitation
	Code seedbed.Secret
}

// Invite makes an invitation into a project: a link that works once, within a
// week. note says for whom it is, and may be empty. Mistakes are beside the
// fields "role" and "note".
func (c *Control) Invite(ctx context.Context, a Actor, name, role, note string) (InvitationLink, error) {
	project, err := c.in(ctx, a, name, seedbed.ChangeMembers)
	if err != nil {
		return InvitationLink{}, err
	}
	link := InvitationLink{Invitation: seedbed.Invitation{Project: project.Project, By: a.User.Name, Created: c.now(), Expires: c.now().Add(invitedFor)}}
	if link.Role, link.Note, err = readInvitation(role, note); err != nil {
		return InvitationLink{}, err
	}
	if link.Code, err = c.newCode(); err != nil {
		return InvitationLink{}, err
	}
	link.ID, err = c.store.Invite(ctx, link.Invitation, link.Code, a.author())
	return link, err
}

// RevokeInvitation ends an invitation that was not accepted yet.
func (c *Control) RevokeInvitation(ctx context.Context, a Actor, name string, id int64) error {
	project, err := c.in(ctx, a, name, seedbed.ChangeMembers)
	if err != nil {
		return err
	}
	return c.store.RevokeInvitation(ctx, project.ID, id, a.author())
}

// AcceptInvitation puts the actor into the project that the code of a link
// invites to. A code that cannot be used is Forbidden; somebody who may as much
// already is a Conflict.
func (c *Control) AcceptInvitation(ctx context.Context, a Actor, code seedbed.Secret) (seedbed.Invitation, error) {
	if err := c.permit(ctx, a, seedbed.AcceptInvitation); err != nil {
		return seedbed.Invitation{}, err
	}
	return c.store.AcceptInvitation(ctx, code, a.author())
}
