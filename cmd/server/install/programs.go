package install

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
)

// environment is what programs are run with: nothing that sudo brought along.
var environment = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"}

// run runs a program to its end and returns what it printed.
func run(ctx context.Context, name string, argv ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, argv...)
	cmd.Env = environment
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w: %s", name, strings.Join(argv, " "), err, bytes.TrimSpace(said.Bytes()))
	}
	return string(out), nil
}

// runWhole is run for what must not be stopped half-way: Ctrl-C waits for it.
func runWhole(ctx context.Context, name string, argv ...string) error {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), name, argv...)
	cmd.Env = environment
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, lastLines(out, 15))
	}
	return nil
}

func lastLines(text []byte, n int) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// unitState is what systemd says of a unit: "active" and "enabled", and since
// when, in seconds since 1970.
type unitState struct {
	active, enabled string
	since           int64
}

// unit asks systemd. A unit that is not there is inactive.
func unit(ctx context.Context, name string) (s unitState, err error) {
	out, err := run(ctx, "systemctl", "show", "--timestamp=unix", "--property=ActiveState,UnitFileState,ActiveEnterTimestamp", name)
	if err != nil {
		return s, err
	}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "ActiveState":
			s.active = value
		case "UnitFileState":
			s.enabled = value
		case "ActiveEnterTimestamp":
			if _, err := fmt.Sscanf(value, "@%d", &s.since); err != nil && value != "" && value != "n/a" {
				return s, errors.New("systemd says that " + name + " is active since " + value)
			}
		}
	}
	return s, nil
}

// IsActive reports whether systemd runs a unit.
func IsActive(ctx context.Context, name string) bool {
	s, err := unit(ctx, name)
	return err == nil && s.active == "active"
}
