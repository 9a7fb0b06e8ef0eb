package catalog

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"seedbed"
)

// Bounds of what people may add to an environment.
const (
	maxVariables     = 50
	maxVariable      = 2000 // characters of a value
	maxVariablesText = 8000 // bytes of all
)

var (
	variableGrammar = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)
	// keptVariables are those that the engine gives, or that tell of it.
	keptVariables = regexp.MustCompile(`^(HOST|PORTS?|PORT[0-9]+|PORT_.*|MARATHON_.*|MESOS_.*|SEEDBED_.*)$`)
)

// variable is one line of an answer to a VariablesQuestion.
type variable struct{ name, value string }

// parseVariables reads lines of the form NAME=value. Empty lines do not count;
// values are taken as they are, up to the end of the line.
func parseVariables(answer string) (tidy, mistake string) {
	if len(answer) > maxVariablesText {
		return "", fmt.Sprintf("These are more than %d characters in all. Put long texts into a file of the image.", maxVariablesText)
	}
	var lines []string
	seen := map[string]bool{}
	for n, line := range splitLines(answer) {
		v, mistake := parseVariable(line)
		if mistake == "" && seen[v.name] {
			mistake = v.name + " stands here twice."
		}
		if mistake != "" {
			return "", fmt.Sprintf("Line %d: %s", n+1, mistake)
		}
		seen[v.name] = true
		lines = append(lines, v.name+"="+v.value)
	}
	if len(lines) > maxVariables {
		return "", fmt.Sprintf("These are %d variables; %d are the most.", len(lines), maxVariables)
	}
	return strings.Join(lines, "\n"), ""
}

// splitLines returns the lines that are not empty, by their number from 0.
func splitLines(text string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for n, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
			if strings.TrimSpace(line) != "" && !yield(n, line) {
				return
			}
		}
	}
}

func parseVariable(line string) (v variable, mistake string) {
	name, value, found := strings.Cut(line, "=")
	name = strings.TrimSpace(name)
	switch {
	case !found:
		return v, "A variable is written as NAME=value."
	case !variableGrammar.MatchString(name):
		return v, "The name of a variable has letters, digits and “_”, does not begin with a digit, and has at most 64 characters."
	case keptVariables.MatchString(strings.ToUpper(name)):
		return v, name + " is given by the engine that runs the container, and cannot be changed."
	case !isLine(value):
		return v, "The value of " + name + " has characters that cannot be used."
	case utf8.RuneCountInString(value) > maxVariable:
		return v, fmt.Sprintf("The value of %s has more than %d characters.", name, maxVariable)
	}
	return variable{name, value}, ""
}

// variables returns the variables of a tidy answer.
func variables(answer string) []variable {
	var all []variable
	for _, line := range splitLines(answer) {
		name, value, _ := strings.Cut(line, "=")
		all = append(all, variable{name, value})
	}
	return all
}

// refuseTaken makes sure that nobody takes the place of a variable that the
// site gets by itself with those settings.
func refuseTaken(t seedbed.Template, settings map[string]string) error {
	given := map[string]bool{}
	for _, e := range t.For(settings).Env {
		given[e.Name] = true
	}
	for _, v := range variables(settings[t.MoreEnv]) {
		if given[v.name] {
			return seedbed.Mistake(settingField(t.MoreEnv), v.name+" is given to the container by itself. Take it out of the list, or use another name.")
		}
	}
	return nil
}
