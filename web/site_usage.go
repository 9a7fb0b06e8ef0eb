package web

import (
	"errors"
	"net/http"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// usage is what a site uses now, for its page. What is not known is said there.
func (p *portal) usage(r *http.Request) templates.Use {
	use, err := p.Control.Usage(r.Context(), actor(r), siteName(r))
	if err != nil {
		if errors.Is(err, control.ErrAsking) {
			return templates.Use{Trouble: seedbed.MessageOf(err)} // the next one who looks knows more
		}
		p.log(r, http.StatusServiceUnavailable, err)
		return templates.Use{Trouble: seedbed.MessageOf(err)}
	}
	return templates.Use{At: use.At, Tasks: use.Tasks, Memory: use.Memory, Limit: use.Limit, CPUs: use.CPUs, CPUsKnown: use.CPUsKnown}
}
