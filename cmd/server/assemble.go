package main

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"seedbed/catalog"
	"seedbed/catalog/images"
	"seedbed/catalog/mariadb"
	"seedbed/catalog/postgres"
	"seedbed/catalog/rabbitmq"
	"seedbed/catalog/redis"
	"seedbed/consul"
	"seedbed/control"
	"seedbed/db"
	"seedbed/marathon"
	"seedbed/marathon/onebox"
	"seedbed/nginxconf"
	"seedbed/reconcile"
	"seedbed/web"
)

// server is a whole installation on one box.
type server struct {
	config
	log        *slog.Logger
	logFile    *logFile
	key        [db.KeySize]byte
	catalog    *catalog.Catalog
	store      *db.DB
	engine     *onebox.Engine
	agent      *consul.Agent
	bridge     *consul.Bridge
	router     *nginxconf.Router
	images     *images.Stock
	reconciler *reconcile.Reconciler
	watcher    *reconcile.Watcher
	portal     http.Handler
}

// assemble makes all parts and wires them; nothing runs yet.
func assemble(ctx context.Context, c config) (_ *server, err error) {
	s := &server{config: c}
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
	if s.store, err = s.openStore(ctx); err != nil {
		return nil, err
	}
	docker, err := s.connectDocker(ctx)
	if err != nil {
		return nil, err
	}
	driver, err := s.makeEngine(docker)
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

func (s *server) openStore(ctx context.Context) (*db.DB, error) {
	return db.Open(ctx, db.Config{
		Path: s.path("seedbed.db"), Key: s.key, FirstServicePort: s.Port + serviceOffset,
		NewSecret: catalog.NewSecret, Rand: rand.Reader, Now: time.Now, Template: s.catalog.Template,
	})
}

// connectDocker returns a client of Docker. A Docker that does not answer is
// no error: pages say so, and sites come back when it does.
func (s *server) connectDocker(ctx context.Context) (*client.Client, error) {
	docker, _, err := ensureDocker(ctx, s.config, func(line string) { fmt.Println(line) })
	if docker == nil || err == nil {
		return docker, err
	}
	s.log.Warn("Docker does not answer", "error", err)
	return docker, nil
}

// makeEngine makes the engine of one box and the driver that speaks to it by
// Marathon's API, as it would to any other.
func (s *server) makeEngine(docker *client.Client) (*marathon.Client, error) {
	installation, err := s.installation()
	if err != nil {
		return nil, err
	}
	first, last, err := s.taskPorts()
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, s.key[:], nil, "onebox", len(s.key))
	if err != nil {
		return nil, fmt.Errorf("derive the engine's key: %w", err)
	}
	password := catalog.NewSecret(rand.Reader)
	s.engine, err = onebox.New(onebox.Config{
		Dir: s.path("onebox"), Key: [db.KeySize]byte(key), Docker: docker, Installation: installation, PortMin: first, PortMax: last,
		VolumeRoots: s.volumeRoots(), User: "seedbed", Password: password.Reveal(), Log: s.log.With("part", "onebox"),
	})
	if err != nil {
		return nil, err
	}
	return marathon.New(marathon.Config{
		URLs: []string{"http://" + s.engineAddress()}, User: "seedbed", Password: password, Log: s.log.With("part", "marathon"),
	})
}

// installation returns the name by which this installation's containers are
// told from all others on the same Docker, making it at the first start.
func (s *server) installation() (string, error) {
	path := s.path("installation")
	name, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) || len(name) > 0 {
		return string(name), err
	}
	fresh := strings.ToLower(rand.Text()[:10])
	return fresh, os.WriteFile(path, []byte(fresh), 0o600) // killed in between, it is empty, and made at the next start
}

func (s *server) makeRouting(docker *client.Client, driver *marathon.Client) (err error) {
	s.agent, err = consul.NewAgent(consul.AgentConfig{
		Binary: s.Consul, Dir: s.path("consul"), Log: s.log.With("part", "consul"),
		HTTP: s.Port + consulOffset, Serf: s.Port + consulOffset + 1, RPC: s.Port + consulOffset + 2,
	})
	if err != nil {
		return err
	}
	s.bridge, err = consul.New(consul.Config{Address: s.consulAddress(), Token: s.agent.Token(), Source: driver, Log: s.log.With("part", "bridge")})
	if err != nil {
		return err
	}
	s.router, err = nginxconf.New(nginxconf.Config{
		Dir: s.path("nginx"), ConsulAddr: s.consulAddress(), ConsulToken: s.agent.Token(), Listen: s.siteAddress(), Nginx: s.Nginx,
		Log:         s.log.With("part", "router"),
		ServiceAddr: func(ctx context.Context) (netip.Addr, error) { return bridgeAddress(ctx, docker) },
	})
	return err
}

func (s *server) makePortal(ctx context.Context, docker *client.Client, driver *marathon.Client) error {
	volumes, err := s.openVolumes(ctx)
	if err != nil {
		return err
	}
	shelf, err := s.openShelf(volumes)
	if err != nil {
		return err
	}
	board := &reconcile.Board{}
	s.images = &images.Stock{
		Builder: &images.Builder{Docker: docker, Dir: s.path("build-more"), Progress: func(line string) { s.log.Info(line, "part", "images") }},
		Log:     s.log.With("part", "images"),
	}
	s.reconciler = reconcile.New(reconcile.Config{
		Engine: driver, Router: s.router, Volumes: volumes, Catalog: s.catalog, Images: s.images, Store: s.store, Backups: backups{shelf}, Board: board,
		Kinds: kinds(), Now: time.Now, Log: s.log.With("part", "reconciler"),
		ServiceAddress: func(ctx context.Context) (string, error) {
			address, err := bridgeAddress(ctx, docker)
			return address.String(), err
		},
	})
	s.watcher = &reconcile.Watcher{Reconciler: s.reconciler, Parts: append(s.parts(driver), volumes.parts()...)}
	wishes, err := control.New(control.Config{
		Store: s.store, Board: board, Catalog: s.catalog, Files: files{volumes}, Storage: volumes, Backups: shelf, Poke: func() { s.reconciler.Poke(); board.Engine.Tell() },
		SiteURL: s.siteURL, Domain: s.Domain, Now: time.Now,
	})
	if err != nil {
		return err
	}
	s.portal, err = web.New(web.Config{
		Control: wishes, Store: s.store, Image: s.images.Image, Domain: s.Domain, Scratch: s.path("uploads"), Log: s.log.With("part", "portal"), Now: time.Now, Rand: rand.Reader,
	})
	return err
}

// kinds are the kinds of shared services that can be administered, each with a
// template of its name.
func kinds() map[string]reconcile.ServiceKind {
	return map[string]reconcile.ServiceKind{
		"mariadb": mariadb.New(), "postgres": postgres.New(), "rabbitmq": rabbitmq.New(), "redis": redis.New(),
	}
}

// parts lists what pages tell people about if it does not answer.
func (s *server) parts(driver *marathon.Client) []reconcile.Part {
	return []reconcile.Part{
		{Name: "Docker", Blocks: true, Check: s.engine.CheckDocker,
			Trouble: "Docker does not answer, so sites cannot be started, changed or seen. Start Docker again, or run “make run” once more; the sites then come back by themselves."},
		{Name: "the engine", Blocks: true, Check: driver.Check,
			Trouble: "The engine that runs the sites does not answer. Sites that run go on; changes wait."},
		{Name: "Consul", Check: s.agent.Check,
			Trouble: "Consul does not answer. Sites that run go on being served; new ones get no address until it is back. We are starting it again."},
		{Name: "nginx", Check: s.router.Check,
			Trouble: "nginx does not serve, so visitors reach no site. We are starting it again."},
	}
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
