package api

import (
	"fmt"
	"net/http"
	"net/url"

	"seedbed"
	"seedbed/api/wire"
)

// invite handles POST /projects/{name}/invitations. The link is in this answer
// alone.
func (a *api) invite(w http.ResponseWriter, r *http.Request) error {
	var wish wire.NewInvitation
	if err := decode(w, r, &wish, jsonType); err != nil {
		return err
	}
	link, err := a.Control.Invite(r.Context(), actor(r), siteName(r), wish.Role, wish.Note)
	if err != nil {
		return err
	}
	made := invitationShape(link.Invitation)
	made.Path = linkPath("/invitation", link.Code)
	w.Header().Set("Location", fmt.Sprintf("%s/projects/%s/invitations/%d", Prefix, link.Project.Name, link.ID))
	w.Header().Set("Cache-Control", "no-store")
	return a.answer(w, r, http.StatusCreated, made)
}

func invitationShape(i seedbed.Invitation) wire.Invitation {
	return wire.Invitation{ID: i.ID, Role: string(i.Role), Note: i.Note, By: i.By, Created: i.Created.UTC(), Expires: i.Expires.UTC()}
}

// linkPath is where in the portal a code is used.
func linkPath(path string, code seedbed.Secret) string {
	return path + "?" + url.Values{"code": {code.Reveal()}}.Encode()
}

// withdrawInvitation handles DELETE /projects/{name}/invitations/{id}.
func (a *api) withdrawInvitation(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	return noContent(w, a.Control.RevokeInvitation(r.Context(), actor(r), siteName(r), id))
}

// changeMember handles PATCH /projects/{name}/members/{id}.
func (a *api) changeMember(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	role, err := readRole(w, r)
	if err != nil {
		return err
	}
	return noContent(w, a.Control.ChangeMember(r.Context(), actor(r), siteName(r), id, role))
}

// readRole reads a role. One that is missing is not none: a program that forgot
// it would take somebody's role away.
func readRole(w http.ResponseWriter, r *http.Request) (string, error) {
	var change wire.NewRole
	if err := decode(w, r, &change, patchType, jsonType); err != nil {
		return "", err
	}
	if change.Role == nil {
		return "", mistaken("role", "Say in “role” which one it is to be.")
	}
	return *change.Role, nil
}

// removeMember handles DELETE /projects/{name}/members/{id}.
func (a *api) removeMember(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	return noContent(w, a.Control.RemoveMember(r.Context(), actor(r), siteName(r), id))
}
