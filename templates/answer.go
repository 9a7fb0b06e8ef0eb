package templates

import (
	"strings"

	"seedbed"
)

// answer is one setting as it is read by people.
type answer struct {
	Label string
	Value string
	On    bool // a switch that is on; its label alone says it all
	Off   bool // a switch that is off
	Left  bool // left empty, where that says nothing
}

func answerTo(q seedbed.Question, value string) answer {
	switch q.Type {
	case seedbed.SwitchQuestion:
		return answer{Label: q.Label, Value: q.Said(value), On: value == "on", Off: value != "on"}
	case seedbed.ChoiceQuestion:
		return answer{Label: q.Label, Value: q.Said(value)}
	case seedbed.VariablesQuestion:
		return answer{Label: q.Label, Value: namesOf(value), Left: value == ""}
	case seedbed.PageQuestion, seedbed.FolderQuestion:
		return answer{Label: q.Label, Value: q.Said(value), Left: value == ""}
	}
	return answer{Label: q.Label, Value: q.Said(value)}
}

func orNothing(value string) string {
	if value == "" {
		return "nothing"
	}
	return value
}

// namesOf names variables without their values, which need not be read over
// somebody's shoulder.
func namesOf(lines string) string {
	var names []string
	for line := range strings.Lines(lines) {
		name, _, _ := strings.Cut(line, "=")
		names = append(names, name)
	}
	return orNothing(strings.Join(names, ", "))
}
