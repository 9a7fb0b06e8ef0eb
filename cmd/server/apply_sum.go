package main

import "fmt"

// notApplied is that some of a file was not carried out. Its items say why.
type notApplied struct{ errs []error }

// Error says how many.
func (n *notApplied) Error() string {
	if len(n.errs) == 1 {
		return "One thing in the file could not be done; above it says why."
	}
	return fmt.Sprintf("%d things in the file could not be done; above it says why.", len(n.errs))
}

// exitCode is that of all that failed, if it is the same.
func (n *notApplied) exitCode() int {
	code := exitCode(n.errs[0])
	for _, err := range n.errs {
		if exitCode(err) != code {
			return exitFailed
		}
	}
	return code
}

// failed is nil if nothing failed.
func (p plan) failed() error {
	var errs []error
	for _, one := range p {
		if one.err != nil {
			errs = append(errs, one.err)
		}
	}
	if errs == nil {
		return nil
	}
	return &notApplied{errs}
}

// sum tells what was done, or would be, with what failed, and returns that.
func (c *command) sum(p plan, dry bool) error {
	err := p.failed()
	for i := range p {
		if p[i].Result == skipped && p[i].Reason == "" {
			p[i].Reason = whySkipped(dry)
		}
	}
	if c.json {
		return firstOf(c.printJSON(p), err)
	}
	for _, one := range p {
		c.tellChange(one, dry)
	}
	return err
}

func whySkipped(dry bool) string {
	if dry {
		return "Nothing is changed with --dry-run."
	}
	return "Something in the file cannot be done, so nothing was changed."
}

func (c *command) tellChange(one change, dry bool) {
	words := map[string]string{made: "made", changed: "changed", same: "as it is to be", skipped: "not " + pastOf(one.Action) + ": " + one.Reason, failed: "failed: " + one.Reason}
	word := words[one.Result]
	if dry && one.Result == skipped {
		word = "would be " + pastOf(one.Action)
	}
	c.say(one.name()+":", word)
	for _, d := range one.Differences {
		if one.Action == "change" {
			d = d.told()
			c.say("  "+d.Field+":", quoted(d.From), "→", quoted(d.To))
		}
	}
}

func pastOf(action string) string {
	if action == "make" {
		return made
	}
	return changed
}
