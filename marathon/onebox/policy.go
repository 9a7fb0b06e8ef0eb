package onebox

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
)

// policy is the one place that decides what a definition may not have because
// it would reach beyond its container, however well it is formed. The same
// rules hold for a new app, a change and a rollback, and the paths are looked
// at once more when a container is made.
type policy struct {
	roots  []string // directories below which host paths must be
	socket string   // of Docker; never mounted. "" if there is none
}

func newPolicy(cfg Config) policy {
	p := policy{}
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
	if a.Container == nil || a.Container.Docker == nil {
		return nil
	}
	if a.Container.Docker.Privileged {
		m.add("/container/docker/privileged", "privileged containers are not allowed")
	}
	for i, param := range a.Container.Docker.Parameters {
		if err := checkParameter(param); err != nil {
			m.add(fmt.Sprintf("/container/docker/parameters(%d)", i), "%v", err)
		}
	}
	for i, v := range a.Container.Volumes {
		if err := p.checkPath(v.HostPath); err != nil {
			m.add(fmt.Sprintf("/container/volumes(%d)/hostPath", i), "%v", err)
		}
	}
	return m.err()
}

var hostLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)

// checkParameter allows add-host with a host name and an address, no other.
func checkParameter(p parameter) error {
	if p.Key != "add-host" {
		return fmt.Errorf("the Docker parameter %q is not allowed", p.Key)
	}
	name, addr, found := strings.Cut(p.Value, ":")
	if !found || len(name) > 253 || !hostLabel.MatchString(name) {
		return fmt.Errorf("%q is not of the form NAME:ADDRESS", p.Value)
	}
	if _, err := netip.ParseAddr(addr); err != nil && addr != "host-gateway" {
		return fmt.Errorf("%q is not an IP address or host-gateway", addr)
	}
	return nil
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

// checkRealPath follows links first, so that a link below an allowed directory
// cannot lead out of it. It is asked just before a container is made.
func (p policy) checkRealPath(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("the volume cannot be mounted: %w", err)
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
