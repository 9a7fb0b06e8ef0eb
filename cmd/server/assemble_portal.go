package main

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/moby/moby/client"

	"seedbed"
	"seedbed/catalog/images"
	"seedbed/catalog/mariadb"
	"seedbed/catalog/postgres"
	"seedbed/catalog/rabbitmq"
	"seedbed/catalog/redis"
	"seedbed/certs"
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
	shelf, err := s.openShelf(volumes)
	if err != nil {
		return err
	}
	board, group := &reconcile.Board{}, seedbed.WorkloadID(driver.Group())
	router := grouped{s.router, group}
	s.images = s.makeImages(docker)
	s.reconciler = reconcile.New(reconcile.Config{
		Engine: driver, Router: router, Volumes: volumes, Catalog: s.catalog, Images: s.images, Store: s.store, Backups: backups{shelf}, Board: board,
		Kinds: kinds(), Now: time.Now, Log: s.log.With("part", "reconciler"),
		ServiceAddress: func(ctx context.Context) (string, error) {
			address, err := serviceAddr(s.serviceAddress, docker)(ctx)
			return address.String(), err
		},
	})
	publish, err := s.publish(group)
	if err != nil {
		return err
	}
	s.watcher = &reconcile.Watcher{Reconciler: s.reconciler, Parts: append(s.parts(driver, board), volumes.parts()...), Publish: publish}
	s.gauge = control.NewGauge(driver, time.Now)
	wishes, err := control.New(control.Config{
		Store: s.store, Board: board, Catalog: s.catalog, Files: files{volumes}, Storage: volumes, Engine: driver, Backups: shelf, Gauge: s.gauge, Poke: func() { s.reconciler.Poke(); board.Engine.Tell() },
		SiteURL: s.siteURL, Domain: s.Domain, HTTPS: s.keeper != nil, Certificates: s.certificates(), Bridge: s.bridgeReport(), Visits: router, Now: time.Now, Rand: rand.Reader,
	})
	if err != nil {
		return err
	}
	s.portal, err = web.New(web.Config{
		Control: wishes, Store: s.store, Image: s.images.Image, Domain: s.Domain, Scratch: s.path("uploads"), Log: s.log.With("part", "portal"), Now: time.Now, Rand: rand.Reader,
	})
	if err != nil {
		return err
	}
	if s.keeper != nil && s.source == string(certs.OwnCA) {
		s.portal = withTrust(s.portal, s.keeper)
	}
	s.portal, err = s.withAPI(s.portal, wishes)
	return err
}

// kinds are the kinds of shared services that can be administered, each with a
// template of its name.
func kinds() map[string]reconcile.ServiceKind {
	return map[string]reconcile.ServiceKind{
		"mariadb": mariadb.New(), "postgres": postgres.New(), "rabbitmq": rabbitmq.New(), "redis": redis.New(),
	}
}

// makeImages returns the images of the machine's own Docker. Where a Marathon
// elsewhere runs the sites, its machines fetch them themselves.
func (s *server) makeImages(docker *client.Client) *images.Stock {
	if s.marathon.given() {
		return nil
	}
	return &images.Stock{
		Builder: &images.Builder{Docker: docker, Dir: s.path("build-more"), Progress: func(line string) { s.log.Info(line, "part", "images") }},
		Log:     s.log.With("part", "images"),
	}
}

// startDockerAgain says what to do where Docker does not answer.
func (c config) startDockerAgain() string {
	if c.Adopt {
		return "Somebody with access to the machine starts it again: sudo systemctl restart docker."
	}
	return "Start Docker again, or run “make run” once more."
}

// parts lists what pages tell people about if it does not answer.
func (s *server) parts(driver *marathon.Client, board *reconcile.Board) []reconcile.Part {
	var parts []reconcile.Part
	if s.engine != nil {
		parts = append(parts, reconcile.Part{Name: "Docker", Blocks: true, Check: s.engine.CheckDocker,
			Trouble: "Docker does not answer, so sites cannot be started, changed or seen. " + s.startDockerAgain() + " The sites then come back by themselves."})
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
	if s.bridge != nil {
		parts = append(parts, reconcile.Part{Name: "the bridge", Check: func(context.Context) error { return s.bridge.Alarm() },
			Trouble: "What runs is not compared with what visitors are led to. Sites that run go on being served as before."})
	}
	parts = append(parts, reconcile.Part{Name: "the addresses", Check: board.Published,
		Trouble: "The routers could not be told how sites are to be served, so what was changed of addresses and visitors does not count yet. Sites that run go on being served. We try again every few seconds."})
	return append(parts, reconcile.Part{Name: "nginx", Check: s.router.Check,
		Trouble: "nginx does not serve, so visitors reach no site. We are starting it again."})
}
