package catalog

import (
	"slices"

	"seedbed"
)

// asks reports whether a template has a question of that name and type.
func asks(t seedbed.Template, name, kind string) bool {
	return slices.ContainsFunc(t.Questions, func(q seedbed.Question) bool { return q.Name == name && q.Type == kind })
}

// checkAsked makes sure that what an answer decides is asked for, by a question
// whose answers fit.
func checkAsked(t seedbed.Template) error {
	for _, c := range []struct {
		key            []any
		question, kind string
	}{
		{at("image"), t.Asked.Image, seedbed.ImageQuestion},
		{at("memory"), t.Asked.Memory, seedbed.ChoiceQuestion},
		{at("port"), t.Asked.Port, seedbed.NumberQuestion},
		{at("health", "path"), t.Asked.HealthPath, seedbed.PageQuestion},
	} {
		if c.question != "" && !asks(t, c.question, c.kind) {
			return wrong(c.key, "%q is not one of the questions of the type %s", c.question, c.kind)
		}
	}
	for i, v := range t.Volumes {
		if v.Asked != "" && !asks(t, v.Asked, seedbed.FolderQuestion) {
			return wrong(at("volumes", i, "path"), "%q is not one of the questions of the type %s", v.Asked, seedbed.FolderQuestion)
		}
	}
	return firstOf(checkNamed(t), checkAmounts(t), checkPorts(t))
}

// checkNamed makes sure that nobody can leave the image empty.
func checkNamed(t seedbed.Template) error {
	for i, q := range t.Questions {
		if q.Type == seedbed.ImageQuestion && !q.Required {
			return wrong(at("questions", i, "required"), "the image %s has to be named, so it is required", q.Name)
		}
	}
	return nil
}

// checkAmounts makes sure that every choice of memory can be given.
func checkAmounts(t seedbed.Template) error {
	for i, q := range t.Questions {
		for j, c := range q.Choices {
			path := at("questions", i, "choices", j, "amount")
			if q.Name != t.Asked.Memory && c.Amount != 0 {
				return wrong(path, "nothing is decided by the amount of %s", q.Name)
			}
			if q.Name == t.Asked.Memory && (c.Amount < minMemory || c.Amount > maxMemory) {
				return wrong(path, "the amount is %d MiB; it is between %d and %d", c.Amount, minMemory, maxMemory)
			}
		}
	}
	return nil
}

// checkPorts makes sure that every port that can be asked for is one.
func checkPorts(t seedbed.Template) error {
	for i, q := range t.Questions {
		if q.Name == t.Asked.Port && t.Asked.Port != "" && (q.Min < 1 || q.Max > 65535 || q.Required) {
			return wrong(at("questions", i), "a port is between 1 and 65535, and has a default")
		}
	}
	return nil
}

func checkMoreEnv(t seedbed.Template) error {
	if t.MoreEnv != "" && !asks(t, t.MoreEnv, seedbed.VariablesQuestion) {
		return wrong(at("moreEnv"), "%q is not one of the questions of the type %s", t.MoreEnv, seedbed.VariablesQuestion)
	}
	return nil
}
