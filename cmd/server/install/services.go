package install

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"seedbed"
)

// Units are Seedbed's own, in the order in which they start.
func Units() []string {
	return []string{"seedbed-consul.service", "seedbed-nginx.service", "seedbed.service"}
}

const (
	startPatience = 90 * time.Second
	verifiedFile  = "/var/lib/seedbed/verified"
)

// services starts Seedbed's units, now and at every boot, and anew where the
// settings have changed since.
func (i *Installer) services() Step {
	return Step{
		Will: "Start Consul, nginx and the portal, now and at every boot",
		Done: func(ctx context.Context) (bool, error) {
			stale, err := staleUnits(ctx)
			return err == nil && len(stale) == 0 && i.portalAnswers(ctx) == nil, err
		},
		Do: i.startServices,
	}
}

// staleUnits returns the units that do not run, would not at the next boot, or
// run with other settings.
func staleUnits(ctx context.Context) (stale []string, err error) {
	settings, err := os.Stat(settingsFile)
	if err != nil {
		return nil, fmt.Errorf("look at the settings: %w", err)
	}
	for _, name := range Units() {
		state, err := unit(ctx, name)
		if err != nil {
			return nil, err
		}
		if state.active != "active" || state.enabled != "enabled" || state.since < settings.ModTime().Unix() {
			stale = append(stale, name)
		}
	}
	return stale, nil
}

func (i *Installer) startServices(ctx context.Context) error {
	if _, err := run(ctx, "systemctl", "daemon-reload"); err != nil {
		return err
	}
	if _, err := run(ctx, "systemctl", append([]string{"enable"}, Units()...)...); err != nil {
		return err
	}
	stale, err := staleUnits(ctx)
	if err != nil {
		return err
	}
	for _, name := range stale {
		if _, err := run(ctx, "systemctl", "restart", name); err != nil {
			return &seedbed.Error{Code: seedbed.Unavailable, Err: err, Message: name + " does not start. “journalctl -u " + name + "” tells why; then run this again."}
		}
	}
	if err := await(ctx, i.portalAnswers); err != nil {
		return &seedbed.Error{Code: seedbed.Unavailable, Err: err, Message: "The portal was started and does not answer. “journalctl -u seedbed” tells why; then run this again."}
	}
	return nil
}

// portalAnswers asks the portal for a page, as a browser would.
func (i *Installer) portalAnswers(ctx context.Context) error {
	host := i.Answers.Listen
	if net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, strconv.Itoa(i.Answers.Port))+"/sign-in", nil)
	if err != nil {
		return err
	}
	request.Host = "localhost:" + strconv.Itoa(i.Answers.Port)
	answer, err := (&http.Client{Timeout: 5 * time.Second}).Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("the portal answers with status %d", answer.StatusCode)
	}
	return nil
}

// verified proves that the whole works, once for each version and settings.
func (i *Installer) verified() Step {
	return Step{
		Will: "Launch a site, fetch it and remove it, to see that everything works together",
		Done: func(ctx context.Context) (bool, error) {
			version, err := i.wantedVersion(ctx)
			if err != nil {
				return false, err
			}
			text, err := os.ReadFile(verifiedFile)
			return string(text) == proof(version, i.Answers), ignoreMissing(err)
		},
		Do: func(ctx context.Context) error {
			if _, err := AsSeedbed(ctx, "verify"); err != nil {
				return err
			}
			version, err := InstalledVersion(ctx)
			if err != nil {
				return err
			}
			return replaceFile(verifiedFile, proof(version, i.Answers))
		},
	}
}

// wantedVersion is that of the bundle, or else the one that is installed.
func (i *Installer) wantedVersion(ctx context.Context) (string, error) {
	if i.Manifest != nil {
		return i.Manifest.Version, nil
	}
	return InstalledVersion(ctx)
}

func proof(version string, a Answers) string {
	return "Version " + version + " was seen to work with these settings:\n" + a.settings()
}

// AsSeedbed runs one of Seedbed's commands as its own user, and returns what it
// printed.
func AsSeedbed(ctx context.Context, argv ...string) (string, error) {
	return run(ctx, "runuser", append([]string{"-u", "seedbed", "--", "/usr/bin/seedbed"}, argv...)...)
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// await repeats try until it returns nil or patience ends.
func await(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}
