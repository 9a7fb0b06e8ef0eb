package onebox

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/moby/client"

	apicontainer "github.com/moby/moby/api/types/container"
)

// policy is the one place that decides what a definition may not have because
// it would reach beyond its container, however well it is formed. The same
// rules hold for a new app, a change and a rollback, and the paths are looked
// at once more when a container is made.
type policy struct {
	roots    []string // directories below which host paths must be
	socket   string   // of Docker; never mounted. "" if there is none
	host     bool     // the machine's own network may be had
	programs bool     // commands of the machine may be run without an image
	networks []string // of Docker, that may be asked for by name
}

func newPolicy(cfg Config) policy {
	p := policy{host: cfg.HostNetwork, programs: cfg.HostPrograms, networks: cfg.Networks}
	if cfg.Docker != nil {
		p.socket = strings.TrimPrefix(cfg.Docker.DaemonHost(), "unix://")
	}
	for _, r := range cfg.VolumeRoots {
		p.roots = append(p.roots, filepath.Clean(r))
	}
	return p
}

// check returns what is refused, in Marathon's form, or nil.
func (p policy) check(a *app) error {
	m := mistakes{}
	p.checkNetworks(m, a)
	if image := a.image(); image != nil {
		image.check(m, a)
	} else if !p.programs {
		m.add("/cmd", "A command without an image is not run here. Name one in container.docker.image, or start the engine with -host-programs.")
	}
	for i, v := range a.volumes() {
		if err := p.checkPath(v.HostPath); err != nil {
			m.add(fmt.Sprintf("/container/volumes(%d)/hostPath", i), "%v", err)
		}
	}
	return m.err()
}

func (image *dockerImage) check(m mistakes, a *app) {
	if image.Privileged {
		m.add("/container/docker/privileged", "privileged containers are not allowed")
	}
	for i, param := range image.Parameters {
		if err := param.apply(unmade(a)); err != nil {
			m.add(fmt.Sprintf("/container/docker/parameters(%d)", i), "%v", err)
		}
	}
}

// unmade returns a container that is not going to be made, for checking what
// would be done to it.
func unmade(a *app) *client.ContainerCreateOptions {
	c := &client.ContainerCreateOptions{Config: &apicontainer.Config{Labels: map[string]string{}}, HostConfig: &apicontainer.HostConfig{}}
	if a.onHost() {
		c.HostConfig.NetworkMode = hostNetwork
	}
	return c
}

// checkNetworks refuses networks that were not allowed when the engine was
// started.
func (p policy) checkNetworks(m mistakes, a *app) {
	for i, n := range a.Networks {
		at := fmt.Sprintf("/networks(%d)", i)
		switch {
		case n.Mode == hostNetwork && !p.host:
			m.add(at, "the machine's own network is not given to containers, for in it they reach what only listens on the loopback address. Ask for {\"mode\":\"container/bridge\"}, or start the engine with -host-network.")
		case n.Mode == containerNetwork && n.Name != "" && !slices.Contains(p.networks, n.Name):
			m.add(at+"/name", "the Docker network %q is not one that containers may be put in. Ask for {\"mode\":\"container/bridge\"}, or name it to the engine with -networks.", n.Name)
		}
	}
}

// checkPath reports why a host path may not be mounted.
func (p policy) checkPath(path string) error {
	switch {
	case !cleanAbsolute(path):
		return fmt.Errorf("%q is not a plain absolute path", path)
	case p.socket != "" && within(p.socket, path):
		return errors.New("the socket of Docker is never given to a container")
	}
	for _, root := range p.roots {
		if path != root && within(path, root) {
			return nil
		}
	}
	return fmt.Errorf("%q is not below a directory that may be mounted", path)
}

// checkRealPaths reports why a volume of a cannot be mounted now. What is not there
// is not made: it may be a network volume that is not mounted yet, and what is
// written then would be on the bare disk below it.
func (p policy) checkRealPaths(a *app) error {
	for _, v := range a.volumes() {
		if err := p.checkRealPath(v.HostPath); err != nil {
			return err
		}
	}
	return nil
}

// checkRealPath follows links first, so that a link below an allowed directory
// cannot lead out of it. It is asked just before a container is made.
func (p policy) checkRealPath(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return refusal{fmt.Sprintf("The volume %s is not on this machine, and it is not made by itself. Make the folder, or mount what it is on; the task starts then.", path)}
	}
	if err != nil {
		return refusal{"The volume cannot be mounted: " + err.Error()}
	}
	resolved := policy{socket: p.socket}
	for _, root := range p.roots {
		if r, err := filepath.EvalSymlinks(root); err == nil {
			resolved.roots = append(resolved.roots, r)
		}
	}
	return resolved.checkPath(real)
}

// within reports whether path is dir or below it; both are clean.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// cleanAbsolute reports whether a path is absolute, free of ".", ".." and
// doubled slashes, and of characters that have a meaning to Docker or nobody.
func cleanAbsolute(path string) bool {
	return filepath.IsAbs(path) && filepath.Clean(path) == path && plainText(path) && !strings.Contains(path, ":")
}

// plainText reports whether a text has no control characters.
func plainText(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0
}
