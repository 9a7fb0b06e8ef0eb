package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

const settingsFile = "/etc/seedbed/seedbed.env"

// settings writes what was answered to where the units read it.
func (i *Installer) settings() Step {
	return Step{
		Will: fmt.Sprintf("Write %s: sites at <name>.%s, portal and sites on %s, ports %d and %d", settingsFile, i.Answers.Domain, i.Answers.Listen, i.Answers.Port, i.Answers.SitePort),
		Done: func(context.Context) (bool, error) {
			text, err := os.ReadFile(settingsFile)
			if errors.Is(err, fs.ErrNotExist) {
				return false, nil
			}
			return string(text) == merged(string(text), i.Answers.settings()), err
		},
		Do: func(context.Context) error {
			text, err := os.ReadFile(settingsFile)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("read %s: %w", settingsFile, err)
			}
			return replaceFile(settingsFile, merged(string(text), i.Answers.settings()))
		},
	}
}

// merged is what was answered, and after it what somebody had set by hand and
// nothing asks for, such as SEEDBED_TLS.
func merged(before, answered string) string {
	for line := range strings.Lines(before) {
		name, _, set := strings.Cut(line, "=")
		if set && !strings.HasPrefix(name, "#") && !strings.Contains(answered, "\n"+name+"=") {
			answered += strings.TrimSuffix(line, "\n") + "\n"
		}
	}
	return answered
}

// replaceFile puts text in place of a file in one step.
func replaceFile(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(path+".new", path)
}
