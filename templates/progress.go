package templates

import (
	"time"

	"seedbed"
)

// ProgressPage shows how far a deployment has come.
type ProgressPage struct {
	Deployment seedbed.Deployment
	Site       seedbed.Site
	Template   seedbed.Template // the zero Template if the catalog has it no more
	URL        string           // of the site, for visitors
	Standing   seedbed.Standing // what may be offered to whoever looks
	// Newest is false if a later deployment of the site exists.
	Newest bool
	// Gone is true once the site is deleted.
	Gone bool
	// Door is whether visitors get to the site now.
	Door seedbed.Door
	// CanReturn is true if the deployment is a change that can be undone.
	CanReturn bool
	// Latest is the site's newest deployment.
	Latest seedbed.Deployment
	// Secret is true if the site's own sign-in can be shown, once.
	Secret bool
}

func (p ProgressPage) working() bool { return p.Deployment.State == seedbed.Working }
func (p ProgressPage) failed() bool  { return p.Deployment.State == seedbed.Failed }
func (p ProgressPage) done() bool    { return p.Deployment.State == seedbed.Done }

// SiteURL is the address of the site's page in the portal.
func (p ProgressPage) siteURL() string { return "/sites/" + string(p.Site.Name) }

// Events is where the progress is told as it happens.
func (p ProgressPage) events() string { return DeploymentURL(p.Deployment.ID) + "/events" }

// DeploymentURL is the address of a deployment's page.
func DeploymentURL(id int64) string { return "/deployments/" + itoa(id) }

// Heading is the page's heading around the site's title.
type Heading struct{ Before, After string }

// Heading says in a few words what happens or has happened.
func (p ProgressPage) Heading() Heading {
	if p.Gone {
		return Heading{"", " is deleted"}
	}
	headings := map[seedbed.DeploymentKind]map[seedbed.DeploymentState]Heading{
		seedbed.Make: {
			seedbed.Working: {"Making ", ""}, seedbed.Done: {"", " is ready"}, seedbed.Failed: {"", " could not be made"},
		},
		seedbed.Change: {
			seedbed.Working: {"Changing ", ""}, seedbed.Done: {"", " is up to date"}, seedbed.Failed: {"", " could not be changed"},
		},
		seedbed.Remove: {
			seedbed.Working: {"Deleting ", ""}, seedbed.Done: {"", " is deleted"}, seedbed.Failed: {"", " could not be deleted"},
		},
		seedbed.BackUp: {
			seedbed.Working: {"Making a backup of ", ""}, seedbed.Done: {"The backup of ", " is made"}, seedbed.Failed: {"The backup of ", " could not be made"},
		},
		seedbed.Restore: {
			seedbed.Working: {"Putting back ", ""}, seedbed.Done: {"", " is as it was"}, seedbed.Failed: {"", " could not be put back"},
		},
		seedbed.Return: {
			seedbed.Working: {"Bringing back what worked before of ", ""}, seedbed.Done: {"", " is back at what worked before"}, seedbed.Failed: {"", " could not be brought back to what worked before"},
		},
	}
	headings[seedbed.Pause] = map[seedbed.DeploymentState]Heading{
		seedbed.Working: {"Pausing ", ""}, seedbed.Done: {"", " is paused"}, seedbed.Failed: {"", " could not be paused"},
	}
	headings[seedbed.Resume] = map[seedbed.DeploymentState]Heading{
		seedbed.Working: {"Resuming ", ""}, seedbed.Done: {"", " runs again"}, seedbed.Failed: {"", " could not be resumed"},
	}
	if p.Deployment.State == seedbed.Superseded {
		return Heading{"Something newer with ", " took over"}
	}
	return headings[p.Deployment.Kind][p.Deployment.State]
}

// Title is the heading as one text.
func (p ProgressPage) Title() string {
	h := p.Heading()
	return h.Before + string(p.Site.Title) + h.After
}

// returned reports whether what follows on the deployment is the way back to
// what worked before it.
func (p ProgressPage) returned() bool {
	return p.failed() && !p.Newest && p.Latest.Kind == seedbed.Return && p.Latest.ID > p.Deployment.ID
}

// wayBack says how far that is.
func (p ProgressPage) wayBack() string {
	switch p.Latest.State {
	case seedbed.Done:
		return "We went back to what worked before, and it works."
	case seedbed.Working:
		return "We are going back to what worked before."
	}
	return "We tried to go back to what worked before, and that did not work either."
}

// kept is what is said when a deployment failed and nothing followed.
func (p ProgressPage) kept() string {
	const next = "Try again once the cause is mended, or delete the site."
	switch {
	case p.Deployment.Kind == seedbed.BackUp:
		return "Nothing of the site was changed. Try again once the cause is mended."
	case p.Deployment.Kind == seedbed.Make:
		return next
	}
	return doorWords(p.Door) + "What it holds is kept. " + next
}

// doorWords says what visitors get while something is not as it should be.
func doorWords(d seedbed.Door) string {
	switch d {
	case seedbed.DoorOpen:
		return "Visitors still reach the site. "
	case seedbed.DoorClosed:
		return "Visitors cannot reach the site now. "
	}
	return ""
}

// meanwhile is what visitors get while a deployment replaces what they had.
func (p ProgressPage) meanwhile() string {
	if k := p.Deployment.Kind; k != seedbed.Change && k != seedbed.Return {
		return ""
	}
	return doorWords(p.Door)
}

// Says is what is read out to those who cannot see the list: the heading, and
// the step that is being done.
func (p ProgressPage) says() string {
	if now, ok := p.current(); ok && p.working() {
		return wordsFor(now.Name).now
	}
	return p.Title()
}

func (p ProgressPage) current() (seedbed.Step, bool) {
	for _, step := range p.Deployment.Steps {
		if step.Ended.IsZero() {
			return step, true
		}
	}
	return seedbed.Step{}, false
}

// isSilent reports whether its program has been waited for so long that a person
// may want to look themselves.
func (p ProgressPage) isSilent(now time.Time) bool {
	step, ok := p.current()
	return ok && p.working() && p.Newest && step.Name == seedbed.StepWell && !step.Started.IsZero() && now.Sub(step.Started) > 20*time.Second
}

// stepRow is one step as the list shows it.
type stepRow struct {
	class, words, detail, took string
}

// rows are the steps: those done, the one at work or stopped at, those to come.
func (p ProgressPage) rows(now time.Time) []stepRow {
	if p.Gone && p.Deployment.Kind != seedbed.Remove {
		return nil
	}
	rows := make([]stepRow, 0, len(p.Deployment.Steps))
	reached := false
	for _, step := range p.Deployment.Steps {
		words := wordsFor(step.Name)
		switch {
		case !step.Ended.IsZero():
			rows = append(rows, stepRow{"done", words.done, "", took(step.Ended.Sub(step.Started))})
		case p.working() && !reached:
			rows = append(rows, stepRow{"now", words.now, step.Detail, sinceStart(step, now)})
			reached = true
		case p.failed() && !reached:
			rows = append(rows, stepRow{"stopped", words.now, "It stopped here.", ""})
			reached = true
		default:
			rows = append(rows, stepRow{"to-come", words.toCome, "", ""})
		}
	}
	return rows
}

func sinceStart(step seedbed.Step, now time.Time) string {
	if step.Started.IsZero() {
		return ""
	}
	return going(now.Sub(step.Started))
}
