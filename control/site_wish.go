package control

import (
	"context"
	"errors"
	"fmt"

	"seedbed"
)

// SiteWish is a new site as somebody asks for it, not checked yet.
type SiteWish struct {
	Template string            // its name
	Project  string            // name of the project; empty means the only one in which the actor may make sites
	Title    string            // what people call it
	Address  string            // first label of its host name; empty means: made from the title
	Answers  map[string]string // to the template's questions, by name; what is missing has its default
}

// Templates returns what sites can be made from, in the order to show them.
func (c *Control) Templates(ctx context.Context, a Actor) ([]seedbed.Template, error) {
	if err := c.permit(ctx, a, seedbed.UseSeedbed); err != nil {
		return nil, err
	}
	return c.catalog.Templates(), nil
}

// Template returns one thing that a site can be made from, or a NotFound error.
func (c *Control) Template(ctx context.Context, a Actor, name string) (seedbed.Template, error) {
	if err := c.permit(ctx, a, seedbed.UseSeedbed); err != nil {
		return seedbed.Template{}, err
	}
	t, err := c.catalog.Template(name)
	if err == nil && t.Kind != seedbed.SiteTemplate {
		return seedbed.Template{}, seedbed.Missing("There is no such template to make a site from.")
	}
	return t, err
}

// Review is what would be made, and in which project.
type Review struct {
	seedbed.NewSite
	Project seedbed.Project
	URL     string // where visitors would find it
}

// ReviewSite returns what CreateSite would make, and changes nothing. Mistakes
// are beside the fields "project", "name", "address" and "setting." with the question's
// name. Where no address can be made from the name, the Name is one that is free.
func (c *Control) ReviewSite(ctx context.Context, a Actor, wish SiteWish) (Review, error) {
	site, err := c.newSite(ctx, a, wish)
	if err != nil {
		return site, err
	}
	site.URL = c.siteURL(site.Host)
	return site, c.store.CheckFree(ctx, site.NewSite) // making it decides; this tells early
}

// CreateSite makes a site: it writes it down with the deployment that carries
// it out, which it returns. Mistakes are those of ReviewSite. Made twice, the
// second is a Conflict.
func (c *Control) CreateSite(ctx context.Context, a Actor, wish SiteWish) (seedbed.Deployment, error) {
	site, err := c.newSite(ctx, a, wish)
	if err != nil {
		return seedbed.Deployment{}, err
	}
	return c.poked(c.store.CreateSite(ctx, site.NewSite))
}

// poked has what was written down carried out.
func (c *Control) poked(d seedbed.Deployment, err error) (seedbed.Deployment, error) {
	if err == nil {
		c.poke()
	}
	return d, err
}

// newSite reads and checks a wish, with all mistakes at once.
func (c *Control) newSite(ctx context.Context, a Actor, wish SiteWish) (Review, error) {
	site := Review{NewSite: seedbed.NewSite{By: a.author()}}
	project, wrongProject := c.projectFor(ctx, a, wish.Project)
	if wrongProject != nil && seedbed.Mistakes(wrongProject) == nil {
		return site, wrongProject
	}
	site.Project, site.ProjectID = project.Project, project.ID
	var err error
	if site.Template, err = c.Template(ctx, a, wish.Template); err != nil {
		return site, err
	}
	var wrongTitle, wrongAddress, wrongAnswer error
	site.Title, wrongTitle = seedbed.ParseTitle(wish.Title)
	site.Name, site.Host, wrongAddress = c.address(wish.Address, site.Title)
	if wish.Address == "" && site.Title != "" && seedbed.SuggestLabel(site.Title) == "" {
		site.Name, wrongAddress = c.suggest(ctx, site.Template)
	}
	site.Settings, wrongAnswer = c.catalog.Settings(site.Template, wish.Answers)
	return site, errors.Join(wrongProject, wrongTitle, wrongAddress, wrongAnswer)
}

// ProjectsToMakeIn returns the projects in which the actor may make sites, at
// least one; who may in none is told so by a Forbidden error.
func (c *Control) ProjectsToMakeIn(ctx context.Context, a Actor) ([]Project, error) {
	projects, err := c.ProjectsFor(ctx, a, seedbed.CreateSite)
	switch {
	case err != nil || len(projects) > 0:
	case a.Scope < seedbed.PersonScope:
		err = allow(seedbed.Standing{Scope: a.Scope}, seedbed.CreateSite)
	default:
		err = &seedbed.Error{Code: seedbed.Forbidden, Message: "You are in no project in which you may make sites. An owner of a project or an administrator can let you."}
	}
	return projects, err
}

// projectFor is the project of a new site. Where there is a choice, it has to
// be made.
func (c *Control) projectFor(ctx context.Context, a Actor, name string) (Project, error) {
	if name != "" {
		return c.in(ctx, a, name, seedbed.CreateSite)
	}
	projects, err := c.ProjectsToMakeIn(ctx, a)
	switch {
	case err != nil:
		return Project{}, err
	case len(projects) > 1:
		return Project{}, seedbed.Mistake("project", "Choose the project that the site belongs to.")
	}
	return projects[0], nil
}

// suggest is an address for a name that none can be made from, and the mistake
// that says so: it is for people to choose.
func (c *Control) suggest(ctx context.Context, t seedbed.Template) (seedbed.Label, error) {
	const tries = 50
	for n := 1; n <= tries; n++ {
		label, host, err := c.address(fmt.Sprintf("%s-%d", t.Name, n), "")
		if err == nil {
			err = c.store.CheckFree(ctx, seedbed.NewSite{Name: label, Host: host})
		}
		switch {
		case err == nil:
			return label, seedbed.Mistake("address", "We cannot make an address from this name. “"+string(label)+"” is free; or write another one with the letters a to z, for example “nurse-handbook”.")
		case seedbed.Mistakes(err) == nil:
			return "", err
		}
	}
	return "", seedbed.Mistake("address", "We cannot make an address from this name. Write one with the letters a to z, for example “nurse-handbook”.")
}

// address reads the address, or makes one from the title. While the title is
// wrong and no address was given there is nothing to read.
func (c *Control) address(text string, title seedbed.Title) (seedbed.Label, seedbed.HostName, error) {
	if text == "" {
		if title == "" {
			return "", "", nil
		}
		text = seedbed.SuggestLabel(title)
	}
	label, err := seedbed.ParseLabel(text)
	if err != nil {
		return "", "", err
	}
	host, err := seedbed.ParseHostName(string(label) + "." + c.domain)
	return label, host, err
}
