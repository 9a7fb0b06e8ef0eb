package marathon

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"seedbed"
)

// APIError is an answer that is an error. The errors below that say more have it
// in their chain, so errors.As finds both.
type APIError struct {
	Status  int
	Message string // Marathon's own, or the beginning of what somebody else answered
	// Foreign is true if it is not in Marathon's form: a proxy on the way has
	// answered, and nothing is known of Marathon.
	Foreign bool
}

// Error returns what was answered.
func (e *APIError) Error() string { return fmt.Sprintf("answer %d: %s", e.Status, e.Message) }

// RefusedError is Marathon's answer to a definition that it does not take.
type RefusedError struct {
	*APIError
	Places []Place
}

// Place is a place of a definition, such as "/container/docker/image", with what
// is wrong there.
type Place struct {
	Path   string // empty if the text could not be read at all
	Errors []string
}

// Error returns what was answered, with all places.
func (e *RefusedError) Error() string { return e.APIError.Error() + e.places() }

func (e *RefusedError) places() string {
	var all []string
	for _, p := range e.Places {
		all = append(all, strings.TrimPrefix(p.Path+": ", ": ")+strings.Join(p.Errors, ", "))
	}
	if len(all) == 0 {
		return ""
	}
	return " (" + strings.Join(all, "; ") + ")"
}

// Unwrap returns the answer.
func (e *RefusedError) Unwrap() error { return e.APIError }

// LockedError says that others' deployments of the same app are under way.
type LockedError struct {
	*APIError
	Deployments []string // their ids
}

// Error returns what was answered, with the deployments.
func (e *LockedError) Error() string {
	return e.APIError.Error() + " (" + strings.Join(e.Deployments, ", ") + ")"
}

// Unwrap returns the answer.
func (e *LockedError) Unwrap() error { return e.APIError }

// NotFoundError says that Marathon itself does not have what was named.
type NotFoundError struct{ *APIError }

// Unwrap returns the answer.
func (e *NotFoundError) Unwrap() error { return e.APIError }

// UnreachableError says that no address gave an answer that is surely
// Marathon's. Whether a change was carried out is not known.
type UnreachableError struct {
	Failures []error // of each address that was asked
}

// Error returns all failures.
func (e *UnreachableError) Error() string { return errors.Join(e.Failures...).Error() }

// Unwrap returns all failures.
func (e *UnreachableError) Unwrap() []error { return e.Failures }

// doubt is an answer that says OK and cannot be right.
type doubt struct{ error }

func (d doubt) Unwrap() error { return d.error }

// errorOf reads an error answer in any of the forms that Marathon has.
func errorOf(status int, body []byte) error {
	var in struct {
		Message     string          `json:"message"`
		Details     json.RawMessage `json:"details"`
		Deployments []struct {
			ID string `json:"id"`
		} `json:"deployments"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Message == "" {
		return &APIError{Status: status, Message: strings.TrimSpace(string(body[:min(len(body), 500)])), Foreign: true}
	}
	e := &APIError{Status: status, Message: in.Message}
	switch {
	case status == http.StatusNotFound && strings.Contains(in.Message, "does not exist"):
		return &NotFoundError{e}
	case status == http.StatusConflict && len(in.Deployments) > 0:
		locked := &LockedError{APIError: e}
		for _, d := range in.Deployments {
			locked.Deployments = append(locked.Deployments, d.ID)
		}
		return locked
	case status == http.StatusBadRequest || status == http.StatusUnprocessableEntity:
		return &RefusedError{e, places(in.Details)}
	}
	return e
}

// places reads details, which are a text when the JSON is broken.
func places(raw json.RawMessage) []Place {
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		return []Place{{Errors: []string{text}}}
	}
	var list []Place
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}

func isStatus(err error, status int) bool {
	var e *APIError
	return errors.As(err, &e) && e.Status == status
}

// isUnknownPath reports whether the path that was asked for does not exist: 404
// before Marathon 1.8, and 500 since.
func isUnknownPath(err error) bool {
	var e *APIError
	return errors.As(err, &e) && !e.Foreign && strings.HasPrefix(e.Message, "URI not found")
}

func isNotFound(err error) bool {
	var e *NotFoundError
	return errors.As(err, &e)
}

// isCrowded reports whether Marathon has as many deployments as it takes, which
// it says with the status of a missing right.
func isCrowded(err error) bool {
	var e *APIError
	return errors.As(err, &e) && e.Status == http.StatusForbidden && strings.HasPrefix(e.Message, "Max number")
}

// forPeople gives an error the words and the code by which the rest of the
// system knows it.
func forPeople(err error) error {
	var (
		refused *RefusedError
		locked  *LockedError
		odd     doubt
	)
	switch {
	case err == nil:
		return nil
	case isNotFound(err):
		return &seedbed.Error{Code: seedbed.NotFound, Message: "The engine does not have this.", Err: err}
	case errors.As(err, &locked):
		return &seedbed.Error{Code: seedbed.Conflict, Message: "The engine is still busy with this. Try again in a moment.", Err: err}
	case errors.As(err, &refused):
		return &seedbed.Error{Code: seedbed.Invalid, Message: refused.sentence(), Err: err}
	case isCrowded(err):
		return unavailable("The engine carries out as many changes at a time as it can. This one begins when others have ended.", err)
	case isStatus(err, http.StatusUnauthorized) || isStatus(err, http.StatusForbidden):
		return unavailable("The engine that runs the sites does not let the portal in. Check the portal's user name and password for it.", err)
	case errors.As(err, &odd):
		return implausible(err)
	}
	return unavailable("The engine that runs the sites does not answer. Sites that run go on; nothing can be started or stopped until it is back.", err)
}

func (e *RefusedError) sentence() string {
	return strings.TrimSuffix("The engine refused what it was asked to run: "+e.Message+e.places(), ".") + "."
}

func unavailable(message string, err error) error {
	return &seedbed.Error{Code: seedbed.Unavailable, Message: message, Err: err}
}

// unavailableOf makes sure that a read that failed is not taken for a finding:
// a 404 says that the question was not understood, not that nothing is there.
func unavailableOf(err error) error {
	if seedbed.CodeOf(err) == seedbed.Unavailable {
		return err
	}
	return unavailable("The engine that runs the sites does not answer as it should.", err)
}

func implausible(err error) error {
	return unavailable("The engine that runs the sites gave an answer that cannot be right.", err)
}
