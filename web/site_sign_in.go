package web

import (
	"net/http"
	"net/url"

	"seedbed/templates"
)

// revealSignIn handles POST /sites/{name}/sign-in: it shows the site's own
// sign-in, once.
func (p *portal) revealSignIn(w http.ResponseWriter, r *http.Request) error {
	signIn, err := p.Control.RevealSignIn(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	login, err := url.JoinPath(signIn.Site.URL, signIn.Site.Template.SignIn.Path)
	if err != nil {
		return err
	}
	page := templates.SignInOncePage{SiteFrame: siteFrame(signIn.Site, ""), User: signIn.User, Password: signIn.Password, LoginURL: login}
	return p.show(w, r, http.StatusOK, templates.SignInOnce(p.frame(r, templates.Sites, "The site’s own sign-in"), page))
}
