package seedbed

import (
	"slices"
	"strconv"
)

// For returns the template as it is for a site with those settings: what depends
// on an answer is decided, and what is switched off is left out. It is pure, and
// for a template that asks about nothing of this it changes nothing. Settings
// are as Catalog.Settings returns them; of one that is missing the default
// counts.
func (t Template) For(settings map[string]string) Template {
	on := func(question string) bool { return t.answer(settings, question) == "on" }
	t.Needs = slices.DeleteFunc(slices.Clone(t.Needs), func(n Need) bool { return n.If != "" && !on(n.If) })
	t.Env = slices.DeleteFunc(slices.Clone(t.Env), func(e EnvVar) bool {
		return e.If != "" && !on(e.If) || e.Unless != "" && on(e.Unless)
	})
	t.Volumes = t.volumesFor(settings)
	t.decide(settings)
	return t
}

// decide puts the answers in the places that they are for.
func (t *Template) decide(settings map[string]string) {
	if t.Asked.Image != "" {
		t.Reference = t.answer(settings, t.Asked.Image)
	}
	if port, err := strconv.Atoi(t.answer(settings, t.Asked.Port)); err == nil {
		t.Port = port
	}
	if amount := t.amount(settings, t.Asked.Memory); amount > 0 {
		t.Memory = amount
	}
	if t.Asked.HealthPath != "" {
		t.Health.Path = t.answer(settings, t.Asked.HealthPath)
	}
}

// HasOneWriter reports whether two containers of a site may never run at the
// same time, because both would write the same volume. Visitors of such a site
// wait while one takes the other's place.
func (t Template) HasOneWriter() bool {
	return slices.ContainsFunc(t.Volumes, func(v TemplateVolume) bool { return !v.ReadOnly })
}

func (t Template) volumesFor(settings map[string]string) []TemplateVolume {
	var volumes []TemplateVolume
	for _, v := range t.Volumes {
		if v.Asked != "" {
			v.Path = t.answer(settings, v.Asked)
		}
		if v.Path != "" {
			volumes = append(volumes, v)
		}
	}
	return volumes
}

// answer returns the answer to a question, or its default; "" if the template
// does not ask it.
func (t Template) answer(settings map[string]string, question string) string {
	for _, q := range t.Questions {
		if q.Name != question {
			continue
		}
		if given, ok := settings[q.Name]; ok {
			return given
		}
		return q.Default
	}
	return ""
}

// amount returns what the chosen answer to a question stands for, or 0.
func (t Template) amount(settings map[string]string, question string) int {
	chosen := t.answer(settings, question)
	for _, q := range t.Questions {
		for _, c := range q.Choices {
			if q.Name == question && c.Value == chosen {
				return c.Amount
			}
		}
	}
	return 0
}

// Kinds returns the kinds of services that a site of the template needs, or may
// come to need, in order.
func (t Template) Kinds() []string {
	var kinds []string
	for _, n := range t.Needs {
		kinds = append(kinds, n.Service)
	}
	return kinds
}
