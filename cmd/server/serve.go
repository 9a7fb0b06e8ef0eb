package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"seedbed"
	"seedbed/cmd/server/backup"
	"seedbed/reconcile"
)

// serve is `seedbed serve`: it runs until it is interrupted. nginx and Consul
// end with it when it is asked to end, but not when it is killed; containers
// go on in any case, and the next serve finds all of them again.
func serve(ctx context.Context, args []string) error {
	var e elsewhere
	c, err := parseConfig("serve", args, e.flags)
	if err != nil {
		return err
	}
	if err := e.read(); err != nil {
		return err
	}
	unlock, err := lock(c)
	if err != nil {
		return err
	}
	defer unlock()
	if err := backup.Finish(c.Dir); err != nil { // a restore that was killed
		return err
	}
	fmt.Println("Starting Seedbed")
	s, err := assemble(ctx, c, e)
	if err != nil {
		return err
	}
	return errors.Join(s.run(ctx), s.close())
}

// run starts everything and returns when all of it has ended.
func (s *server) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	portal, err := listen(s.portalAddress())
	if err != nil {
		return err
	}
	parts, ctx := errgroup.WithContext(ctx)
	if err := s.startEngine(ctx, parts); err != nil {
		return errors.Join(err, portal.Close())
	}
	if err := s.startOthers(ctx, parts); err != nil {
		cancel()
		return errors.Join(err, portal.Close(), parts.Wait())
	}
	s.runRouting(ctx, parts)
	parts.Go(func() error { return serveHTTP(ctx, portal, s.portal) })
	parts.Go(func() error { s.reconciler.Run(ctx); return nil })
	parts.Go(func() error { s.watcher.Run(ctx); return nil })
	if s.images != nil {
		parts.Go(func() error { return s.images.Run(ctx) })
	}
	parts.Go(func() error { reconcile.Meter{Reconciler: s.reconciler}.Run(ctx); return nil })
	parts.Go(func() error { s.gauge.Run(ctx); return nil })
	parts.Go(func() error { return s.greet(ctx) })
	err = parts.Wait()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	fmt.Println("Stopping. The containers of your sites go on running.")
	if s.Adopt {
		return err
	}
	return errors.Join(err, s.stopChildren())
}

// startEngine runs the engine of one box, if there is one.
func (s *server) startEngine(ctx context.Context, parts *errgroup.Group) error {
	if s.engine == nil {
		return nil
	}
	listener, err := listen(s.engineAddress())
	if err != nil {
		return err
	}
	parts.Go(func() error { return serveHTTP(ctx, listener, s.engine) })
	parts.Go(func() error { return s.engine.Run(ctx) })
	return nil
}

// startOthers starts what answers authorities, and then the processes beside
// this one, so that a port that is taken leaves none of them behind.
func (s *server) startOthers(ctx context.Context, parts *errgroup.Group) error {
	if err := s.runKeeper(ctx, parts, s.keeper, s.own); err != nil {
		return err
	}
	return s.startChildren(ctx)
}

// runRouting runs what leads visitors to sites and is not elsewhere.
func (s *server) runRouting(ctx context.Context, parts *errgroup.Group) {
	if s.agent != nil {
		parts.Go(func() error { return s.agent.Run(ctx) })
	}
	if s.bridge != nil {
		parts.Go(func() error { return s.bridge.Run(ctx) })
	}
	if s.own != nil {
		parts.Go(func() error { return s.own.Run(ctx) })
	}
}

// startChildren starts Consul and nginx, or finds those that run. Where systemd
// keeps them running there is nothing to start, and the portal does not wait
// for them: it is what tells people if they are not there.
func (s *server) startChildren(ctx context.Context) error {
	if s.Adopt {
		return nil
	}
	if s.agent != nil {
		if err := s.agent.Start(ctx); err != nil {
			return err
		}
	}
	if s.own == nil {
		return nil
	}
	if err := s.own.Start(ctx); err != nil {
		return errors.Join(err, s.stopChildren())
	}
	return nil
}

// stopChildren ends nginx and Consul, in the order in which visitors notice
// least.
func (s *server) stopChildren() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var err error
	if s.own != nil {
		err = s.own.Stop(ctx)
	}
	if s.agent != nil {
		err = errors.Join(err, s.agent.Stop(ctx))
	}
	return err
}

// greet tells the person at the terminal where to go.
func (s *server) greet(ctx context.Context) error {
	fmt.Printf("\nSeedbed is running.\n\n  Portal  %s\n  Sites   %s\n", s.portalURL(), s.siteURL("<name>."+seedbed.HostName(s.Domain)))
	if s.Adopt {
		return nil // what is said goes to the journal, where a link that makes an administrator must not be
	}
	link, err := s.setupLink(ctx, s.store)
	if err != nil {
		return err
	}
	if link != "" {
		fmt.Printf("\nMake the first administrator with this link; it works once:\n\n  %s\n", link)
	}
	fmt.Println("\nCtrl-C stops Seedbed. Sites go on in Docker, and the next start finds them again.")
	return nil
}

// listen takes a port, or says which one is taken.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		_, port, _ := net.SplitHostPort(address)
		return nil, &seedbed.Error{Code: seedbed.Unavailable, Err: err,
			Message: "Port " + port + " is in use by another program. End that program, or give Seedbed other ports with SEEDBED_PORT."}
	}
	return l, nil
}

// serveHTTP serves until ctx ends; requests that are under way then get a
// moment to end.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			server.Close()
		}
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	}
	<-stopped
	return nil
}

// lock makes sure that one process at a time works in the folder.
func lock(c config) (unlock func(), err error) {
	if err := os.MkdirAll(c.Dir, 0o711); err != nil {
		return nil, fmt.Errorf("make the folder that keeps everything: %w", err)
	}
	f, err := os.OpenFile(c.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := giveToOwnerOf(c.Dir, f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil { // ends with the process, however that ends
		return nil, errors.Join(fmt.Errorf("another Seedbed is running in %s", c.Dir), f.Close())
	}
	return func() { f.Close() }, nil
}

// giveToOwnerOf gives a file that root has made to whom the folder belongs to:
// serve runs as that user, and has to open it.
func giveToOwnerOf(dir string, f *os.File) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look whose folder it is: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 || owner.Uid == 0 {
		return nil
	}
	if err := f.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
		return fmt.Errorf("give %s to its owner: %w", f.Name(), err)
	}
	return nil
}
