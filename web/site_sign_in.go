package web

import (
	"net/http"
	"net/url"

	"seedbed"
	"seedbed/templates"
)

// revealSignIn handles POST /sites/{name}/sign-in: it shows the site's own
// sign-in, once.
func (p *portal) revealSignIn(w http.ResponseWriter, r *http.Request) error {
	spec, err := p.siteAsked(r)
	if err != nil {
		return err
	}
	frame := p.siteFrame(spec, "")
	if frame.Template.SignIn == nil {
		return seedbed.Missing("This site has no sign-in of its own.")
	}
	login, err := url.JoinPath(frame.URL, frame.Template.SignIn.Path)
	if err != nil {
		return err
	}
	password, err := p.Store.RevealSignIn(r.Context(), spec.Site.ID, frame.Template.SignIn.Secret, by(r))
	if err != nil {
		return err
	}
	page := templates.SignInOncePage{SiteFrame: frame, User: frame.Template.SignIn.User, Password: password, LoginURL: login}
	return p.show(w, r, http.StatusOK, templates.SignInOnce(p.frame(r, templates.Sites, "The site’s own sign-in"), page))
}
