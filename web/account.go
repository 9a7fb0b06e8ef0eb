package web

import (
	"fmt"
	"net/http"
	"net/url"

	"seedbed"
	"seedbed/templates"
)

// showAccount handles GET /account.
func (p *portal) showAccount(w http.ResponseWriter, r *http.Request) error {
	return p.showAccountWith(w, r, templates.Form{})
}

func (p *portal) showAccountWith(w http.ResponseWriter, r *http.Request, form templates.Form) error {
	page := templates.AccountPage{Form: form, Notice: notice(r)}
	return p.show(w, r, formStatus(form), templates.Account(p.frame(r, templates.Own, "Your account"), page))
}

// changePassword handles POST /account/password. It asks for the present one,
// so that a browser that was left alone is not enough.
func (p *portal) changePassword(w http.ResponseWriter, r *http.Request) error {
	var form templates.Form
	user := actor(r).User
	if _, err := p.admit(r, user.Name, r.PostFormValue("present")); err != nil {
		if seedbed.CodeOf(err) != seedbed.Invalid {
			return err
		}
		form.Mistakes = append(form.Mistakes, templates.Mistake{Field: "present", Message: "This is not your present password."})
	}
	if err := readPassword(r, &form, user.Name); err != nil {
		return err
	}
	if !form.Ok() {
		return p.showAccountWith(w, r, form)
	}
	hash, err := p.doorman.Hash(r.Context(), r.PostFormValue("password"))
	if err != nil {
		return err
	}
	session, err := p.sessions.Get(r, p.sessions.cookie)
	if err != nil {
		return fmt.Errorf("load session: %w", err)
	}
	if err := p.Control.ChangePassword(r.Context(), actor(r), hash, hashOf(session.ID)); err != nil {
		return err
	}
	return seeOther(w, r, "/account?did=password")
}

// signOutEverywhere handles POST /account/sign-out.
func (p *portal) signOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	if err := p.Control.SignOutEverywhere(r.Context(), actor(r)); err != nil {
		return err
	}
	return p.signOut(w, r)
}

// askPassword handles GET /new-password, for whoever has a link to it.
func (p *portal) askPassword(w http.ResponseWriter, r *http.Request) error {
	return p.showPassword(w, r, seedbed.Secret(r.URL.Query().Get("code")), templates.Form{})
}

func (p *portal) showPassword(w http.ResponseWriter, r *http.Request, code seedbed.Secret, form templates.Form) error {
	user, err := p.passwordLinkUser(r, code)
	if err != nil {
		return err
	}
	page := templates.NewPasswordPage{User: user.Name, Code: code, Form: form}
	return p.show(w, r, formStatus(form), templates.NewPassword(p.frame(r, "", "A new password"), page))
}

func (p *portal) passwordLinkUser(r *http.Request, code seedbed.Secret) (user seedbed.User, err error) {
	err = p.slowly(r, func() error {
		user, err = p.Store.PasswordLinkUser(r.Context(), code)
		return err
	})
	return user, err
}

// setPassword handles POST /new-password. The link is used up, and the person
// signs in with the new password.
func (p *portal) setPassword(w http.ResponseWriter, r *http.Request) error {
	code := seedbed.Secret(r.PostFormValue("code"))
	user, err := p.passwordLinkUser(r, code)
	if err != nil {
		return err
	}
	var form templates.Form
	if err := readPassword(r, &form, user.Name); err != nil {
		return err
	}
	if !form.Ok() {
		return p.showPassword(w, r, code, form)
	}
	hash, err := p.doorman.Hash(r.Context(), r.PostFormValue("password"))
	if err != nil {
		return err
	}
	if _, err := p.Store.UsePasswordLink(r.Context(), code, hash, hostOf(r)); err != nil {
		return err
	}
	return seeOther(w, r, "/sign-in?"+url.Values{"did": {"new-password"}, "user": {user.Name}}.Encode())
}
