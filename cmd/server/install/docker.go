package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/moby/client"
)

const (
	dockerHost   = "unix:///run/docker.sock"
	dockerConfig = "/etc/docker/daemon.json"
	// Containers go on while Docker itself is restarted or upgraded.
	dockerSettings = "{\n  \"live-restore\": true\n}\n"
)

// docker starts Docker and has it leave containers running while it is
// restarted. Settings that somebody has made already are left as they are.
func (i *Installer) docker() Step {
	return Step{Will: "Start Docker, and keep containers running while it is restarted", Done: dockerReady, Do: startDocker}
}

func dockerReady(ctx context.Context) (bool, error) {
	state, err := unit(ctx, "docker.service")
	if err != nil || state.active != "active" || state.enabled != "enabled" {
		return false, err
	}
	docker, err := client.New(client.WithHost(dockerHost))
	if err != nil {
		return false, fmt.Errorf("use Docker: %w", err)
	}
	defer docker.Close()
	info, err := docker.Info(ctx, client.InfoOptions{})
	if err != nil {
		return false, fmt.Errorf("ask Docker: %w", err)
	}
	return info.Info.LiveRestoreEnabled || othersSettings(), nil
}

// othersSettings reports whether somebody else has set Docker up.
func othersSettings() bool {
	text, err := os.ReadFile(dockerConfig)
	return err == nil && string(text) != dockerSettings
}

func startDocker(ctx context.Context) error {
	if _, err := os.Stat(dockerConfig); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(dockerConfig), 0o755); err != nil {
			return fmt.Errorf("make Docker's folder: %w", err)
		}
		if err := replaceFile(dockerConfig, dockerSettings); err != nil {
			return err
		}
	}
	if _, err := run(ctx, "systemctl", "enable", "--now", "docker.service"); err != nil {
		return err
	}
	// Not “reload”, which needs a program that a small Debian does not have.
	if _, err := run(ctx, "systemctl", "kill", "--kill-who=main", "--signal=HUP", "docker.service"); err != nil {
		return err
	}
	return await(ctx, func(ctx context.Context) error {
		if ready, err := dockerReady(ctx); err != nil || !ready {
			return errors.Join(err, errors.New("it is not ready"))
		}
		return nil
	})
}

// foreignNginx switches off the nginx that Debian's package starts on port 80
// with nothing but a welcome page. One that serves something is left alone.
func (i *Installer) foreignNginx() Step {
	return Step{
		Will: "Switch off the nginx of Debian's package; Seedbed runs one of its own",
		Done: func(ctx context.Context) (bool, error) {
			if _, err := os.Stat("/usr/sbin/nginx"); err != nil {
				return false, fmt.Errorf("look at nginx: %w", err) // it starts when it is installed
			}
			state, err := unit(ctx, "nginx.service")
			return state.active != "active" && state.enabled != "enabled" || servesSomething(nginxFolder), err
		},
		Do: func(ctx context.Context) error {
			_, err := run(ctx, "systemctl", "disable", "--now", "nginx.service")
			return err
		},
	}
}

const nginxFolder = "/etc/nginx"

// IdleNginx reports whether Debian's nginx runs and has nothing to serve, so
// that the installation will switch it off.
func IdleNginx(ctx context.Context) bool {
	return IsActive(ctx, "nginx.service") && !servesSomething(nginxFolder)
}

// servesSomething reports whether somebody has put sites into the machine's own
// nginx.
func servesSomething(dir string) bool {
	own, _ := filepath.Glob(filepath.Join(dir, "conf.d", "*.conf"))
	sites, _ := filepath.Glob(filepath.Join(dir, "sites-enabled", "*"))
	for _, site := range sites {
		if !strings.HasSuffix(site, "/default") {
			own = append(own, site)
		}
	}
	return len(own) > 0
}
