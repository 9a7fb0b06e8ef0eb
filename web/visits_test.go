package web_test

import (
	"context"

	"seedbed"
)

// fakeVisits are those of every site.
type fakeVisits struct{ visits seedbed.Visits }

// Visits returns them.
func (f fakeVisits) Visits(context.Context, seedbed.WorkloadID) (seedbed.Visits, error) {
	return f.visits, nil
}
