// Package install sets a machine up as a Seedbed, step by step. Each step first
// looks whether what it is for is so already, and looks again after it has done
// something; so an installation that was killed anywhere goes on where it was,
// and a second one changes nothing. What the machine must be like, and what is
// wrong with a Seedbed that runs, is for package doctor to say.
package install

import (
	"context"
	"fmt"
	"io"

	"seedbed/cmd/server/bundle"
)

// Step is one thing that an installation sees to.
type Step struct {
	Will string // what Do does, for a person
	// Done reports whether it is so. An error means that it cannot be seen yet.
	Done func(ctx context.Context) (bool, error)
	// Do makes it so. It may be killed and repeated.
	Do func(ctx context.Context) error
}

// Installer sets up the machine that it runs on. It needs root.
type Installer struct {
	Answers  Answers
	Images   []string         // names of the images to build; serve builds the others when they are needed
	From     string           // folder of a bundle; "" where the internet is used
	Manifest *bundle.Manifest // of that bundle, which has been verified; nil without one
	Say      func(line string)
	Out      io.Writer // gets what programs print that take long
}

// Steps returns the steps in their order.
func (i *Installer) Steps() []Step {
	return []Step{i.packages(), i.settings(), i.docker(), i.foreignNginx(), i.images(), i.services(), i.verified()}
}

// Plan returns what is still to be done.
func Plan(ctx context.Context, steps []Step) []Step {
	var left []Step
	for _, s := range steps {
		if done, err := s.Done(ctx); err != nil || !done {
			left = append(left, s)
		}
	}
	return left
}

// Run does the steps that are not done, in order, and ends with the first that
// fails.
func Run(ctx context.Context, steps []Step, say func(line string)) error {
	for _, s := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if done, err := s.Done(ctx); err == nil && done {
			continue
		}
		say(s.Will)
		if err := s.Do(ctx); err != nil {
			return err
		}
		done, err := s.Done(ctx)
		if err != nil {
			return fmt.Errorf("look whether this was done: %s: %w", s.Will, err)
		}
		if !done {
			return fmt.Errorf("this was done without an error, and is not so: %s", s.Will)
		}
	}
	return nil
}
