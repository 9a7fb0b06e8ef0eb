package catalog

import (
	"slices"
	"unicode/utf8"

	"seedbed"
)

// questionTypes are all that parseAnswer reads.
var questionTypes = []string{
	seedbed.ChoiceQuestion, seedbed.SwitchQuestion, seedbed.TextQuestion, seedbed.NumberQuestion,
	seedbed.ImageQuestion, seedbed.PageQuestion, seedbed.FolderQuestion, seedbed.VariablesQuestion,
}

func checkQuestions(t seedbed.Template) error {
	if t.Kind == seedbed.ServiceTemplate && len(t.Questions) > 0 {
		return wrong(at("questions"), "nobody is asked when a service is made")
	}
	for i, q := range t.Questions {
		if err := checkName(at("questions", i, "name"), q.Name); err != nil {
			return err
		}
		if slices.ContainsFunc(t.Questions[:i], func(other seedbed.Question) bool { return other.Name == q.Name }) {
			return wrong(at("questions", i, "name"), "questions has %q twice", q.Name)
		}
		if err := checkQuestion(i, q); err != nil {
			return err
		}
	}
	return nil
}

func checkQuestion(i int, q seedbed.Question) error {
	if !slices.Contains(questionTypes, q.Type) {
		return wrong(at("questions", i, "type"), "type is %q; it is one of %q", q.Type, questionTypes)
	}
	if err := checkText(at("questions", i, "label"), q.Label, maxTitle+20); err != nil {
		return err
	}
	if utf8.RuneCountInString(q.Help) > maxSummary || !isLine(q.Help) {
		return wrong(at("questions", i, "help"), "help is one line of at most %d characters", maxSummary)
	}
	if err := firstOf(checkChoices(i, q), checkRange(i, q)); err != nil {
		return err
	}
	if q.Required {
		return checkRequired(i, q)
	}
	if tidy, err := parseAnswer(q, q.Default); err != nil || tidy != q.Default {
		return wrong(at("questions", i, "default"), "the default %q is not an answer to %s", q.Default, q.Name)
	}
	return nil
}

// checkRequired makes sure that nobody has to answer what has a default.
func checkRequired(i int, q seedbed.Question) error {
	typed := q.Type != seedbed.ChoiceQuestion && q.Type != seedbed.SwitchQuestion && q.Type != seedbed.VariablesQuestion
	if q.Default != "" || !typed {
		return wrong(at("questions", i, "required"), "only what is typed can be required, and it then has no default")
	}
	return nil
}

func checkRange(i int, q seedbed.Question) error {
	if isNumber := q.Type == seedbed.NumberQuestion; isNumber != (q.Max > q.Min) || !isNumber && (q.Min != 0 || q.Max != 0) {
		return wrong(at("questions", i, "max"), "a number is from min to a larger max, and nothing else has either")
	}
	return nil
}

func checkChoices(i int, q seedbed.Question) error {
	if (q.Type == seedbed.ChoiceQuestion) != (len(q.Choices) > 1) {
		return wrong(at("questions", i, "choices"), "a choice has two choices or more, and nothing else has any")
	}
	for j, c := range q.Choices {
		if err := checkName(at("questions", i, "choices", j, "value"), c.Value); err != nil {
			return err
		}
		if slices.ContainsFunc(q.Choices[:j], func(other seedbed.Choice) bool { return other.Value == c.Value }) {
			return wrong(at("questions", i, "choices", j, "value"), "choices has %q twice", c.Value)
		}
		if err := checkText(at("questions", i, "choices", j, "label"), c.Label, maxTitle); err != nil {
			return err
		}
	}
	return nil
}
