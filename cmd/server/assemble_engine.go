package main

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"seedbed/catalog"
	"seedbed/db"
	"seedbed/marathon"
	"seedbed/marathon/onebox"
)

// drain is how long a container goes on after its end was told: bridge and
// router need up to two seconds to lead visitors elsewhere when much changes.
const drain = 3 * time.Second

// makeDriver returns the driver of the Marathon that runs the sites. Where none
// was given it makes the engine of one box, to which the driver speaks by
// Marathon's API as it would to any other.
func (s *server) makeDriver(docker *client.Client) (*marathon.Client, error) {
	if s.marathon.given() {
		return s.marathon.driver(s.log)
	}
	password := catalog.NewSecret(rand.Reader)
	var err error
	if s.engine, err = s.makeEngine(s.key, onebox.Config{
		Docker: docker, VolumeRoots: s.volumeRoots(), Drain: drain, User: "seedbed", Password: password.Reveal(), Log: s.log,
	}); err != nil {
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

// makeEngine makes the engine of one box. with has what differs between the
// portal's own and one that runs alone; key is the installation's.
func (c config) makeEngine(key [db.KeySize]byte, with onebox.Config) (_ *onebox.Engine, err error) {
	if with.Installation, err = c.installation(); err != nil {
		return nil, err
	}
	if with.PortMin, with.PortMax, err = c.taskPorts(); err != nil {
		return nil, err
	}
	derived, err := hkdf.Key(sha256.New, key[:], nil, "onebox", len(key))
	if err != nil {
		return nil, fmt.Errorf("derive the engine's key: %w", err)
	}
	with.Dir, with.Key, with.Log = c.path("onebox"), [db.KeySize]byte(derived), with.Log.With("part", "onebox")
	with.Machine = c.promises
	with.LogAge, with.LogSpace = c.LogAge, int64(c.LogSpace)<<20
	return onebox.New(with)
}
