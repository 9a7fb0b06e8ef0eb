package catalog

import (
	"errors"
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
// there was no answer. Errors are Invalid, beside the field "setting.<name>",
// all of them joined.
func (c *Catalog) Settings(t seedbed.Template, answers map[string]string) (map[string]string, error) {
	settings := make(map[string]string, len(t.Questions))
	var mistakes []error
	for _, q := range t.Questions {
		answer, given := answers[q.Name]
		if !given {
			answer = q.Default
		}
		tidy, err := parseAnswer(q, answer)
		settings[q.Name] = tidy
		mistakes = append(mistakes, err)
	}
	mistakes = append(mistakes, refuseUnknown(t, answers), refuseTaken(t, settings))
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return settings, nil
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
	tidy, mistake := answerOf(q, answer)
	if mistake != "" {
		return "", seedbed.Mistake(settingField(q.Name), mistake)
	}
	return tidy, nil
}

// answerOf returns the answer, tidied, or a sentence on what is wrong with it.
func answerOf(q seedbed.Question, answer string) (tidy, mistake string) {
	switch q.Type {
	case seedbed.ChoiceQuestion:
		if slices.ContainsFunc(q.Choices, func(c seedbed.Choice) bool { return c.Value == answer }) {
			return answer, ""
		}
		return "", "Choose one of the answers in the list."
	case seedbed.SwitchQuestion:
		if answer == switchOn || answer == switchOff {
			return answer, ""
		}
		return "", "This is either on or off."
	case seedbed.VariablesQuestion:
		return parseVariables(answer)
	}
	tidy, mistake = parseText(answer)
	if mistake != "" || tidy == "" && !q.Required && q.Type != seedbed.NumberQuestion {
		return tidy, mistake
	}
	return parseLine(q, tidy)
}

// parseLine reads a line of text that is not empty, or must not be.
func parseLine(q seedbed.Question, line string) (tidy, mistake string) {
	switch {
	case q.Type == seedbed.ImageQuestion:
		return parseImage(line)
	case q.Type == seedbed.NumberQuestion:
		return parseNumber(q, line)
	case line == "":
		return "", "This cannot be left empty."
	case q.Type == seedbed.PageQuestion:
		return parsePage(line)
	case q.Type == seedbed.FolderQuestion:
		return parseFolder(line)
	}
	return line, ""
}

func parseText(answer string) (tidy, mistake string) {
	if !isLine(answer) {
		return "", "This has characters that cannot be used. Please type one line of plain text."
	}
	answer = strings.TrimSpace(answer)
	if n := utf8.RuneCountInString(answer); n > maxAnswer {
		return "", fmt.Sprintf("This has %d characters; %d is the most.", n, maxAnswer)
	}
	return answer, ""
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

// settledAll returns a revision's answers to all questions.
func settledAll(t seedbed.Template, settings map[string]string) map[string]string {
	all := make(map[string]string, len(t.Questions))
	for _, q := range t.Questions {
		all[q.Name] = settled(q, settings)
	}
	return all
}
