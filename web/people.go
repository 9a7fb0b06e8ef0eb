package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"seedbed/templates"
)

// peopleRoutes are those about who has an account.
func (p *portal) peopleRoutes(r chi.Router) {
	r.Get("/", p.do(p.showPeople))
	r.Post("/{id}/role", p.do(p.changeRole))
	r.Post("/{id}/block", p.do(p.blockUser))
	r.Post("/{id}/unblock", p.do(p.unblockUser))
	r.Post("/{id}/password", p.do(p.offerPassword))
}

// showPeople handles GET /people.
func (p *portal) showPeople(w http.ResponseWriter, r *http.Request) error {
	return p.showPeopleWith(w, r, templates.PeoplePage{Notice: notice(r)})
}

// showPeopleWith shows who has an account, with what was refused about one.
func (p *portal) showPeopleWith(w http.ResponseWriter, r *http.Request, page templates.PeoplePage) error {
	people, err := p.Control.People(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page.People = people
	return p.show(w, r, formStatus(page.Form), templates.People(p.frame(r, templates.Everyone, "People"), page))
}

// changeRole handles POST /people/{id}/role.
func (p *portal) changeRole(w http.ResponseWriter, r *http.Request) error {
	err := p.Control.ChangeRole(r.Context(), actor(r), idAsked(r), r.PostFormValue("role"))
	return p.afterPerson(w, r, err, "role")
}

// blockUser handles POST /people/{id}/block.
func (p *portal) blockUser(w http.ResponseWriter, r *http.Request) error {
	return p.afterPerson(w, r, p.Control.BlockUser(r.Context(), actor(r), idAsked(r)), "block")
}

// afterPerson leads back to the list, or says in it what was refused.
func (p *portal) afterPerson(w http.ResponseWriter, r *http.Request, err error, did string) error {
	if err == nil {
		return seeOther(w, r, "/people?did="+did)
	}
	page := templates.PeoplePage{Open: idAsked(r)}
	if r.PostForm.Has("role") {
		page.Form = typedForm(r, "role")
	}
	if err := page.Form.Fail(err); err != nil {
		return err
	}
	return p.showPeopleWith(w, r, page)
}

// unblockUser handles POST /people/{id}/unblock.
func (p *portal) unblockUser(w http.ResponseWriter, r *http.Request) error {
	return p.afterPerson(w, r, p.Control.UnblockUser(r.Context(), actor(r), idAsked(r)), "unblock")
}

// offerPassword handles POST /people/{id}/password: it leads to the link.
func (p *portal) offerPassword(w http.ResponseWriter, r *http.Request) error {
	code, err := p.Control.OfferPassword(r.Context(), actor(r), idAsked(r))
	if err != nil {
		return p.afterPerson(w, r, err, "")
	}
	return p.toLink(w, r, templates.Everyone, templates.LinkOncePage{
		Heading: "The link", Lead: "Give this link to the person whose password it is. It works once, within a day. Until it is used, the old password goes on working. Using it also ends their tokens for programs.",
		Link: p.linkTo(r, "/new-password", code), Back: "/people", BackTo: "People",
	})
}
