package seedbed

import "errors"

// Code tells a program what kind of trouble an Error is.
type Code string

// The codes. Each is answered with one HTTP status (see web).
const (
	Invalid      Code = "invalid"      // what was given cannot be used; say what to change
	NotFound     Code = "not_found"    // there is no such thing (any more)
	Conflict     Code = "conflict"     // it clashes with something that exists
	Unauthorized Code = "unauthorized" // nobody is signed in, or the sign-in is wrong
	Forbidden    Code = "forbidden"    // signed in, but not allowed
	TooMany      Code = "too_many"     // asked too often; wait
	Unavailable  Code = "unavailable"  // a part that is needed does not answer
	Internal     Code = "internal"     // our own fault
)

// Error is trouble that a person can do something about. It is made at the
// point that knows the person's next step.
type Error struct {
	// Code is for programs.
	Code Code
	// Field names the form field that the message belongs beside; empty when
	// it concerns the whole request.
	Field string
	// Message is a whole sentence for a person: what happened, what it means,
	// what to do next.
	Message string
	// Err is the cause, for the log; it is never shown to a person.
	Err error
}

// Error returns the sentence and, for the log, the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + " (" + e.Err.Error() + ")"
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Mistake is an Invalid error beside a form field.
func Mistake(field, message string) *Error {
	return &Error{Code: Invalid, Field: field, Message: message}
}

// Missing is a NotFound error.
func Missing(message string) *Error {
	return &Error{Code: NotFound, Message: message}
}

// CodeOf returns the code of the first Error in err's chain, Internal for any
// other error, and "" for nil.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	default:
		return Internal
	}
}

// MessageOf returns the sentence for a person of the first Error in err's
// chain. For any other error it says only that something went wrong: an
// unforeseen error's text may hold secrets.
func MessageOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return "Something went wrong on our side. It is in the log; trying again may help."
}

// Mistakes returns the Invalid and Conflict Errors of which err is made, in
// their order, or nil if there is other trouble among them: what a person can
// mend by giving something else, all of it at once.
func Mistakes(err error) []*Error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Error
		for _, one := range joined.Unwrap() {
			mistakes := Mistakes(one)
			if mistakes == nil {
				return nil
			}
			all = append(all, mistakes...)
		}
		return all
	}
	var e *Error
	if errors.As(err, &e) && (e.Code == Invalid || e.Code == Conflict) {
		return []*Error{e}
	}
	return nil
}

// IsNotFound reports whether err says that there is no such thing.
func IsNotFound(err error) bool { return CodeOf(err) == NotFound }
