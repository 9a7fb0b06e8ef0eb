package catalog

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"seedbed"
)

const (
	maxAnswer = 200 // characters of a text
	switchOn  = "on"
	switchOff = "off"
)

// settingField is the form field of a question.
func settingField(name string) string { return "setting." + name }

// Settings checks the answers that a person gave to a template's questions and
// returns the settings of a revision: one for each question, the default where
// there was no answer. Errors are Invalid, beside the field "setting.<name>".
func (c *Catalog) Settings(t seedbed.Template, answers map[string]string) (map[string]string, error) {
	settings := make(map[string]string, len(t.Questions))
	for _, q := range t.Questions {
		answer, given := answers[q.Name]
		if !given {
			answer = q.Default
		}
		tidy, err := parseAnswer(q, answer)
		if err != nil {
			return nil, err
		}
		settings[q.Name] = tidy
	}
	return settings, refuseUnknown(t, answers)
}

// refuseUnknown makes sure that no answer is silently left out.
func refuseUnknown(t seedbed.Template, answers map[string]string) error {
	var unknown []string
	for name := range answers {
		if !slices.ContainsFunc(t.Questions, func(q seedbed.Question) bool { return q.Name == name }) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return seedbed.Mistake(settingField(slices.Min(unknown)), "This template does not ask for that setting. Please open the form again.")
}

// parseAnswer returns the answer, tidied, or an Invalid error beside its field.
func parseAnswer(q seedbed.Question, answer string) (string, error) {
	switch q.Type {
	case seedbed.ChoiceQuestion:
		if slices.ContainsFunc(q.Choices, func(c seedbed.Choice) bool { return c.Value == answer }) {
			return answer, nil
		}
		return "", seedbed.Mistake(settingField(q.Name), "Choose one of the answers in the list.")
	case seedbed.SwitchQuestion:
		if answer == switchOn || answer == switchOff {
			return answer, nil
		}
		return "", seedbed.Mistake(settingField(q.Name), "This is either on or off.")
	default:
		return parseText(q, answer)
	}
}

func parseText(q seedbed.Question, answer string) (string, error) {
	if !isLine(answer) {
		return "", seedbed.Mistake(settingField(q.Name), "This has characters that cannot be used. Please type one line of plain text.")
	}
	answer = strings.TrimSpace(answer)
	if n := utf8.RuneCountInString(answer); n > maxAnswer {
		return "", seedbed.Mistake(settingField(q.Name), fmt.Sprintf("This has %d characters; %d is the most.", n, maxAnswer))
	}
	return answer, nil
}

// settled returns a revision's answer to a question. Revisions are older than
// the template that reads them: where the answer is missing or no longer one,
// the default counts, so that a site never fails to start over it.
func settled(q seedbed.Question, settings map[string]string) string {
	if answer, given := settings[q.Name]; given {
		if tidy, err := parseAnswer(q, answer); err == nil {
			return tidy
		}
	}
	return q.Default
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
	if !slices.Contains([]string{seedbed.ChoiceQuestion, seedbed.SwitchQuestion, seedbed.TextQuestion}, q.Type) {
		return wrong(at("questions", i, "type"), "type is %q; it is choice, switch or text", q.Type)
	}
	if err := checkText(at("questions", i, "label"), q.Label, maxTitle+20); err != nil {
		return err
	}
	if utf8.RuneCountInString(q.Help) > maxSummary || !isLine(q.Help) {
		return wrong(at("questions", i, "help"), "help is one line of at most %d characters", maxSummary)
	}
	if err := checkChoices(i, q); err != nil {
		return err
	}
	if tidy, err := parseAnswer(q, q.Default); err != nil || tidy != q.Default {
		return wrong(at("questions", i, "default"), "the default %q is not an answer to %s", q.Default, q.Name)
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
