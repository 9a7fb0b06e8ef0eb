package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/a-h/templ"

	"seedbed"
	"seedbed/httperror"
	"seedbed/templates"
)

// action is a handler that leaves trouble to the one place that shows it.
type action func(w http.ResponseWriter, r *http.Request) error

// do makes a handler of an action.
func (p *portal) do(a action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := a(w, r); err != nil {
			p.fail(w, r, err)
		}
	}
}

// show sends a page. It is drawn before the first byte is sent, so that
// trouble with it is still a page of its own.
func (p *portal) show(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	var b bytes.Buffer
	// A request whose body broke off is over, and still gets its answer.
	if err := page.Render(context.WithoutCancel(r.Context()), &b); err != nil {
		return fmt.Errorf("draw page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := b.WriteTo(w); err != nil {
		p.Log.DebugContext(r.Context(), "page not received", "path", r.URL.Path, "err", err)
	}
	return nil
}

// frame is what is around every page.
func (p *portal) frame(r *http.Request, place templates.Place, title string) templates.Frame {
	f := templates.Frame{Title: title, Place: place, Assets: p.assets, Now: p.Now()}
	if user, ok := userOf(r.Context()); ok {
		f.User = user.Name
		f.Standing = seedbed.Standing{Installation: user.Role, Scope: seedbed.PersonScope}
		f.Parts = p.parts(r)
	}
	return f
}

// parts is how the machinery is. A page is shown without it rather than not at
// all: trouble with the store has a page of its own already.
func (p *portal) parts(r *http.Request) []seedbed.PartStatus {
	parts, err := p.Control.Parts(r.Context(), actor(r))
	if err != nil {
		p.Log.DebugContext(r.Context(), "parts not known", "err", err)
	}
	return parts
}

// formStatus is 422 for a form with mistakes.
func formStatus(form templates.Form) int {
	if form.Ok() {
		return http.StatusOK
	}
	return http.StatusUnprocessableEntity
}

// fail is where every error ends: in the log if it is our fault, and as a page
// for the person who asked.
func (p *portal) fail(w http.ResponseWriter, r *http.Request, err error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		err = &seedbed.Error{Code: seedbed.Invalid, Message: "This is more than we take at once. Send less, or in several parts.", Err: err}
	}
	status := httperror.Status(err)
	p.log(r, status, err)
	sayWhenAgain(w, err)
	page := templates.Trouble(p.frame(r, "", heading(status)), templates.TroublePage{
		Heading: heading(status), Message: seedbed.MessageOf(err), Next: "/", Do: "Go to your sites",
	})
	if err := p.show(w, r, status, page); err != nil {
		p.log(r, http.StatusInternalServerError, err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// log records trouble once. What a person did wrong is no news.
func (p *portal) log(r *http.Request, status int, err error) {
	level := slog.LevelError
	switch {
	case r.Context().Err() != nil, status < http.StatusInternalServerError:
		level = slog.LevelDebug
	case status == http.StatusServiceUnavailable:
		level = slog.LevelWarn
	}
	p.Log.Log(r.Context(), level, "request failed", "method", r.Method, "path", r.URL.Path, "status", status, "err", err)
}

func heading(status int) string {
	switch status {
	case http.StatusUnprocessableEntity:
		return "This cannot be used"
	case http.StatusNotFound:
		return "Not here"
	case http.StatusConflict:
		return "This does not fit what is there"
	case http.StatusUnauthorized:
		return "Sign in first"
	case http.StatusForbidden:
		return "This is not allowed"
	case http.StatusTooManyRequests:
		return "Too many tries"
	case http.StatusServiceUnavailable:
		return "Something does not answer"
	}
	return "Something went wrong"
}

// seeOther sends the browser on after a change.
func seeOther(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}
