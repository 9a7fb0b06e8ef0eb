package nginxconf

import (
	"context"
	"errors"
	"fmt"
)

var errNobodyStarts = errors.New("nginx does not run; what starts it here, such as systemd, has to")

// Prepare makes sure that there is a configuration with which nginx can start:
// what was served last is served again, but for service ports whose address is
// not there yet. It is for what starts nginx in place of Run, with Command. It
// changes nothing about an nginx that runs, and is safe to repeat.
func (r *Router) Prepare(ctx context.Context) error {
	r.work.Lock()
	defer r.work.Unlock()
	if err := r.makeDirs(); err != nil {
		return err
	}
	if err := r.nginx.inspect(ctx); err != nil {
		return err
	}
	r.restore()
	if r.nginx.pid() != 0 {
		return nil
	}
	return r.stageLast(ctx)
}

// Command is the command that starts nginx, by which its process is known
// again.
func (r *Router) Command() []string { return r.nginx.start() }

// stageLast puts the configuration in place with which nginx is to start.
func (r *Router) stageLast(ctx context.Context) error {
	if err := r.nginx.stopOrphans(ctx); err != nil {
		return err
	}
	t, _ := r.target()
	listeners, _ := r.openable(ctx, t) // Run opens the others when it can
	c, err := generate(t, r.settings(t), listeners)
	if err != nil {
		return fmt.Errorf("generate the configuration: %w", err)
	}
	if err := r.stage(c); err != nil {
		return err
	}
	if err := r.nginx.test(ctx, r.generationFile(c.generation)); err != nil {
		return err
	}
	return r.link(currentLink, c.generation)
}
