// Package httperror says which HTTP status an error has, to the pages and to the
// API alike, and makes errors of panics. It writes no answer.
package httperror

import (
	"net/http"

	"seedbed"
)

// Status returns the status of an error by its code; trouble that has none is
// ours, 500.
func Status(err error) int { return OfCode(seedbed.CodeOf(err)) }

// OfCode returns the status of a code (RFC 9110, section 15).
func OfCode(code seedbed.Code) int {
	switch code {
	case seedbed.Invalid:
		return http.StatusUnprocessableEntity
	case seedbed.NotFound:
		return http.StatusNotFound
	case seedbed.Conflict:
		return http.StatusConflict
	case seedbed.Unauthorized:
		return http.StatusUnauthorized
	case seedbed.Forbidden:
		return http.StatusForbidden
	case seedbed.TooMany:
		return http.StatusTooManyRequests
	case seedbed.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
