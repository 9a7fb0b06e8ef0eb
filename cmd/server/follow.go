package main

import (
	"context"
	"fmt"
	"time"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/templates"
)

// deploymentFailed is a deployment that did not come to its end.
type deploymentFailed struct{ sentence string }

// Error returns the sentence.
func (d *deploymentFailed) Error() string { return d.sentence }

// lookEvery is how often a deployment is looked at.
const lookEvery = 700 * time.Millisecond

// follow tells the steps of a deployment as they are done, until it has ended.
// With JSON it tells nothing but the end.
func (c *command) follow(ctx context.Context, d wire.Deployment) (wire.Deployment, error) {
	told := 0
	for {
		if !c.json {
			told = c.tellSteps(d, told)
		}
		if d.State != string(seedbed.Working) {
			return d, ending(d)
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return d, fmt.Errorf("nobody waits any more; it goes on, and “seedbed deployments show %d” tells how: %w", d.ID, ctx.Err())
		}
		if _, err := c.Get(ctx, fmt.Sprintf("/deployments/%d", d.ID), &d); err != nil {
			return d, err
		}
	}
}

// tellSteps tells the steps that are done and were not told, and returns how
// many were told by now.
func (c *command) tellSteps(d wire.Deployment, told int) int {
	for ; told < len(d.Steps) && d.Steps[told].State == "done"; told++ {
		_, done := templates.StepSaid(seedbed.StepName(d.Steps[told].Name))
		c.say("  ✓ " + done + took(d.Steps[told]))
	}
	return told
}

func took(s wire.Step) string {
	if s.Started == nil || s.Ended == nil || s.Ended.Sub(*s.Started) < time.Second {
		return ""
	}
	return fmt.Sprintf(" (%s)", s.Ended.Sub(*s.Started).Round(time.Second))
}

// ending is what a deployment came to.
func ending(d wire.Deployment) error {
	switch seedbed.DeploymentState(d.State) {
	case seedbed.Failed:
		return &deploymentFailed{visible(d.Cause)}
	case seedbed.Superseded:
		return &deploymentFailed{"A newer change of " + d.Site + " took over."}
	}
	return nil
}

// begun tells of a deployment that has begun, and follows it if that is wished.
func (c *command) begun(ctx context.Context, d wire.Deployment, title string, wait bool) error {
	var err error
	if wait {
		if !c.json {
			c.say(templates.DeploymentSaid(seedbed.Deployment{Kind: seedbed.DeploymentKind(d.Kind), State: seedbed.Working}, title))
		}
		d, err = c.follow(ctx, d)
	}
	if c.json {
		return firstOf(err, c.printJSON(d))
	}
	if err == nil {
		c.say(templates.DeploymentSaid(seedbed.Deployment{Kind: seedbed.DeploymentKind(d.Kind), State: seedbed.DeploymentState(d.State)}, title))
		if !wait {
			c.say(fmt.Sprintf("Follow it with: seedbed deployments show %d --wait", d.ID))
		}
	}
	return err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
