package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Files of the Debian package. The units read both settings files too; a
// command that somebody types has to find what the units were given.
const (
	packagedProgram = "/usr/bin/seedbed"
	defaultsFile    = "/usr/lib/seedbed/defaults.env"
	settingsFile    = "/etc/seedbed/seedbed.env"
)

// loadEnvironment adds to the environment what the package's files say, if this
// is the package's program. What is set already stays.
func loadEnvironment() error {
	if self, err := os.Executable(); err != nil || self != packagedProgram {
		return nil
	}
	for _, file := range []string{settingsFile, defaultsFile} {
		settings, err := readSettings(file)
		if err != nil {
			return err
		}
		for name, value := range settings {
			if _, set := os.LookupEnv(name); !set {
				if err := os.Setenv(name, value); err != nil {
					return fmt.Errorf("%s: set %s: %w", file, name, err)
				}
			}
		}
	}
	return nil
}

// readSettings reads a file of lines NAME=value, as systemd does with
// EnvironmentFile, but without quotes. A file that is not there has none.
func readSettings(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	defer f.Close()
	found := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("%s: the line %q is not of the form NAME=value", path, line)
		}
		found[name] = value
	}
	return found, lines.Err()
}
