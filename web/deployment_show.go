package web

import (
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
	d, err := p.Control.Deployment(r.Context(), actor(r), id)
	return templates.ProgressPage{
		Deployment: d.Deployment, Site: d.Site.Site, Template: d.Site.Template, URL: d.Site.URL, Standing: d.Site.Standing,
		Newest: d.Newest, Gone: d.Gone, Secret: d.Site.SignInWaits, Door: d.Site.Status.Door, CanReturn: d.CanReturn, Latest: d.Site.Deployment,
	}, err
}
