package web

import (
	"net/http"

	"seedbed"
	"seedbed/httperror"
	"seedbed/templates"
)

// askSignIn handles GET /sign-in.
func (p *portal) askSignIn(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.URL.Query().Get("next"))
	if _, ok := userOf(r.Context()); ok {
		return seeOther(w, r, next)
	}
	someone, err := p.Store.HasUsers(r.Context())
	if err != nil || !someone {
		return orGo(w, r, err, "/setup")
	}
	page := templates.SignInPage{Next: next, Notice: notice(r)}
	if name, err := parseUserName(r.URL.Query().Get("user")); err == nil {
		page.Form.Values = map[string]string{"user": name}
	}
	return p.showSignIn(w, r, http.StatusOK, page)
}

// signIn handles POST /sign-in.
func (p *portal) signIn(w http.ResponseWriter, r *http.Request) error {
	name, password := r.PostFormValue("user"), r.PostFormValue("password")
	user, err := p.admit(r, name, password)
	if code := seedbed.CodeOf(err); code == seedbed.Invalid || code == seedbed.TooMany {
		page := templates.SignInPage{Next: localPath(r.PostFormValue("next"))}
		page.Form.Values = map[string]string{"user": name}
		page.Form.Mistakes = []templates.Mistake{{Message: seedbed.MessageOf(err)}}
		sayWhenAgain(w, err)
		return p.showSignIn(w, r, httperror.Status(err), page)
	}
	if err != nil {
		return err
	}
	if err := p.enter(w, r, user); err != nil {
		return err
	}
	by := seedbed.Author{UserID: user.ID, Name: user.Name, Address: hostOf(r)}
	if err := p.Store.AddEvent(r.Context(), by.Did(p.Now(), "signed in", "")); err != nil {
		return err
	}
	return seeOther(w, r, localPath(r.PostFormValue("next")))
}

// admit refuses what nobody can have before it is worth any work.
func (p *portal) admit(r *http.Request, name, password string) (seedbed.User, error) {
	if len(name) > 4*maxUserName || len(password) > 4*maxPassword {
		return seedbed.User{}, wrongSignIn()
	}
	return p.doorman.Admit(r.Context(), p.Store, name, password, addressOf(r))
}

func (p *portal) showSignIn(w http.ResponseWriter, r *http.Request, status int, page templates.SignInPage) error {
	return p.show(w, r, status, templates.SignIn(p.frame(r, "", "Sign in"), page))
}

// signOut handles POST /sign-out.
func (p *portal) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.leave(w, r); err != nil {
		return err
	}
	return seeOther(w, r, "/sign-in")
}
