package templates

import "seedbed"

// StepSaid is a step in the words that pages have for it: while it is being
// done, and when it is.
func StepSaid(name seedbed.StepName) (now, done string) {
	words := wordsFor(name)
	return words.now, words.done
}

// DeploymentSaid is a site's deployment in one line: "Nurse Guide is ready".
func DeploymentSaid(d seedbed.Deployment, title string) string {
	page := ProgressPage{Deployment: d, Site: seedbed.Site{Title: seedbed.Title(title)}}
	return page.Title()
}
