package templates

import (
	"time"

	"seedbed"
)

func tokenURL(id int64) string { return "/account/tokens/" + itoa(id) }

// scopeSaid is what a token may, in a sentence.
func scopeSaid(s seedbed.Scope) string {
	switch s {
	case seedbed.SeeScope:
		return "It looks, and changes nothing."
	case seedbed.ChangeScope:
		return "It makes and changes sites."
	case seedbed.FullScope:
		return "It may do all that you may."
	}
	return "It may do nothing."
}

func scopeQuestion() seedbed.Question {
	return seedbed.Question{Label: "What it may do", Type: seedbed.ChoiceQuestion, Choices: []seedbed.Choice{
		{Value: "read", Label: "Look, and change nothing"}, {Value: "write", Label: "Also make and change sites"}, {Value: "admin", Label: "Everything that you may"},
	}}
}

// limitQuestion asks for the one project that a token is to be for.
func limitQuestion(projects []seedbed.Project) seedbed.Question {
	q := seedbed.Question{Label: "Where", Type: seedbed.ChoiceQuestion, Choices: []seedbed.Choice{{Value: "", Label: "In all that you may see"}}}
	for _, p := range projects {
		q.Choices = append(q.Choices, seedbed.Choice{Value: string(p.Name), Label: "Only in " + string(p.Title)})
	}
	return q
}

func daysQuestion() seedbed.Question {
	return seedbed.Question{Label: "Good for", Type: seedbed.ChoiceQuestion, Choices: []seedbed.Choice{
		{Value: "7", Label: "A week"}, {Value: "30", Label: "30 days"}, {Value: "90", Label: "90 days"}, {Value: "365", Label: "A year"},
	}}
}

// tokenEnds says until when a token is good.
func tokenEnds(t seedbed.Token, now time.Time) string {
	if !now.Before(t.Expires) {
		return "It ended on " + day(t.Expires, now) + "."
	}
	return "Good until " + day(t.Expires, now) + "."
}

// day is a date as people say it, in the time zone of now.
func day(t, now time.Time) string { return t.In(now.Location()).Format("2 January 2006") }
