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
	page := templates.HomePage{}
	for _, site := range sites {
		page.Sites = append(page.Sites, siteRow(site))
	}
	return p.show(w, r, http.StatusOK, templates.Home(p.frame(r, templates.Sites, "Your sites"), page))
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
	return u.Host
}
