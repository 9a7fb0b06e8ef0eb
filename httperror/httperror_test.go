package httperror_test

import (
	"errors"
	"testing"

	"seedbed"
	"seedbed/httperror"
)

func TestStatus_KnowsEveryCode(t *testing.T) {
	for code, want := range map[seedbed.Code]int{
		seedbed.Invalid: 422, seedbed.NotFound: 404, seedbed.Conflict: 409, seedbed.Unauthorized: 401, seedbed.Forbidden: 403,
		seedbed.TooMany: 429, seedbed.Unavailable: 503, seedbed.Internal: 500, "": 500,
	} {
		if got := httperror.Status(&seedbed.Error{Code: code}); got != want {
			t.Errorf("%q is %d, want %d", code, got, want)
		}
	}
	if got := httperror.Status(errors.New("boom")); got != 500 {
		t.Errorf("trouble without a code is %d", got)
	}
}
