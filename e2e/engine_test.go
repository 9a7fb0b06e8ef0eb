//go:build e2e

package e2e

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/moby/moby/client"
)

// engine is what runs the containers of an installation: one of its own, or a
// Marathon that the environment names. All that tests know of it they ask here,
// so that each of them does the same with both.
type engine interface {
	options() []string     // of serve
	environment() []string // of serve
	volumes() string       // the folder with the installation's volumes
	// shut makes it seem stopped to the installation, until unlock.
	shut()
	unlock()
	part() string // what /metrics calls that which is then stopped
	away() string // what pages say of it
	// containers returns the ids of what runs, by the site's or service's
	// workload.
	containers() map[string][]string
	// kill ends one of the containers, by its id, as hard as can be from outside.
	kill(id string)
	// only returns how the one container of a workload is reached, and its
	// environment.
	only(workload string) (address string, environment map[string]string)
	// remove ends all that it ran for the installation.
	remove()
}

// openEngine returns the Marathon that the environment names, or else the
// engine of an installation in dir.
func openEngine(t *testing.T, dir string, p place) engine {
	t.Helper()
	if os.Getenv(givenURL) != "" {
		return openGiven(t, dir)
	}
	return openOwn(t, dir, p.tasks())
}

// ownEngine is the one that serve starts, with Docker below it.
type ownEngine struct {
	*door
	docker *client.Client
	dir    string
	tasks  string // ports for containers
}

func openOwn(t *testing.T, dir, tasks string) *ownEngine {
	t.Helper()
	docker := openDocker(t)
	at := &net.UnixAddr{Net: "unix", Name: filepath.Join(dir, "docker.sock")}
	to := &net.UnixAddr{Net: "unix", Name: strings.TrimPrefix(dockerHost(), "unix://")}
	return &ownEngine{openDoor(t, at, to), docker, dir, tasks}
}

func dockerHost() string { return cmp.Or(os.Getenv("DOCKER_HOST"), client.DefaultDockerHost) }

func openDocker(t *testing.T) *client.Client {
	t.Helper()
	docker, err := client.New(client.WithHost(dockerHost()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := docker.Ping(t.Context(), client.PingOptions{}); err != nil {
		t.Fatalf("these tests need a Docker: %v", err)
	}
	return docker
}

func (e *ownEngine) options() []string     { return []string{"-task-ports", e.tasks} }
func (e *ownEngine) environment() []string { return []string{"DOCKER_HOST=unix://" + e.at.String()} }
func (e *ownEngine) volumes() string       { return filepath.Join(e.dir, "var", "volumes") }
func (e *ownEngine) part() string          { return "Docker" }
func (e *ownEngine) away() string          { return "Docker does not answer" }

func (e *ownEngine) containers() map[string][]string {
	e.t.Helper()
	list, err := e.docker.ContainerList(context.Background(), client.ContainerListOptions{Filters: e.mine()})
	if err != nil {
		e.t.Fatal(err)
	}
	byApp := map[string][]string{}
	for _, c := range list.Items {
		app := c.Labels["seedbed.app"]
		byApp[app] = append(byApp[app], c.ID)
	}
	return byApp
}

// kill does not let it say or write anything more.
func (e *ownEngine) kill(id string) {
	e.t.Helper()
	if _, err := e.docker.ContainerKill(e.t.Context(), id, client.ContainerKillOptions{Signal: "KILL"}); err != nil {
		e.t.Fatal(err)
	}
}

// mine finds what the installation has in Docker.
func (e *ownEngine) mine() client.Filters {
	e.t.Helper()
	name, err := os.ReadFile(filepath.Join(e.dir, "var", "installation"))
	if err != nil {
		e.t.Fatal(err)
	}
	return client.Filters{}.Add("label", "seedbed.installation="+string(name))
}

func (e *ownEngine) only(workload string) (address string, environment map[string]string) {
	e.t.Helper()
	ids := e.containers()[workload]
	if len(ids) != 1 {
		e.t.Fatalf("%s has containers %v, want one", workload, ids)
	}
	found, err := e.docker.ContainerInspect(e.t.Context(), ids[0], client.ContainerInspectOptions{})
	if err != nil {
		e.t.Fatal(err)
	}
	environment = map[string]string{}
	for _, one := range found.Container.Config.Env {
		name, value, _ := strings.Cut(one, "=")
		environment[name] = value
	}
	for _, bound := range found.Container.HostConfig.PortBindings {
		port, err := strconv.ParseUint(bound[0].HostPort, 10, 16)
		if err != nil {
			e.t.Fatal(err)
		}
		return netip.AddrPortFrom(bound[0].HostIP, uint16(port)).String(), environment
	}
	e.t.Fatalf("%s has no port", workload)
	return "", nil
}

func (e *ownEngine) remove() {
	ctx := context.Background()
	for _, ids := range e.containers() {
		for _, id := range ids {
			if _, err := e.docker.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true}); err != nil {
				e.t.Error(err)
			}
		}
	}
	networks, err := e.docker.NetworkList(ctx, client.NetworkListOptions{Filters: e.mine()})
	if err != nil {
		e.t.Error(err)
	}
	for _, n := range networks.Items {
		if _, err := e.docker.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{}); err != nil {
			e.t.Error(err)
		}
	}
}

// databases returns the names of the sites' databases in the shared PostgreSQL.
func (i *installation) databases() []string {
	i.t.Helper()
	address, environment := i.engine.only("/services/postgres")
	config, err := pgx.ParseConfig("postgres://postgres@" + address + "/postgres?sslmode=disable")
	if err != nil {
		i.t.Fatal(err)
	}
	config.Password = environment["POSTGRES_PASSWORD"]
	server, err := pgx.ConnectConfig(i.t.Context(), config)
	if err != nil {
		i.t.Fatal(err)
	}
	defer server.Close(i.t.Context()) //nolint:errcheck // it was only read
	rows, err := server.Query(i.t.Context(), "SELECT datname FROM pg_database WHERE datname ~ '^s[0-9]'")
	if err != nil {
		i.t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		i.t.Fatal(err)
	}
	return names
}
