package seedbed

import (
	"errors"
	"fmt"
	"testing"
)

func TestMistakes_AreAllOrNothing(t *testing.T) {
	name, address := Mistake("name", "No name."), &Error{Code: Conflict, Field: "address", Message: "Taken."}
	if got := Mistakes(errors.Join(name, fmt.Errorf("make it: %w", address))); len(got) != 2 || got[0] != name || got[1] != address {
		t.Errorf("two mistakes are %v", got)
	}
	for _, trouble := range []error{errors.Join(name, errors.New("disk full")), errors.New("disk full"), Missing("Not there."), errors.Join(name, Missing("Not there."))} {
		if got := Mistakes(trouble); got != nil {
			t.Errorf("%v has the mistakes %v", trouble, got)
		}
	}
	if Mistakes(nil) != nil {
		t.Error("no error is a mistake")
	}
}
