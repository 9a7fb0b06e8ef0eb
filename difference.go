package seedbed

import (
	"strings"
	"unicode/utf8"
)

// Difference is one thing in which two revisions of a site differ, in the words
// of its template.
type Difference struct {
	Question string // its name; "" for the name of the site
	Label    string
	// Before and After are empty where the answers are not for every eye.
	Before, After string
}

// Differences returns in what a site's settings differ from those before, the
// name of the site first. Values of variables are left out, and all values of a
// template that is not known: they may hold passwords.
func Differences(t Template, before, after Revision) []Difference {
	var all []Difference
	if before.Title != after.Title {
		all = append(all, Difference{Label: "Name", Before: string(before.Title), After: string(after.Title)})
	}
	for _, q := range t.Questions {
		was, is := q.answerIn(before.Settings), q.answerIn(after.Settings)
		switch {
		case was == is:
		case q.Type == VariablesQuestion:
			all = append(all, Difference{Question: q.Name, Label: q.Label})
		default:
			all = append(all, Difference{q.Name, q.Label, q.Said(was), q.Said(is)})
		}
	}
	return all
}

// answerIn is the answer in settings that may be older than the question.
func (q Question) answerIn(settings map[string]string) string {
	if answer, given := settings[q.Name]; given {
		return answer
	}
	return q.Default
}

// Said is an answer as people read it. That to a choice that is no longer
// offered is said as it is.
func (q Question) Said(answer string) string {
	switch q.Type {
	case SwitchQuestion:
		return map[bool]string{true: "yes", false: "no"}[answer == "on"]
	case ChoiceQuestion:
		for _, choice := range q.Choices {
			if choice.Value == answer {
				return choice.Label
			}
		}
	}
	if answer == "" {
		return "nothing"
	}
	return answer
}

// maxSaid is how many characters of an answer are told.
const maxSaid = 80

// String says what changed: "Language from “English” to “Français”".
func (d Difference) String() string {
	if d.Before == "" && d.After == "" {
		return d.Label
	}
	return d.Label + " from “" + shortened(d.Before) + "” to “" + shortened(d.After) + "”"
}

func shortened(s string) string {
	if utf8.RuneCountInString(s) <= maxSaid {
		return s
	}
	return string([]rune(s)[:maxSaid]) + "…"
}

// Tell says several differences in a row.
func Tell(all []Difference) string {
	said := make([]string, len(all))
	for i, d := range all {
		said[i] = d.String()
	}
	return strings.Join(said, "; ")
}
