package web

import (
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/templates"
)

// siteAsked is what is wanted of the site that the route names.
func (p *portal) siteAsked(r *http.Request) (seedbed.SiteSpec, error) {
	name, err := seedbed.ParseLabel(chi.URLParam(r, "name"))
	if err != nil {
		return seedbed.SiteSpec{}, seedbed.Missing("There is no site of this name.")
	}
	return p.Store.SiteSpecByName(r.Context(), name)
}

// siteFrame is what all pages about one site show of it. A template that the
// catalog has no more leaves its part of the page empty.
func (p *portal) siteFrame(spec seedbed.SiteSpec, tab string) templates.SiteFrame {
	t, _ := p.Catalog.Template(spec.Site.Template)
	return templates.SiteFrame{
		Site: spec.Site, Template: t, URL: p.SiteURL(hostOf(spec)), Host: p.hostShown(hostOf(spec)),
		Status: p.Board.SiteStatus(spec), Tab: tab,
	}
}

// showSite handles GET /sites/{name}.
func (p *portal) showSite(w http.ResponseWriter, r *http.Request) error {
	spec, err := p.siteAsked(r)
	if err != nil {
		return err
	}
	lately, err := p.lately(r, spec.Site)
	if err != nil {
		return err
	}
	frame := p.siteFrame(spec, "overview")
	page := templates.SitePage{
		SiteFrame: frame, Deployment: spec.Deployment, Settings: spec.Revision.Settings, Lately: lately,
		Secret: hasSignIn(spec, frame), Notice: notice(r),
	}
	return p.show(w, r, http.StatusOK, templates.Site(p.frame(r, templates.Sites, string(spec.Site.Title)), page))
}

// hasSignIn reports whether the site's first password can be shown: it has
// one, it was not shown, and there is a site by now to sign in to.
func hasSignIn(spec seedbed.SiteSpec, frame templates.SiteFrame) bool {
	made := spec.Deployment.State == seedbed.Done || frame.Status.Answer.OK()
	return frame.Template.SignIn != nil && !spec.SignInShown && made
}

// How far back, and how much, a site's page tells of what happened.
const (
	eventsSearched = 500
	eventsOfSite   = 5
)

func (p *portal) lately(r *http.Request, site seedbed.Site) ([]seedbed.Event, error) {
	events, err := p.Store.Events(r.Context(), eventsSearched)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	var lately []seedbed.Event
	for _, event := range events {
		if event.Subject == site.Key() && len(lately) < eventsOfSite {
			lately = append(lately, event)
		}
	}
	return lately, nil
}

// notice is the line about what was just done. The address names it by a word
// that we know, so that no link can make the portal say something else.
func notice(r *http.Request) string {
	switch r.URL.Query().Get("did") {
	case "nothing":
		return "Everything is as it was; there was nothing to change."
	case "upload":
		return "The files are in place."
	case "delete":
		return "The file is deleted."
	}
	return ""
}
