package web

import (
	"net/http"

	"seedbed/templates"
)

// Forms with answers that must not stand in an address are sent as a POST, to
// be reviewed and to be changed again. Neither changes anything.

// reviewSitePosted handles POST /sites/new/{template}/review.
func (p *portal) reviewSitePosted(w http.ResponseWriter, r *http.Request) error {
	return p.reviewTyped(w, r, r.PostForm)
}

// newSitePosted handles POST /sites/new/{template}: the form once more, filled
// in with what was sent.
func (p *portal) newSitePosted(w http.ResponseWriter, r *http.Request) error {
	t, err := p.chosenTemplate(r)
	if err != nil {
		return err
	}
	return p.showNewSite(w, r, t, templates.Form{Values: typed(r.PostForm, t)})
}
