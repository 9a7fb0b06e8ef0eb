package api

import (
	"net/http"

	"seedbed/control"
	"seedbed/metrics"
)

// showMetrics handles GET /metrics, for the programs of operators.
func (a *api) showMetrics(w http.ResponseWriter, r *http.Request) error {
	o, err := a.Control.Overview(r.Context(), actor(r))
	if err != nil {
		return err
	}
	a.Metrics.Show(w, r, sight(o))
	return nil
}

func sight(o control.Overview) metrics.Sight {
	s := metrics.Sight{Parts: o.Parts}
	for _, site := range o.Sites {
		s.Sites = append(s.Sites, metrics.Site{Name: site.Site.Name, Project: site.Site.Project, Status: site.Status})
	}
	for _, service := range o.Services {
		s.Services = append(s.Services, metrics.Service{Kind: service.Kind, Status: service.Status})
	}
	return s
}
