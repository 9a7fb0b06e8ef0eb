package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

// showMe handles GET /me.
func (a *api) showMe(w http.ResponseWriter, r *http.Request) error {
	p := programOf(r)
	return a.answer(w, r, http.StatusOK, wire.Me{User: p.User.Name, Token: p.token.Name, Scope: p.Scope.String(), Project: string(p.token.Project), Expires: p.token.Expires.UTC()})
}

// listTemplates handles GET /templates.
func (a *api) listTemplates(w http.ResponseWriter, r *http.Request) error {
	templates, err := a.Control.Templates(r.Context(), actor(r))
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, all(templates, templateShape))
}

// listServices handles GET /services.
func (a *api) listServices(w http.ResponseWriter, r *http.Request) error {
	services, err := a.Control.Services(r.Context(), actor(r))
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, all(services, serviceShape))
}

// startService handles POST /services. One that is there already stays as it is.
func (a *api) startService(w http.ResponseWriter, r *http.Request) error {
	var wish wire.NewService
	if err := decode(w, r, &wish, jsonType); err != nil {
		return err
	}
	dry, err := isDryRun(r)
	if err != nil {
		return err
	}
	if dry {
		_, err = a.Control.NewService(r.Context(), actor(r), wish.Kind)
	} else {
		err = a.Control.StartService(r.Context(), actor(r), wish.Kind)
	}
	switch {
	case seedbed.IsNotFound(err):
		return mistaken("kind", seedbed.MessageOf(err))
	case err != nil:
		return err
	case dry:
		return noContent(w, nil)
	}
	return a.listServices(w, r)
}

// restartService handles POST /services/{kind}/restart.
func (a *api) restartService(w http.ResponseWriter, r *http.Request) error {
	if err := a.Control.RestartService(r.Context(), actor(r), chi.URLParam(r, "kind")); err != nil {
		return err
	}
	return a.listServices(w, r)
}

// listEvents handles GET /events, newest first.
func (a *api) listEvents(w http.ResponseWriter, r *http.Request) error {
	p, err := readPart(r)
	if err != nil {
		return err
	}
	events, more, err := a.Control.Events(r.Context(), actor(r), control.EventFilter{Before: p.after, Limit: p.limit})
	if err != nil {
		return err
	}
	return listPart(a, w, r, p, events, more, func(e seedbed.Event) int64 { return e.ID }, eventShape)
}

// all is a list that is short enough to be sent in one part.
func all[T, W any](items []T, shape func(T) W) wire.Page[W] {
	page := wire.Page[W]{Items: []W{}}
	for _, item := range items {
		page.Items = append(page.Items, shape(item))
	}
	return page
}
