package onebox

import (
	"fmt"
	"regexp"
	"strings"
)

// What Linux starts a program with: the bytes of one variable or argument, with its
// end, and of all of them, with a pointer to each. Of the latter something is left to
// the image's own variables and to those that Marathon adds.
const (
	maxProgramText  = 128 << 10
	maxProgramTexts = 2<<20 - 128<<10
	pointerBytes    = 8
)

// envName is what Marathon takes if it is not told to be strict, and Linux can hand
// over: names such as "spring.profiles.active" are in use.
var envName = regexp.MustCompile(`^[^=\x00-\x20\x7f]{1,254}$`)

// validateTexts finds what no program can be started with. Marathon takes it, and
// the launches fail.
func (a *app) validateTexts(m mistakes) {
	for name, value := range a.Env {
		if !envName.MatchString(name) {
			m.add("/env", "%q is not the name of an environment variable", lastBytes(name, 300))
		}
		if strings.ContainsRune(value, 0) {
			m.add("/env", "the value of %s has a NUL character", name)
		}
	}
	for key, value := range a.Labels {
		if key == "" {
			m.add("/labels", "a label must have a name")
		}
		if strings.ContainsRune(key+value, 0) {
			m.add("/labels", "the label %q has a NUL character", lastBytes(key, 300))
		}
	}
	a.validateCommandTexts(m)
	a.validateTextSizes(m)
}

func (a *app) validateCommandTexts(m mistakes) {
	for _, text := range append([]string{a.Cmd}, a.Args...) {
		if strings.ContainsRune(text, 0) {
			m.add("/", "the command has a NUL character")
		}
		if len(text) >= maxProgramText {
			m.add("/", "an argument of the command has %d bytes; Linux takes %d at most", len(text), maxProgramText-1)
		}
	}
	for i, h := range a.HealthChecks {
		if h.Command != nil && (len(h.Command.Value) >= maxProgramText || strings.ContainsRune(h.Command.Value, 0)) {
			m.add(fmt.Sprintf("/healthChecks(%d)/command", i), "must be shorter than %d bytes, without NUL characters", maxProgramText)
		}
	}
}

// validateTextSizes finds variables that are too large, alone or all together with
// the command. Those that labels become count, too.
func (a *app) validateTextSizes(m mistakes) {
	sum, place := 0, "/env"
	count := func(at, name string, size int) {
		if size >= maxProgramText {
			m.add(at, "the variable %s has %d bytes with its name; Linux takes %d at most", lastBytes(name, 300), size, maxProgramText-1)
		}
		sum += size + 1 + pointerBytes
	}
	for name, value := range a.Env {
		count("/env", name, len(name)+1+len(value))
	}
	labels := map[string]string{}
	names := labelVariables(a, labels)
	count("/labels", "MARATHON_APP_LABELS", len("MARATHON_APP_LABELS=")+len(strings.Join(names, " ")))
	for name, value := range labels {
		count("/labels", name, len(name)+1+len(value))
	}
	for _, text := range append([]string{a.Cmd}, a.Args...) {
		sum += len(text) + 1 + pointerBytes
	}
	if len(a.Env) == 0 {
		place = "/"
	}
	if sum > maxProgramTexts {
		m.add(place, "the variables, labels and arguments have %d bytes in all; %d can be given to a program", sum, maxProgramTexts)
	}
}
