package api

import (
	"context"
	"net/http"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

// listUsers handles GET /users, oldest first.
func (a *api) listUsers(w http.ResponseWriter, r *http.Request) error {
	p, err := readPart(r)
	if err != nil {
		return err
	}
	users, err := a.Control.People(r.Context(), actor(r))
	if err != nil {
		return err
	}
	id := func(u seedbed.User) int64 { return u.ID }
	return list(a, w, r, p, oldestFirst(p, users, id), id, func(u seedbed.User) wire.User {
		return wire.User{ID: u.ID, Name: u.Name, Role: string(u.Role), Created: u.Created.UTC(), Blocked: moment(u.Blocked)}
	})
}

// changeUser handles PATCH /users/{id}: the role in the installation.
func (a *api) changeUser(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	role, err := readRole(w, r)
	if err != nil {
		return err
	}
	return noContent(w, a.Control.ChangeRole(r.Context(), actor(r), id, role))
}

// blockUser handles POST /users/{id}/block.
func (a *api) blockUser(w http.ResponseWriter, r *http.Request) error {
	return onUser(w, r, a.Control.BlockUser)
}

// unblockUser handles POST /users/{id}/unblock.
func (a *api) unblockUser(w http.ResponseWriter, r *http.Request) error {
	return onUser(w, r, a.Control.UnblockUser)
}

// onUser does something with the account in the address.
func onUser(w http.ResponseWriter, r *http.Request, do func(context.Context, control.Actor, int64) error) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	return noContent(w, do(r.Context(), actor(r), id))
}

// offerPassword handles POST /users/{id}/password-link. The link is in this
// answer alone.
func (a *api) offerPassword(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	code, err := a.Control.OfferPassword(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return a.answer(w, r, http.StatusCreated, wire.Link{Path: linkPath("/new-password", code)})
}
