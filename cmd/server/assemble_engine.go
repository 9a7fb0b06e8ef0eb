package main

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/moby/moby/client"

	"seedbed"
	"seedbed/catalog"
	"seedbed/db"
	"seedbed/marathon"
	"seedbed/marathon/onebox"
)

// makeDriver returns the driver of the Marathon that runs the sites. Where none
// was given it makes the engine of one box, to which the driver speaks by
// Marathon's API as it would to any other.
func (s *server) makeDriver(docker *client.Client) (*marathon.Client, error) {
	if s.marathon.given() {
		return s.marathon.driver(s.log)
	}
	password := catalog.NewSecret(rand.Reader)
	var err error
	if s.engine, err = s.makeEngine(engineParts{s.key, docker, s.volumeRoots(), "seedbed", password, s.log}); err != nil {
		return nil, err
	}
	return marathon.New(marathon.Config{
		URLs: []string{"http://" + s.engineAddress()}, User: "seedbed", Password: password, Log: s.log.With("part", "marathon"),
	})
}

// installation returns the name by which this installation's containers are
// told from all others on the same Docker, making it at the first start.
func (c config) installation() (string, error) {
	path := c.path("installation")
	name, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) || len(name) > 0 {
		return string(name), err
	}
	fresh := strings.ToLower(rand.Text()[:10])
	return fresh, os.WriteFile(path, []byte(fresh), 0o600) // killed in between, it is empty, and made at the next start
}

// engineParts is what the engine of one box needs besides the configuration.
type engineParts struct {
	key      [db.KeySize]byte
	docker   *client.Client
	volumes  []string // below which volumes may be
	user     string
	password seedbed.Secret
	log      *slog.Logger
}

func (c config) makeEngine(p engineParts) (*onebox.Engine, error) {
	installation, err := c.installation()
	if err != nil {
		return nil, err
	}
	first, last, err := c.taskPorts()
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, p.key[:], nil, "onebox", len(p.key))
	if err != nil {
		return nil, fmt.Errorf("derive the engine's key: %w", err)
	}
	return onebox.New(onebox.Config{
		Dir: c.path("onebox"), Key: [db.KeySize]byte(key), Docker: p.docker, Installation: installation, PortMin: first, PortMax: last,
		VolumeRoots: p.volumes, User: p.user, Password: p.password.Reveal(), Log: p.log.With("part", "onebox"),
		LogAge: c.LogAge, LogSpace: int64(c.LogSpace) << 20,
	})
}
