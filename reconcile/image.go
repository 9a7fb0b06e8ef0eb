package reconcile

import (
	"errors"

	"seedbed"
)

// errPreparing says that an image is still being made. Waiting for it is no
// failure, however long it takes.
var errPreparing = errors.New("the image is being prepared")

// checkImage makes sure that the engine is not told to run what is not there: it
// would ask the world for it, in vain.
func (r *Reconciler) checkImage(t seedbed.Template) error {
	if r.Images == nil || t.Asked.Image != "" {
		return nil
	}
	state := r.Images.Image(t.Image)
	switch {
	case state.Ready:
		return nil
	case state.Trouble != "":
		return &seedbed.Error{Code: seedbed.Unavailable, Message: state.Trouble}
	}
	return errPreparing
}

// preparingDetail is what a step says that waits for an image.
const preparingDetail = "Its program is being prepared on this machine for the first time, which takes a few minutes."
