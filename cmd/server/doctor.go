package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/moby/moby/client"

	"seedbed"
	"seedbed/cmd/server/doctor"
)

// exitStatus ends the program with a status and no more words.
type exitStatus int

// Error is never shown.
func (s exitStatus) Error() string { return fmt.Sprintf("status %d", int(s)) }

// doctorCommand is `seedbed doctor`: it looks at everything and says what to do
// about what is not as it should be. Its status is 0 if all is fine, 1 if there
// is a warning and 2 if there is trouble. It changes nothing.
func doctorCommand(ctx context.Context, args []string) error {
	asJSON := false
	c, err := parseConfig("doctor", args, func(f *flag.FlagSet) {
		f.BoolVar(&asJSON, "json", false, "print the findings as JSON")
	})
	if err != nil {
		return err
	}
	checks, err := c.doctorChecks()
	if err != nil {
		return err
	}
	findings := doctor.Examine(ctx, checks)
	if asJSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		err = out.Encode(findings)
	} else {
		doctor.Print(os.Stdout, findings, doctor.Fine)
	}
	if status := statusOf(doctor.Worst(findings)); err == nil && status != 0 {
		return status
	}
	return err
}

func statusOf(worst doctor.Level) exitStatus {
	return map[doctor.Level]exitStatus{doctor.Fine: 0, doctor.Warning: 1, doctor.Trouble: 2}[worst]
}

func (c config) doctorChecks() ([]doctor.Check, error) {
	candidates, err := c.dockers()
	if errors.Is(err, fs.ErrPermission) {
		return nil, &seedbed.Error{Code: seedbed.Forbidden, Message: "Only root can look at the Seedbed in " + c.Dir + ". Run this with sudo."}
	}
	if err != nil {
		return nil, err
	}
	docker, err := client.New(client.WithHost(candidates[len(candidates)-1]))
	if err != nil {
		return nil, fmt.Errorf("use Docker: %w", err)
	}
	router, err := c.newRouter(slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return nil, err
	}
	s := doctor.Seedbed{
		Dir: c.Dir, VolumeDir: c.VolumeDir, Docker: docker, Consul: c.checkConsul, Nginx: router.Examine, Portal: c.checkPortal, Now: time.Now, WithUnits: c.Adopt,
	}
	checks := append(c.machine().Checks(), s.Checks()...)
	return append(checks, doctor.FreePorts(c.ports(), c.holder)...), nil
}

// checkConsul asks Consul, as far as this user may.
func (c config) checkConsul(ctx context.Context) error {
	if _, err := os.Stat(c.path("consul", "token")); errors.Is(err, fs.ErrNotExist) {
		return errors.New("it was never started")
	} else if err != nil {
		return errors.New("only root can look at it; run this with sudo")
	}
	agent, err := c.newAgent(slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return agent.Check(ctx)
}

// checkPortal asks the portal, as a browser would.
func (c config) checkPortal(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.portalURL()+"/healthz", nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Timeout: 5 * time.Second}).Do(request)
	if err != nil {
		return errors.New("it does not answer")
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers with status %d", answer.StatusCode)
	}
	return nil
}

// holder says who may have this Seedbed's ports: with its own portal answering,
// or systemd running it, Seedbed itself.
func (c config) holder(ctx context.Context) string {
	if c.checkPortal(ctx) == nil {
		return "Seedbed"
	}
	return portHolder(ctx)
}
