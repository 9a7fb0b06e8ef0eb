package web

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// showTokens handles GET /account/tokens.
func (p *portal) showTokens(w http.ResponseWriter, r *http.Request) error {
	return p.tokensWith(w, r, templates.Form{Values: map[string]string{"scope": "read", "days": strconv.Itoa(seedbed.DefaultTokenDays)}})
}

func (p *portal) tokensWith(w http.ResponseWriter, r *http.Request, form templates.Form) error {
	tokens, err := p.Control.Tokens(r.Context(), actor(r))
	if err != nil {
		return err
	}
	projects, err := p.projectsFor(r, seedbed.SeeProject)
	if err != nil {
		return err
	}
	page := templates.TokensPage{Tokens: tokens, Projects: projects, Form: form}
	return p.show(w, r, formStatus(form), templates.Tokens(p.frame(r, "", "Tokens for programs"), page))
}

// createToken handles POST /account/tokens: it leads to the token.
func (p *portal) createToken(w http.ResponseWriter, r *http.Request) error {
	form := typedForm(r, "name", "scope", "project", "days")
	days, err := strconv.Atoi(form.Value("days"))
	if err != nil {
		days = -1 // none that a token can be good for
	}
	token, text, err := p.Control.CreateToken(r.Context(), actor(r), control.TokenWish{Name: form.Value("name"), Scope: form.Value("scope"), Project: form.Value("project"), Days: days})
	if err == nil {
		return p.toOnce(w, r, "", "Your new token", func(f templates.Frame) templ.Component {
			return templates.TokenOnce(f, templates.TokenOncePage{Token: token, Text: text})
		})
	}
	if err := form.Fail(err); err != nil {
		return err
	}
	return p.tokensWith(w, r, form)
}

// revokeToken handles POST /account/tokens/{id}/revoke.
func (p *portal) revokeToken(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return noSuchPage(w, r)
	}
	if err := p.Control.RevokeToken(r.Context(), actor(r), id); err != nil {
		return err
	}
	return seeOther(w, r, "/account/tokens")
}
