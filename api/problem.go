package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/arrival"
	"seedbed/httperror"
)

// refusal is an error of the protocol, which control knows nothing of.
type refusal struct {
	status   int
	code     string
	sentence string
	errors   []wire.Mistake
	wait     time.Duration // until it is worth trying again; 0 if that does not matter
}

// Error returns the sentence.
func (r *refusal) Error() string { return r.sentence }

// malformed is the refusal of what is no request of ours at all.
func malformed(sentence string) error {
	return &refusal{status: http.StatusBadRequest, code: "malformed", sentence: sentence}
}

// mistaken is the refusal of one field, by the name that it has in the API.
func mistaken(field, message string) error {
	return &refusal{status: http.StatusUnprocessableEntity, code: string(seedbed.Invalid), sentence: message, errors: []wire.Mistake{{Field: field, Message: message}}}
}

// fail is where every error ends: in the log if it is our fault, and as problem
// details for who asked.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	problem := problemOf(err)
	a.log(r, problem.Status, err)
	if !unwanted(problem.Status) || !arrival.Refuse(w, r) {
		discard(r)
	}
	h := w.Header()
	h.Del("ETag")
	h.Set("Content-Type", "application/problem+json")
	var refused *refusal
	if errors.As(err, &refused) && refused.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int((refused.wait+time.Second-1)/time.Second)))
	}
	switch problem.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="seedbed"`)
	case http.StatusForbidden:
		h.Set("WWW-Authenticate", `Bearer realm="seedbed", error="insufficient_scope"`)
	}
	body, err := json.Marshal(problem)
	if err != nil {
		a.log(r, http.StatusInternalServerError, fmt.Errorf("write a problem: %w", err))
	}
	w.WriteHeader(problem.Status)
	_, _ = w.Write(body) // who does not receive it has gone
}

// unwanted reports whether nothing is taken from who asks, so that what they send
// is not worth waiting for.
func unwanted(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusTooManyRequests
}

func problemOf(err error) wire.Problem {
	var refused *refusal
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return problem(http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("This is more than we take at once: %d bytes are the most.", tooLarge.Limit), nil)
	case errors.As(err, &refused):
		return problem(refused.status, refused.code, refused.sentence, refused.errors)
	}
	code := seedbed.CodeOf(err)
	var mistakes []wire.Mistake
	for _, e := range seedbed.Mistakes(err) {
		mistakes = append(mistakes, wire.Mistake{Field: e.Field, Message: e.Message})
		if e.Code == seedbed.Invalid {
			code = e.Code
		}
	}
	return problem(httperror.OfCode(code), string(code), sentenceOf(err, mistakes), mistakes)
}

// sentenceOf is the one sentence of one mistake, or how many there are.
func sentenceOf(err error, mistakes []wire.Mistake) string {
	if len(mistakes) > 1 {
		return fmt.Sprintf("%d things need another look.", len(mistakes))
	}
	return seedbed.MessageOf(err)
}

func problem(status int, code, sentence string, mistakes []wire.Mistake) wire.Problem {
	return wire.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: sentence, Code: code, Errors: mistakes}
}

// siteFields gives mistakes about a site the names that fields have in the API;
// on a page the title is in the field "name".
func siteFields(err error) error {
	mistakes := seedbed.Mistakes(err)
	if mistakes == nil {
		return err
	}
	renamed := make([]error, len(mistakes))
	for i, m := range mistakes {
		one := *m
		if one.Field == "name" {
			one.Field = "title"
		}
		if question, ok := strings.CutPrefix(one.Field, "setting."); ok {
			one.Field = "settings." + question
		}
		renamed[i] = &one
	}
	return errors.Join(renamed...)
}

// log records trouble once. What a program did wrong is no news.
func (a *api) log(r *http.Request, status int, err error) {
	level := slog.LevelError
	switch {
	case r.Context().Err() != nil, status < http.StatusInternalServerError:
		level = slog.LevelDebug
	case status == http.StatusServiceUnavailable:
		level = slog.LevelWarn
	}
	a.Log.Log(r.Context(), level, "request failed", "method", r.Method, "path", r.URL.Path, "status", status, "err", err)
}
