package main

import (
	"encoding/json"
	"strings"
)

// told is the change as it is told: of variables the names alone.
func (d oneChange) told() oneChange {
	d.From, d.To = withoutValues(d.From), withoutValues(d.To)
	return d
}

// MarshalJSON writes what is told.
func (d oneChange) MarshalJSON() ([]byte, error) {
	type plain oneChange
	return json.Marshal(plain(d.told()))
}

// withoutValues leaves the names of an answer with lines of NAME=value, whose
// values may be secrets; any other answer is left as it is.
func withoutValues(answer string) string {
	var names []string
	for line := range strings.Lines(answer) {
		name, _, found := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); found && isVariable(name) {
			names = append(names, name)
		}
	}
	if names == nil {
		return answer
	}
	return strings.Join(names, ", ")
}

func isVariable(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}
