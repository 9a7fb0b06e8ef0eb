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
