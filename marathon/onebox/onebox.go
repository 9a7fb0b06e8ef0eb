// Package onebox keeps containers running on one machine: it speaks Marathon's
// v2 REST API (as of 1.8, with the network model of 1.5) and carries it out
// with Docker, so that a single box needs no Mesos, no ZooKeeper and no JVM.
//
// An Engine is an http.Handler. Everything that it was asked to do is on disk
// before it answers, and it compares again and again what should run with what
// Docker says; so it may be killed at any moment, and the next Engine on the
// same folder adopts the containers that run. DESIGN.md tells how and why.
//
// It does not know what a site is, does not lead visitors anywhere, builds no
// images and never touches a container that does not carry its installation's
// label. Of Marathon it leaves out pods, secrets and artifacts; asking for them
// is refused in Marathon's own error form.
package onebox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"seedbed/marathon/onebox/fetcher"
	"seedbed/marathon/onebox/sandbox"
)

// Config says how an Engine works. Dir and Installation are needed;
// every other field has a good zero value.
type Config struct {
	// Dir is the folder that holds the engine's records. It is made if it is
	// not there. Only one engine at a time can use it.
	Dir string
	// Key seals the records, which hold what sites' environments hold. It must
	// stay the same for as long as Dir is used. The zero key seals nothing; it is
	// for tests.
	Key [KeySize]byte
	// Docker is the connection to Docker; its API version is negotiated. Without
	// one nothing is started: what should run is taken to run, and to be healthy.
	// That is for trying clients, and for measuring the engine itself.
	Docker *client.Client
	// Installation tells this installation's containers from all others on the
	// same Docker. It must stay the same for as long as Dir is used.
	Installation string
	// Network is the name of the Docker network that the containers are put
	// in; it is made when the first one starts. Default: "seedbed-" and the
	// installation.
	Network string
	// HostIP is the address of the machine on which the containers' ports are
	// published. Default: 127.0.0.1.
	HostIP string
	// PortMin and PortMax bound the host ports, both included.
	// Default: 31000 to 32000.
	PortMin, PortMax int
	// VolumeRoots are the absolute directories below which a host path of a
	// volume must be. Empty means that no host path is allowed.
	VolumeRoots []string
	// Machine is what tasks may have of the machine.
	Machine Machine
	// HostNetwork allows containers to have the machine's own network, in which
	// they reach what only listens on the loopback address.
	HostNetwork bool
	// HostPrograms allows commands without an image: they get the machine's
	// programs to read, and a user of their own of TaskUsers. Default of TaskUsers:
	// 200000 to 265535.
	HostPrograms bool
	TaskUsers    TaskUsers
	// FetchRoots are the absolute directories below which definitions may fetch
	// files of the machine. FetchAllow are hosts in private networks from which
	// they may fetch: names, addresses, or networks such as 10.0.0.0/24.
	FetchRoots, FetchAllow []string
	// RegistryAuth is a file with the passwords of registries, in the form of
	// Docker's config.json. It is read anew for each pull. Empty means none.
	RegistryAuth string
	// Networks are names of Docker networks, besides Network, that definitions may
	// ask for. They are not made here.
	Networks []string
	// LogAge is how long what containers printed is kept after their end, and
	// LogSpace how many bytes that may take in all. Defaults: seven days, 1 GiB.
	LogAge   time.Duration
	LogSpace int64
	// Drain is how long a container that was well is left running after its
	// TASK_KILLING was told, if another of the app can stand in for it. Default: it
	// is stopped at once, as Mesos does.
	Drain time.Duration
	// User and Password, if Password is set, are asked of every client as HTTP
	// basic authentication.
	User, Password string
	// Patience is how long a client may take to send the body of a request, and to
	// read each 64 KiB of an answer. Default: 30 seconds.
	Patience time.Duration
	// HostNames are names, in small letters, by which clients may call the engine
	// besides addresses and localhost.
	HostNames []string
	// CallbackHosts are networks, such as 10.0.0.0/24, to which events are posted
	// for clients of Marathon before 1.5. The address that a client asked from is
	// always allowed for it.
	CallbackHosts []netip.Prefix
	// Log receives what happened. Default: nothing is logged.
	Log *slog.Logger
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Limits of what one engine works on at the same time, and its rhythm.
const (
	maxLaunches   = 4                // containers being started
	maxRequests   = 500              // being answered at the same time
	maxProbes     = 256              // health checks in flight, as in Marathon
	lookInterval  = 5 * time.Second  // between looks at Docker, if nothing is told
	heartbeat     = 10 * time.Second // on event streams
	firstLookWait = 5 * time.Second  // that a request waits for the first look
)

// networkName is Docker's grammar of names; dockersOwn have a meaning of their
// own.
var (
	networkName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`)
	dockersOwn  = []string{"host", "none", "default", "bridge"}
)

var installationGrammar = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$`)

// Engine answers Marathon's API and keeps the containers as they should be
// while Run runs. Its methods may be called from several goroutines.
type Engine struct {
	cfg       Config
	log       *slog.Logger
	now       func() time.Time
	records   *records
	policy    policy
	runtime   runtime
	hub       *hub
	sights    *sights
	jobs      *jobs
	probes    *probes
	readiness *readiness
	ports     *ports
	attempts  *attempts
	supplies  *supplies
	logs      *logs
	room      *room
	handler   http.Handler

	requests  chan struct{}   // slots for answering
	begun     time.Time       // when the records were
	lost      map[string]bool // the containers of lost records that were told of; the turn's own
	callbacks *callbacks
	counts    *counts
	began     time.Time

	wake    chan struct{} // "something changed: take a turn"
	lookNow chan struct{} // "Docker may have changed: look"
	workers sync.WaitGroup
}

// New opens the records in cfg.Dir, or begins them. It does not ask Docker
// anything and starts nothing; Run does.
func New(cfg Config) (*Engine, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("onebox: %w", err)
	}
	records, err := openRecords(filepath.Join(cfg.Dir, "onebox.db"), cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("onebox: %w", err)
	}
	files, err := fetcher.New(fetcher.Config{Roots: cfg.FetchRoots, Allow: cfg.FetchAllow})
	if err != nil {
		return nil, fmt.Errorf("onebox: what may be fetched: %w", errors.Join(err, records.close()))
	}
	sandboxes, err := sandbox.Open(sandbox.Config{
		Dir: filepath.Join(cfg.Dir, "sandboxes"), Keep: cfg.LogAge, Space: cfg.LogSpace, Now: cfg.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("onebox: %w", errors.Join(err, records.close()))
	}
	e := &Engine{
		cfg: cfg, log: cfg.Log, now: cfg.Now, records: records,
		policy:    newPolicy(cfg),
		hub:       newHub(cfg.Now),
		sights:    newSights(),
		jobs:      newJobs(),
		probes:    newProbes(),
		readiness: newReadiness(),
		logs:      &logs{store: sandboxes, now: map[string]*copier{}},
		room:      &room{},
		attempts:  newAttempts(), lost: map[string]bool{},
		ports:    newPorts(cfg.HostIP, cfg.PortMin, cfg.PortMax, records.snapshot().highestPort()),
		requests: make(chan struct{}, maxRequests), began: cfg.Now(), counts: &counts{},
		supplies: newSupplies(),
		wake:     make(chan struct{}, 1),
		lookNow:  make(chan struct{}, 1),
	}
	if e.begun, err = records.begun(cfg.Now()); err != nil {
		return nil, fmt.Errorf("onebox: %w", errors.Join(err, e.Close()))
	}
	if e.callbacks, err = newCallbacks(e); err != nil {
		return nil, fmt.Errorf("onebox: %w", errors.Join(err, e.Close()))
	}
	e.runtime = newRuntime(cfg, e.policy, sandboxes, files)
	e.handler = e.routes()
	return e, nil
}

// complete fills in defaults and refuses what cannot work.
func (c *Config) complete() error {
	switch {
	case c.Dir == "":
		return errors.New("no folder is given")
	case !installationGrammar.MatchString(c.Installation):
		return fmt.Errorf("%q cannot name an installation", c.Installation)
	}
	c.Network = defaulted(c.Network, "seedbed-"+c.Installation)
	c.HostIP = defaulted(c.HostIP, "127.0.0.1")
	c.PortMin, c.PortMax = defaulted(c.PortMin, 31000), defaulted(c.PortMax, 32000)
	c.Patience = defaulted(c.Patience, 30*time.Second)
	c.TaskUsers = defaulted(c.TaskUsers, TaskUsers{200000, 265535})
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c.check()
}

func (c *Config) check() error {
	if _, err := netip.ParseAddr(c.HostIP); err != nil {
		return fmt.Errorf("host address: %w", err)
	}
	if c.PortMin < 1 || c.PortMax > 65535 || c.PortMin > c.PortMax {
		return fmt.Errorf("host ports %d to %d are no range", c.PortMin, c.PortMax)
	}
	if err := errors.Join(c.Machine.check(), c.TaskUsers.check()); err != nil {
		return err
	}
	for _, name := range c.Networks {
		if !networkName.MatchString(name) || slices.Contains(dockersOwn, name) {
			return fmt.Errorf("%q cannot be the name of a Docker network that tasks may have", name)
		}
	}
	for _, root := range slices.Concat(c.VolumeRoots, c.FetchRoots) {
		if !filepath.IsAbs(root) || filepath.Clean(root) == "/" {
			return fmt.Errorf("the root %q is not a directory below /", root)
		}
	}
	return nil
}

// defaulted returns value, or fallback if value is the zero value.
func defaulted[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// Run keeps the containers as they should be until ctx ends, and returns when
// everything that it started has ended. Containers go on running. It returns
// nil once ctx has ended; trouble with Docker is no reason to return.
func (e *Engine) Run(ctx context.Context) error {
	e.workers.Go(func() { e.watchDocker(ctx) })
	e.workers.Go(func() { e.keepLooking(ctx) })
	e.workers.Go(func() { e.tidyLogs(ctx) })
	e.callbacks.run(ctx, &e.workers)
	e.conduct(ctx)
	e.workers.Wait()
	e.hub.close()
	return nil
}

// Close gives the records and logs free. Call it after Run has returned.
func (e *Engine) Close() error { return errors.Join(e.records.close(), e.logs.store.Close()) }

// ServeHTTP answers Marathon's API.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.handler.ServeHTTP(w, r) }

// CheckDocker returns nil if Docker answers within a few seconds.
func (e *Engine) CheckDocker(ctx context.Context) error {
	if err := e.runtime.ping(ctx); err != nil {
		return fmt.Errorf("ask Docker: %w", err)
	}
	return nil
}

// poke sends on a channel of capacity one, unless a poke is already waiting.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
