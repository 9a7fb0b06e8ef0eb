package api

import (
	"fmt"
	"net/http"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

// listTokens handles GET /tokens: one's own, newest first.
func (a *api) listTokens(w http.ResponseWriter, r *http.Request) error {
	p, err := readPart(r)
	if err != nil {
		return err
	}
	tokens, err := a.Control.Tokens(r.Context(), actor(r))
	if err != nil {
		return err
	}
	id := func(t seedbed.Token) int64 { return t.ID }
	return list(a, w, r, p, newestFirst(p, tokens, id), id, tokenShape)
}

// createToken handles POST /tokens. The token itself is in this answer alone.
func (a *api) createToken(w http.ResponseWriter, r *http.Request) error {
	var wish wire.NewToken
	if err := decode(w, r, &wish, jsonType); err != nil {
		return err
	}
	token, text, err := a.Control.CreateToken(r.Context(), actor(r), control.TokenWish(wish))
	if err != nil {
		return err
	}
	made := tokenShape(token)
	made.Token = text.Reveal()
	w.Header().Set("Location", fmt.Sprintf("%s/tokens/%d", Prefix, token.ID))
	w.Header().Set("Cache-Control", "no-store")
	return a.answer(w, r, http.StatusCreated, made)
}

// showToken handles GET /tokens/{id}.
func (a *api) showToken(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	token, err := a.Control.Token(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, tokenShape(token))
}

// revokeToken handles DELETE /tokens/{id}.
func (a *api) revokeToken(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	if err := a.Control.RevokeToken(r.Context(), actor(r), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
