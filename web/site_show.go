package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// siteName is the name of the site that the route is about.
func siteName(r *http.Request) string { return chi.URLParam(r, "name") }

// siteURL is the address of the page of that site in the portal.
func siteURL(r *http.Request) string { return "/sites/" + siteName(r) }

// siteFor is the site that the route names, for a form that asks for an action:
// who may not do it need not see the form.
func (p *portal) siteFor(r *http.Request, action seedbed.Action) (control.Site, error) {
	return p.Control.SiteFor(r.Context(), actor(r), siteName(r), action)
}

// siteFrame is what all pages about one site show of it.
func siteFrame(site control.Site, tab string) templates.SiteFrame {
	return templates.SiteFrame{
		Site: site.Site, Template: site.Template, URL: site.URL, Host: hostShown(site.URL, site.Host()),
		Status: site.Status, Standing: site.Standing, Tab: tab,
	}
}

// showSite handles GET /sites/{name}.
func (p *portal) showSite(w http.ResponseWriter, r *http.Request) error {
	site, err := p.Control.Site(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	lately, _, err := p.Control.Events(r.Context(), actor(r), control.EventFilter{Site: siteName(r), Limit: eventsOfSite})
	if err != nil {
		return err
	}
	page := templates.SitePage{
		SiteFrame: siteFrame(site, "overview"), Deployment: site.Deployment, Settings: site.Revision.Settings, Visiting: site.Visiting, Lately: lately,
		Use: p.usage(r), Secret: site.SignInWaits, Notice: notice(r),
	}
	if r.URL.Query().Get("did") == "move" {
		page.Notice = "It belongs to " + string(site.Site.ProjectTitle) + " now. Visitors noticed nothing."
	}
	return p.show(w, r, http.StatusOK, templates.Site(p.frame(r, templates.Sites, string(site.Site.Title)), page))
}

// eventsOfSite is how many events a site's page tells.
const eventsOfSite = 5

// notice is the line about what was just done. The address names it by a word
// that we know, so that no link can make the portal say something else.
func notice(r *http.Request) string {
	switch r.URL.Query().Get("did") {
	case "nothing":
		return "Everything is as it was; there was nothing to change."
	case "visitors":
		return "Saved."
	case "upload":
		return "The files are in place."
	case "delete-backup":
		return "The backup is deleted."
	case "delete":
		return "The file is deleted."
	case "delete-project":
		return "The project is deleted."
	case "name":
		return "The name is changed."
	case "role":
		return "They have this role from now on."
	case "removed":
		return "They are no longer in the project."
	case "revoked":
		return "The invitation is taken back; its link no longer works."
	case "joined":
		return "You are in. These are the project’s sites and people."
	case "block":
		return "They can no longer sign in, and are signed out everywhere."
	case "unblock":
		return "They can sign in again."
	case "new-password":
		return "The new password is set. Sign in with it."
	case "password":
		return "Your password is changed. You are signed out everywhere else."
	}
	return ""
}
