package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/moby/moby/client"

	"seedbed"
	"seedbed/catalog"
	"seedbed/catalog/images"
	"seedbed/certs"
	"seedbed/consul"
	"seedbed/control"
	"seedbed/db"
	"seedbed/marathon/onebox"
	"seedbed/nginxconf"
	"seedbed/reconcile"
)

// server is what one serve runs: the portal and the reconciler, and all else
// that is not elsewhere.
type server struct {
	config
	elsewhere
	log        *slog.Logger
	logFile    *logFile
	key        [db.KeySize]byte
	catalog    *catalog.Catalog
	store      *db.DB
	engine     *onebox.Engine    // nil if a Marathon elsewhere runs the sites
	agent      *consul.Agent     // nil if Consul is elsewhere
	bridge     *consul.Bridge    // nil if it runs elsewhere
	own        *nginxconf.Router // nil if the router is elsewhere
	keeper     *certs.Keeper     // nil if that is so, or there is no HTTPS
	router     router
	images     *images.Stock // nil if a Marathon elsewhere runs the sites
	reconciler *reconcile.Reconciler
	watcher    *reconcile.Watcher
	gauge      *control.Gauge
	portal     http.Handler
}

// assemble makes all parts and wires them; nothing runs yet.
func assemble(ctx context.Context, c config, e elsewhere) (_ *server, err error) {
	s := &server{config: c, elsewhere: e}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := s.openLog(); err != nil {
		return nil, err
	}
	if s.key, err = db.LoadKey(s.path("secret.key"), rand.Reader); err != nil {
		return nil, err
	}
	if s.catalog, err = catalog.New(catalog.Config{SiteURL: s.siteURL}); err != nil {
		return nil, err
	}
	if s.store, err = s.openStore(ctx, s.key, s.catalog); err != nil {
		return nil, err
	}
	docker, err := s.connectDocker(ctx)
	if err != nil {
		return nil, err
	}
	driver, err := s.makeDriver(docker)
	if err != nil {
		return nil, err
	}
	if err := s.makeRouting(docker, driver); err != nil {
		return nil, err
	}
	return s, s.makePortal(ctx, docker, driver)
}

// close ends what assemble opened.
func (s *server) close() (err error) {
	if s.engine != nil {
		err = errors.Join(err, s.engine.Close())
	}
	if s.store != nil {
		err = errors.Join(err, s.store.Close())
	}
	if s.logFile != nil {
		err = errors.Join(err, s.logFile.Close())
	}
	return err
}

// siteURL is where visitors reach a site: at the port of the router, be it here
// or elsewhere.
func (s *server) siteURL(host seedbed.HostName) string {
	_, port, err := net.SplitHostPort(s.elsewhere.router.sites)
	switch {
	case err != nil:
		return s.config.siteURL(host)
	case port == "80":
		return "http://" + string(host)
	}
	return "http://" + net.JoinHostPort(string(host), port)
}

// router is where the reconciler learns what visitors reach.
type router interface {
	reconcile.Router
	control.Visits
	Check(ctx context.Context) error
}

// connectDocker returns a client of Docker. A Docker that does not answer is
// no error: pages say so, and sites come back when it does. Where a Marathon
// runs the sites, Docker is only asked for its bridge, and not started.
func (s *server) connectDocker(ctx context.Context) (*client.Client, error) {
	if s.marathon.given() {
		docker, _, _ := findDocker(ctx, s.config)
		return docker, nil
	}
	docker, _, err := ensureDocker(ctx, s.config, func(line string) { fmt.Println(line) })
	if docker == nil || err == nil {
		return docker, err
	}
	s.log.Warn("Docker does not answer", "error", err)
	return docker, nil
}
