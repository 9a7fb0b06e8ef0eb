package web

import (
	"net/http"
	"net/url"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// showHome handles GET /.
func (p *portal) showHome(w http.ResponseWriter, r *http.Request) error {
	sites, err := p.Control.Sites(r.Context(), actor(r))
	if err != nil {
		return err
	}
	makes, err := p.projectsFor(r, seedbed.CreateSite)
	if err != nil {
		return err
	}
	titles, err := p.projectTitles(r)
	if err != nil {
		return err
	}
	page := templates.HomePage{Makes: len(makes) > 0}
	for _, site := range sites {
		row := siteRow(site)
		row.Project = titles[site.Site.ProjectID]
		page.Sites = append(page.Sites, row)
	}
	return p.show(w, r, http.StatusOK, templates.Home(p.frame(r, templates.Sites, "Your sites"), page))
}

// projectTitles are the titles of the projects by their ids, where there is
// more than one: one alone is not worth a word.
func (p *portal) projectTitles(r *http.Request) (map[int64]string, error) {
	projects, err := p.Control.Projects(r.Context(), actor(r))
	if err != nil || len(projects) < 2 {
		return nil, err
	}
	titles := map[int64]string{}
	for _, project := range projects {
		titles[project.ID] = string(project.Title)
	}
	return titles, nil
}

func siteRow(site control.Site) templates.SiteRow {
	since := site.Status.Since
	if since.IsZero() {
		since = site.Deployment.Started
	}
	return templates.SiteRow{
		Name: site.Site.Name, Title: site.Site.Title, Host: hostShown(site.URL, site.Host()), Template: templateTitle(site),
		Status: site.Status, Since: since, Trouble: site.Trouble(),
	}
}

// templateTitle is the name of a site's template, also of one that the catalog
// has no more.
func templateTitle(site control.Site) string {
	if site.Template.Title == "" {
		return site.Site.Template
	}
	return site.Template.Title
}

// hostShown is a host as people copy it: with the port, if its address needs
// one to open.
func hostShown(address string, host seedbed.HostName) string {
	u, err := url.Parse(address)
	if err != nil || host == "" {
		return string(host)
	}
	if port := u.Port(); port != "" {
		return control.HostShown(host) + ":" + port
	}
	return control.HostShown(host)
}
