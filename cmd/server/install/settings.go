package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
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
			return string(text) == i.Answers.settings(), err
		},
		Do: func(context.Context) error { return replaceFile(settingsFile, i.Answers.settings()) },
	}
}

// replaceFile puts text in place of a file in one step.
func replaceFile(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(path+".new", path)
}
