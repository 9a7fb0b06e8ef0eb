package main

import (
	"strings"
	"testing"
)

func TestHelp_HasALineForEachWord(t *testing.T) {
	for name, words := range map[string]string{
		"sites": "list show create logs files backup", "projects": "list invite role", "users": "list block", "services": "list restart",
		"deployments": "list show", "token": "create list revoke",
	} {
		for _, args := range [][]string{{name, "--help"}, {name, "-h"}, {name, "help"}, {"help", name}} {
			var err error
			said := captured(t, func() { err = run(t.Context(), args) })
			if exitCode(err) != 0 {
				t.Errorf("%v: %v", args, err)
			}
			for word := range strings.FieldsSeq(words) {
				if !strings.Contains(said, "\n  "+word+" ") {
					t.Errorf("%v: no line for %s:\n%s", args, word, said)
				}
			}
		}
	}
}

func TestHelp_OfOneWordTellsItsOptions(t *testing.T) {
	for _, args := range [][]string{{"help", "sites", "create"}, {"sites", "create", "--help"}, {"help", "apply"}, {"help", "events"}} {
		var err error
		said := captured(t, func() { err = run(t.Context(), args) })
		if exitCode(err) != 0 || !strings.Contains(said, "-token-file") {
			t.Errorf("%v: %v\n%s", args, err, said)
		}
	}
	for _, args := range [][]string{{"sites"}, {"sites", "nothing"}, {"help", "nothing"}} {
		if err := run(t.Context(), args); exitCode(err) != exitUsage {
			t.Errorf("%v: %v", args, err)
		}
	}
}
