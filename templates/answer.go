package templates

import "seedbed"

// answer is one setting as it is read by people.
type answer struct {
	Label string
	Value string
	On    bool // a switch that is on; its label alone says it all
	Off   bool // a switch that is off
}

func answerTo(q seedbed.Question, value string) answer {
	switch q.Type {
	case seedbed.SwitchQuestion:
		return answer{Label: q.Label, Value: yesNo(value), On: value == "on", Off: value != "on"}
	case seedbed.ChoiceQuestion:
		return answer{Label: q.Label, Value: choiceLabel(q, value)}
	}
	if value == "" {
		value = "nothing"
	}
	return answer{Label: q.Label, Value: value}
}

func yesNo(value string) string {
	if value == "on" {
		return "yes"
	}
	return "no"
}

// choiceLabel falls back to the value itself, for a choice that the template
// no longer offers.
func choiceLabel(q seedbed.Question, value string) string {
	for _, choice := range q.Choices {
		if choice.Value == value {
			return choice.Label
		}
	}
	return value
}
