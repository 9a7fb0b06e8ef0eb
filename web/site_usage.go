package web

import (
	"net/http"

	"seedbed"
	"seedbed/templates"
)

// usage is what a site uses now, for its page. What is not known is said there.
func (p *portal) usage(r *http.Request) templates.Use {
	use, err := p.Control.Usage(r.Context(), actor(r), siteName(r))
	if err != nil {
		p.log(r, http.StatusServiceUnavailable, err)
		return templates.Use{Trouble: seedbed.MessageOf(err)}
	}
	return templates.Use{At: use.At, Tasks: use.Tasks, Memory: use.Memory, Limit: use.Limit, CPUs: use.CPUs, CPUsKnown: use.CPUsKnown}
}
