package api

import (
	"cmp"
	"maps"
	"time"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

// moment is a time, or nothing.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// filled is a map that is written as an object also if it is empty.
func filled(m map[string]string) map[string]string {
	return maps.Collect(maps.All(m))
}

func siteShape(s control.Site) wire.Site {
	kinds := []string{}
	for _, binding := range s.Bindings {
		kinds = append(kinds, binding.Service.Kind)
	}
	return wire.Site{
		Name: string(s.Site.Name), Title: string(s.Site.Title), Template: s.Site.Template, Project: s.Site.Project, URL: s.URL,
		Settings: s.Revision.Settings, Revision: s.Revision.Number, DeploymentID: s.SiteSpec.Deployment.ID,
		Services: kinds, Created: s.Site.Created.UTC(),
	}
}

func statusShape(s seedbed.Status) wire.Status {
	return wire.Status{
		State: string(cmp.Or(s.State, seedbed.AtRest)), Word: s.Word, Sentence: s.Sentence,
		Observed: moment(s.Observed), Since: moment(s.Since),
	}
}

func deploymentShape(d control.Deployment) wire.Deployment {
	steps := []wire.Step{}
	for _, s := range d.Steps {
		steps = append(steps, wire.Step{Name: string(s.Name), State: stepState(s), Detail: s.Detail, Started: moment(s.Started), Ended: moment(s.Ended)})
	}
	return wire.Deployment{
		ID: d.ID, Site: string(d.Site.Site.Name), Kind: string(d.Kind), State: string(d.State), Steps: steps,
		Cause: d.Cause, By: d.By, Newest: d.Newest, Started: d.Started.UTC(), Ended: moment(d.Ended),
	}
}

func stepState(s seedbed.Step) string {
	switch {
	case !s.Ended.IsZero():
		return "done"
	case !s.Started.IsZero():
		return "working"
	}
	return "to-come"
}

func serviceShape(s control.Service) wire.Service {
	names := []string{}
	for _, site := range s.Sites {
		names = append(names, string(site.Name))
	}
	return wire.Service{
		Kind: s.Kind, Title: cmp.Or(s.Template.Title, seedbed.ServiceTitle(s.Kind)), Port: s.Port, Status: statusShape(s.Status), Sites: names,
	}
}

func templateShape(t seedbed.Template) wire.Template {
	kinds, questions := []string{}, []wire.Question{}
	for _, need := range t.Needs {
		kinds = append(kinds, need.Service)
	}
	for _, q := range t.Questions {
		var choices []string
		for _, c := range q.Choices {
			choices = append(choices, c.Value)
		}
		questions = append(questions, wire.Question{Name: q.Name, Label: q.Label, Type: q.Type, Choices: choices, Default: q.Default, Required: q.Required})
	}
	return wire.Template{
		Name: t.Name, Title: t.Title, Summary: t.Summary, Details: t.Details,
		Services: kinds, MemoryMiB: t.Memory, Questions: questions,
	}
}

func eventShape(e seedbed.Event) wire.Event {
	return wire.Event{ID: e.ID, At: e.At.UTC(), Who: e.Who, Program: e.Program, From: e.From, What: e.What, Details: e.Details, Subject: e.Subject}
}

func tokenShape(t seedbed.Token) wire.Token {
	return wire.Token{ID: t.ID, Name: t.Name, Scope: t.Scope.String(), Project: string(t.Project), Created: t.Created.UTC(), Expires: t.Expires.UTC(), Used: moment(t.Used)}
}
