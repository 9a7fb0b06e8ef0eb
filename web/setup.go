package web

import (
	"net/http"

	"seedbed"
	"seedbed/templates"
)

// askSetup handles GET /setup: the form for the first administrator, for whom
// has the link with the code.
func (p *portal) askSetup(w http.ResponseWriter, r *http.Request) error {
	someone, err := p.Store.HasUsers(r.Context())
	if err != nil || someone {
		return orGo(w, r, err, "/sign-in")
	}
	code := r.URL.Query().Get("code")
	if ok, err := p.codeFits(w, r, code); !ok || err != nil {
		return err
	}
	return p.showSetup(w, r, templates.SetupPage{Code: code})
}

// setUp handles POST /setup: it makes the first administrator and signs them in.
func (p *portal) setUp(w http.ResponseWriter, r *http.Request) error {
	if someone, err := p.Store.HasUsers(r.Context()); err != nil || someone {
		return orGo(w, r, err, "/sign-in")
	}
	code := r.PostFormValue("code")
	if ok, err := p.codeFits(w, r, code); !ok || err != nil {
		return err
	}
	page := templates.SetupPage{Code: code, Form: templates.Form{Values: map[string]string{"user": r.PostFormValue("user")}}}
	name, err := readAccount(r, &page.Form)
	switch {
	case err != nil:
		return err
	case !page.Form.Ok():
		return p.showSetup(w, r, page)
	}
	hash, err := p.doorman.Hash(r.Context(), r.PostFormValue("password"))
	if err != nil {
		return err
	}
	user, err := p.Store.CreateFirstUser(r.Context(), code, seedbed.User{Name: name, PasswordHash: hash}, hostOf(r))
	if err != nil {
		return p.afterRace(w, r, err)
	}
	if err := p.enter(w, r, user); err != nil {
		return err
	}
	return seeOther(w, r, "/")
}

// afterRace sends whoever was not the first to the sign-in page; any other
// trouble stays what it is.
func (p *portal) afterRace(w http.ResponseWriter, r *http.Request, trouble error) error {
	if someone, err := p.Store.HasUsers(r.Context()); err != nil || !someone {
		return trouble
	}
	return seeOther(w, r, "/sign-in")
}

// codeFits reports whether the code is the right one. If not, the page that
// tells where the link is has been shown.
func (p *portal) codeFits(w http.ResponseWriter, r *http.Request, code string) (bool, error) {
	if code != "" {
		err := p.slowly(r, func() error { return p.Store.CheckSetupCode(r.Context(), code) })
		if seedbed.CodeOf(err) != seedbed.Forbidden {
			return err == nil, err
		}
	}
	status := http.StatusOK
	if code != "" || r.Method == http.MethodPost {
		status = http.StatusForbidden
	}
	return false, p.show(w, r, status, templates.SetupElsewhere(p.frame(r, "", "Begin"), code != ""))
}

// readAccount reads name and password; what is wrong with them is in the form.
func readAccount(r *http.Request, form *templates.Form) (string, error) {
	name, err := parseUserName(r.PostFormValue("user"))
	if err != nil && form.Fail(err) != nil {
		return "", err
	}
	return name, readPassword(r, form, name)
}

// readPassword reads a new password, typed twice; what is wrong with it is in
// the form.
func readPassword(r *http.Request, form *templates.Form, name string) error {
	password := r.PostFormValue("password")
	if err := checkPassword(password, name); err != nil && form.Fail(err) != nil {
		return err
	}
	if form.Wrong("password") == "" && r.PostFormValue("again") != password {
		form.Mistakes = append(form.Mistakes, templates.Mistake{Field: "again", Message: "This is not the same as above. Type both once more."})
	}
	return nil
}

func (p *portal) showSetup(w http.ResponseWriter, r *http.Request, page templates.SetupPage) error {
	return p.show(w, r, formStatus(page.Form), templates.Setup(p.frame(r, "", "Make your account"), page))
}

// orGo returns the error or, without one, sends the browser on.
func orGo(w http.ResponseWriter, r *http.Request, err error, path string) error {
	if err != nil {
		return err
	}
	return seeOther(w, r, path)
}
