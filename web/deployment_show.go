package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/templates"
)

// refreshSeconds is how often a browser without script asks for progress.
const refreshSeconds = 3

// showDeployment handles GET /deployments/{id}: how far it is, and what can be
// done next.
func (p *portal) showDeployment(w http.ResponseWriter, r *http.Request) error {
	page, err := p.progress(r)
	if err != nil {
		return err
	}
	frame := p.frame(r, templates.Sites, page.Title())
	if page.Deployment.State == seedbed.Working {
		frame.Refresh = refreshSeconds
	}
	return p.show(w, r, http.StatusOK, templates.Progress(frame, page))
}

// progress looks up all that is to be shown of the deployment that the route
// names.
func (p *portal) progress(r *http.Request) (templates.ProgressPage, error) {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return templates.ProgressPage{}, seedbed.Missing("There is no such deployment.")
	}
	deployment, err := p.Store.Deployment(r.Context(), id)
	if err != nil {
		return templates.ProgressPage{}, fmt.Errorf("look up deployment %d: %w", id, err)
	}
	spec, err := p.Store.SiteSpec(r.Context(), deployment.SiteID)
	if seedbed.IsNotFound(err) {
		return p.gone(r, deployment)
	}
	if err != nil {
		return templates.ProgressPage{}, fmt.Errorf("look up site %d: %w", deployment.SiteID, err)
	}
	frame := p.siteFrame(spec, "")
	return templates.ProgressPage{
		Deployment: deployment, Site: spec.Site, Template: frame.Template, URL: frame.URL,
		Newest: spec.Deployment.ID == deployment.ID, Secret: hasSignIn(spec, frame),
	}, nil
}

// gone is the progress of a deployment whose site is deleted by now.
func (p *portal) gone(r *http.Request, deployment seedbed.Deployment) (templates.ProgressPage, error) {
	site, err := p.Store.Site(r.Context(), deployment.SiteID)
	if err != nil {
		return templates.ProgressPage{}, fmt.Errorf("look up deleted site %d: %w", deployment.SiteID, err)
	}
	return templates.ProgressPage{Deployment: deployment, Site: site, Gone: true}, nil
}
