package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

func siteName(r *http.Request) string { return chi.URLParam(r, "name") }

func idOf(s control.Site) int64 { return s.Site.ID }

// listSites handles GET /sites, oldest first.
func (a *api) listSites(w http.ResponseWriter, r *http.Request) error {
	p, err := readPart(r)
	if err != nil {
		return err
	}
	sites, err := a.Control.Sites(r.Context(), actor(r))
	if err != nil {
		return err
	}
	return list(a, w, r, p, oldestFirst(p, sites, idOf), idOf, func(s control.Site) wire.ListedSite {
		return wire.ListedSite{Site: siteShape(s), Status: siteStatusShape(s)}
	})
}

// createSite handles POST /sites.
func (a *api) createSite(w http.ResponseWriter, r *http.Request) error {
	var wish wire.NewSite
	if err := decode(w, r, &wish, jsonType); err != nil {
		return err
	}
	if _, err := a.Control.Template(r.Context(), actor(r), wish.Template); seedbed.IsNotFound(err) {
		return mistaken("template", seedbed.MessageOf(err))
	}
	return a.makeSite(w, r, control.SiteWish{
		Template: wish.Template, Project: wish.Project, Title: wish.Title, Address: wish.Address, Answers: wish.Settings,
	})
}

// makeSite makes a site, or says whether it could be made.
func (a *api) makeSite(w http.ResponseWriter, r *http.Request, wish control.SiteWish) error {
	dry, err := isDryRun(r)
	if err != nil {
		return err
	}
	var deployment seedbed.Deployment
	if dry {
		_, err = a.Control.ReviewSite(r.Context(), actor(r), wish)
	} else {
		deployment, err = a.Control.CreateSite(r.Context(), actor(r), wish)
	}
	switch {
	case seedbed.IsNotFound(err):
		return mistaken("project", seedbed.MessageOf(err))
	case err != nil:
		return siteFields(err)
	case dry:
		return noContent(w, nil)
	}
	return a.accepted(w, r, deployment.ID)
}

// showSite handles GET /sites/{name}.
func (a *api) showSite(w http.ResponseWriter, r *http.Request) error {
	site, err := a.Control.Site(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, siteShape(site))
}

// showStatus handles GET /sites/{name}/status.
func (a *api) showStatus(w http.ResponseWriter, r *http.Request) error {
	site, err := a.Control.Site(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, siteStatusShape(site))
}

// seen is the condition that a site is as the request says it has seen it.
func seen(r *http.Request) control.Condition {
	return func(site control.Site) error { return unchanged(r, siteShape(site)) }
}

// changeSite handles PATCH /sites/{name}. If nothing is to change it answers
// with the site, and starts nothing.
func (a *api) changeSite(w http.ResponseWriter, r *http.Request) error {
	site, err := a.Control.SiteFor(r.Context(), actor(r), siteName(r), seedbed.ChangeSite)
	if err != nil {
		return err
	}
	change, err := readPatch(w, r, site)
	if err != nil {
		return err
	}
	dry, err := isDryRun(r)
	if err != nil {
		return err
	}
	if dry {
		_, err := a.Control.ReviewChange(r.Context(), actor(r), siteName(r), change, seen(r))
		return noContent(w, siteFields(err))
	}
	deployment, changed, err := a.Control.ChangeSite(r.Context(), actor(r), siteName(r), change, seen(r))
	switch {
	case err != nil:
		return siteFields(err)
	case !changed:
		return a.showSite(w, r)
	}
	return a.accepted(w, r, deployment.ID)
}

// deleteSite handles DELETE /sites/{name}. The name in the address is the
// confirmation that a person has to type.
func (a *api) deleteSite(w http.ResponseWriter, r *http.Request) error {
	deployment, err := a.Control.DeleteSite(r.Context(), actor(r), siteName(r), siteName(r), seen(r))
	if err != nil {
		return err
	}
	return a.accepted(w, r, deployment.ID)
}

// retrySite handles POST /sites/{name}/retry.
func (a *api) retrySite(w http.ResponseWriter, r *http.Request) error {
	deployment, err := a.Control.RetrySite(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return a.accepted(w, r, deployment.ID)
}

// returnSite handles POST /sites/{name}/return.
func (a *api) returnSite(w http.ResponseWriter, r *http.Request) error {
	deployment, err := a.Control.ReturnSite(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return a.accepted(w, r, deployment.ID)
}

// pauseSite handles POST /sites/{name}/pause.
func (a *api) pauseSite(w http.ResponseWriter, r *http.Request) error {
	deployment, err := a.Control.PauseSite(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return a.accepted(w, r, deployment.ID)
}

// resumeSite handles POST /sites/{name}/resume.
func (a *api) resumeSite(w http.ResponseWriter, r *http.Request) error {
	deployment, err := a.Control.ResumeSite(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return a.accepted(w, r, deployment.ID)
}

// moveSite handles POST /sites/{name}/move.
func (a *api) moveSite(w http.ResponseWriter, r *http.Request) error {
	var wish wire.Move
	if err := decode(w, r, &wish, jsonType); err != nil {
		return err
	}
	if err := a.Control.MoveSite(r.Context(), actor(r), siteName(r), wish.Project); err != nil {
		return err
	}
	return a.showSite(w, r)
}

// renewPasswords handles POST /sites/{name}/passwords.
func (a *api) renewPasswords(w http.ResponseWriter, r *http.Request) error {
	deployment, err := a.Control.RotateBindings(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return a.accepted(w, r, deployment.ID)
}

// revealSignIn handles POST /sites/{name}/sign-in.
func (a *api) revealSignIn(w http.ResponseWriter, r *http.Request) error {
	how, err := a.Control.RevealSignIn(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return a.answer(w, r, http.StatusOK, wire.SignIn{User: how.User, Password: how.Password.Reveal(), URL: how.Site.URL})
}

// listRevisions handles GET /sites/{name}/revisions, newest first.
func (a *api) listRevisions(w http.ResponseWriter, r *http.Request) error {
	p, err := readPart(r)
	if err != nil {
		return err
	}
	revisions, err := a.Control.Revisions(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	number := func(r seedbed.Revision) int64 { return int64(r.Number) }
	return list(a, w, r, p, newestFirst(p, revisions, number), number, func(r seedbed.Revision) wire.Revision {
		return wire.Revision{Number: r.Number, Title: string(r.Title), Settings: filled(r.Settings), Created: r.Created.UTC(), By: r.By}
	})
}
