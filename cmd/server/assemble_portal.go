package main

import (
	"context"
	"crypto/rand"
	"net/url"
	"time"

	"github.com/moby/moby/client"

	"seedbed/catalog"
	"seedbed/catalog/postgres"
	"seedbed/control"
	"seedbed/marathon"
	"seedbed/reconcile"
	"seedbed/web"
)

func (s *server) makePortal(ctx context.Context, docker *client.Client, driver *marathon.Client) error {
	volumes, err := s.openVolumes(ctx)
	if err != nil {
		return err
	}
	templates, err := catalog.New(catalog.Config{SiteURL: s.siteURL})
	if err != nil {
		return err
	}
	board := &reconcile.Board{}
	s.reconciler = reconcile.New(reconcile.Config{
		Engine: driver, Router: s.router, Volumes: volumes, Catalog: templates, Store: s.store, Board: board,
		Kinds: map[string]reconcile.ServiceKind{"postgres": postgres.New()}, Now: time.Now, Log: s.log.With("part", "reconciler"),
		ServiceAddress: func(ctx context.Context) (string, error) {
			address, err := serviceAddr(s.serviceAddress, docker)(ctx)
			return address.String(), err
		},
	})
	s.watcher = &reconcile.Watcher{Reconciler: s.reconciler, Parts: append(s.parts(driver), volumes.parts()...)}
	wishes, err := control.New(control.Config{
		Store: s.store, Board: board, Catalog: templates, Files: files{volumes}, Storage: volumes, Engine: driver, Poke: func() { s.reconciler.Poke(); board.Engine.Tell() },
		SiteURL: s.siteURL, Domain: s.Domain, Now: time.Now,
	})
	if err != nil {
		return err
	}
	s.portal, err = web.New(web.Config{
		Control: wishes, Store: s.store, Domain: s.Domain, Scratch: s.path("uploads"), Log: s.log.With("part", "portal"), Now: time.Now, Rand: rand.Reader,
	})
	return err
}

// parts lists what pages tell people about if it does not answer.
func (s *server) parts(driver *marathon.Client) []reconcile.Part {
	var parts []reconcile.Part
	if s.engine != nil {
		parts = append(parts, reconcile.Part{Name: "Docker", Blocks: true, Check: s.engine.CheckDocker,
			Trouble: "Docker does not answer, so sites cannot be started, changed or seen. Start Docker again, or run “make run” once more; the sites then come back by themselves."})
	}
	parts = append(parts, reconcile.Part{Name: "the engine", Blocks: true, Check: driver.Check,
		Trouble: "The engine that runs the sites does not answer. Sites that run go on; changes wait."})
	switch {
	case s.agent != nil:
		parts = append(parts, reconcile.Part{Name: "Consul", Check: s.agent.Check,
			Trouble: "Consul does not answer. Sites that run go on being served; new ones get no address until it is back. We are starting it again."})
	case s.bridge != nil:
		parts = append(parts, reconcile.Part{Name: "Consul", Check: s.bridge.Check,
			Trouble: "Consul does not answer. Sites that run go on being served; new ones get no address until it is back."})
	}
	return append(parts, reconcile.Part{Name: "nginx", Check: s.router.Check,
		Trouble: "nginx does not serve, so visitors reach no site. We are starting it again."})
}

// setupLink makes a new one-time link for the first administrator, or returns
// "" if there is one already.
func (s *server) setupLink(ctx context.Context) (string, error) {
	has, err := s.store.HasUsers(ctx)
	if err != nil || has {
		return "", err
	}
	code := rand.Text()
	if err := s.store.SetSetupCode(ctx, code); err != nil {
		return "", err
	}
	return s.portalURL() + "/setup?" + url.Values{"code": {code}}.Encode(), nil
}
