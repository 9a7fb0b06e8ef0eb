package web

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"seedbed"
	"seedbed/templates"
)

// invite handles POST /projects/{project}/invitations: it leads to the link.
func (p *portal) invite(w http.ResponseWriter, r *http.Request) error {
	form := typedForm(r, "role", "note")
	link, err := p.Control.Invite(r.Context(), actor(r), projectName(r), form.Value("role"), form.Value("note"))
	if err != nil {
		return p.afterProject(w, r, form, err, "")
	}
	lead := "Give this link to whom you invite. It works once, until " + link.Expires.In(p.Now().Location()).Format("2 January 2006") + "."
	return p.toLink(w, r, templates.Projects, templates.LinkOncePage{
		Heading: "The link", Lead: lead, Link: p.linkTo(r, "/invitation", link.Code), Back: projectURL(r), BackTo: string(link.Project.Title),
	})
}

// toLink leads to a page with a link.
func (p *portal) toLink(w http.ResponseWriter, r *http.Request, place templates.Place, page templates.LinkOncePage) error {
	return p.toOnce(w, r, place, page.Heading, func(f templates.Frame) templ.Component { return templates.LinkOnce(f, page) })
}

// linkTo is a whole address with a code, under the name that the portal was
// asked by.
func (p *portal) linkTo(r *http.Request, path string, code seedbed.Secret) seedbed.Secret {
	link := url.URL{Scheme: "http", Host: r.Host, Path: path, RawQuery: url.Values{"code": {code.Reveal()}}.Encode()}
	if p.Secure {
		link.Scheme = "https"
	}
	return seedbed.Secret(link.String())
}

// revokeInvitation handles POST /projects/{project}/invitations/{id}/revoke.
func (p *portal) revokeInvitation(w http.ResponseWriter, r *http.Request) error {
	err := p.Control.RevokeInvitation(r.Context(), actor(r), projectName(r), idAsked(r))
	return p.afterProject(w, r, typedForm(r), err, "revoked")
}

// askInvitation handles GET /invitation: who invites to what, for whoever has
// the link.
func (p *portal) askInvitation(w http.ResponseWriter, r *http.Request) error {
	return p.showInvitation(w, r, seedbed.Secret(r.URL.Query().Get("code")), templates.Form{})
}

func (p *portal) showInvitation(w http.ResponseWriter, r *http.Request, code seedbed.Secret, form templates.Form) error {
	page := templates.InvitationPage{Code: code, Form: form}
	err := p.slowly(r, func() (err error) {
		page.Invitation, err = p.Store.InvitationFor(r.Context(), code)
		return err
	})
	if err != nil {
		return err
	}
	page.SignIn = "/sign-in?" + url.Values{"next": {"/invitation?" + url.Values{"code": {code.Reveal()}}.Encode()}}.Encode()
	return p.show(w, r, formStatus(form), templates.Invitation(p.frame(r, "", "You are invited"), page))
}

// slowly looks a code up. Wrong ones make the address that they come from wait.
func (p *portal) slowly(r *http.Request, look func() error) error {
	return p.doorman.Look(addressOf(r), look)
}

// acceptInvitation handles POST /invitation: for who is signed in it accepts,
// for who is not it makes an account too.
func (p *portal) acceptInvitation(w http.ResponseWriter, r *http.Request) error {
	code := seedbed.Secret(r.PostFormValue("code"))
	if _, signedIn := userOf(r.Context()); !signedIn {
		return p.join(w, r, code)
	}
	invitation, err := p.Control.AcceptInvitation(r.Context(), actor(r), code)
	if err != nil {
		return err
	}
	return seeOther(w, r, "/projects/"+string(invitation.Project.Name)+"?did=joined")
}

// join makes an account for who was invited, and signs them in. Nothing is
// hashed for a link that cannot be used.
func (p *portal) join(w http.ResponseWriter, r *http.Request, code seedbed.Secret) error {
	err := p.slowly(r, func() error { _, err := p.Store.InvitationFor(r.Context(), code); return err })
	if err != nil {
		return err
	}
	form := typedForm(r, "user")
	name, err := readAccount(r, &form)
	switch {
	case err != nil:
		return err
	case !form.Ok():
		return p.showInvitation(w, r, code, form)
	}
	hash, err := p.doorman.Hash(r.Context(), r.PostFormValue("password"))
	if err != nil {
		return err
	}
	user, err := p.Store.Join(r.Context(), code, seedbed.User{Name: name, PasswordHash: hash}, hostOf(r))
	if err != nil {
		if err := form.Fail(err); err != nil {
			return err
		}
		return p.showInvitation(w, r, code, form)
	}
	if err := p.enter(w, r, user); err != nil {
		return err
	}
	return seeOther(w, r, "/")
}
