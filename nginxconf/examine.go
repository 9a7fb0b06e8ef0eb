package nginxconf

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// capNetBind is CAP_NET_BIND_SERVICE of capabilities(7).
const capNetBind = 10

// Examine reports whether nginx runs and answers, and whether it could start
// with its configuration. It changes nothing.
func (r *Router) Examine(ctx context.Context) error {
	if _, err := r.nginx.generation(ctx); err != nil {
		return err
	}
	generation := r.linked(currentLink)
	if generation == "" {
		return errors.New("nginx has no configuration")
	}
	return r.testAsOwner(ctx, r.generationFile(generation))
}

// testAsOwner lets nginx test a configuration as the user whose folder it is:
// as root, nginx would give its folders to another user on the way.
func (r *Router) testAsOwner(ctx context.Context, file string) error {
	info, err := os.Stat(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("look at nginx's configuration: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(owner.Uid) == os.Geteuid() {
		return r.nginx.test(ctx, file)
	}
	other := *r.nginx
	other.as = &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}
	return other.test(ctx, file)
}

// attributes are those of nginx's process.
func (n *nginx) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setsid: true, Credential: n.as}
	if n.as != nil {
		a.AmbientCaps = []uintptr{capNetBind} // testing opens the ports
	}
	return a
}
