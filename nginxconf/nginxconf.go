// Package nginxconf leads visitors to sites and sites to shared services: it
// turns what Consul knows into a configuration of nginx, proves that nginx
// serves it, and keeps the last good one through every trouble. DESIGN.md
// beside this file says how and why.
//
// It does not decide who may have a host name beyond giving each to one
// workload, does not check the health of anything, writes nothing to Consul,
// and has no way by which text of a tenant becomes text of a configuration.
package nginxconf

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"seedbed"
	"seedbed/daemon"
)

// Config is what a Router needs. Dir and ConsulAddr have no default.
type Config struct {
	Dir         string         // of the router alone: configurations, log, pid file
	ConsulAddr  string         // of Consul's HTTP API: "127.0.0.1:8410", or "https://10.0.0.1:8501"
	ConsulCA    string         // file of the certificates that sign Consul's; with https only
	ConsulToken seedbed.Secret // may read nodes and services; often empty
	Bridge      string         // id of the bridge whose entries are routed; the default is "seedbed"
	Listen      string         // where sites are served; the default is "127.0.0.1:8480"
	// ServiceAddr returns the address on which the service ports are opened,
	// that of the Docker bridge. Without it there are no service ports.
	ServiceAddr func(ctx context.Context) (netip.Addr, error)
	// ListenTLS is where sites are served by HTTPS, such as "0.0.0.0:443"; "" for
	// nowhere. CertDir holds <base>.crt and <base>.key for each base name that
	// Certificates returns for a host, and for "fallback", which all other names
	// get. nginx's workers read them when a visitor comes. A base name, but for
	// "fallback", always stands for the same pair: one that is renewed has another.
	ListenTLS    string
	CertDir      string
	Certificates func() map[seedbed.HostName]string
	// ChallengeAddr is where an authority's questions below
	// /.well-known/acme-challenge/ are answered; "" for nowhere.
	ChallengeAddr string
	// TrustedProxies are believed where a visitor comes from, and nobody else.
	TrustedProxies []netip.Prefix
	// Inside are the networks from which visitors come to sites that are for
	// people inside; the default is all private ones.
	Inside []netip.Prefix
	// ReadLabels lets apps of other programs say by labels for HAProxy and Traefik
	// where they are served.
	ReadLabels bool
	Language   string // of pages where a site says none; the default is "en"
	Nginx      string // the program; the default is "/usr/sbin/nginx"
	// External leaves starting nginx to somebody else, such as systemd: the
	// router finds it, tells it what to serve, and waits while it is not there.
	External bool
	Log      *slog.Logger // the default is slog.Default()
}

// heldPatience is how long Consul may lack something before Check tells of it:
// the bridge fills it anew within half of that.
const heldPatience = time.Minute

// Router keeps nginx running and up to date. It implements reconcile.Router.
// New makes one; Run does the work.
type Router struct {
	Config
	nginx  *nginx
	now    func() time.Time
	wake   chan struct{} // there is something new to do
	lives  lives
	visits *visitLog
	counts counts
	probe  *probe
	nodes  nodeCache // of whoever watches Consul

	// work serialises all that changes nginx or the files in Dir.
	work        sync.Mutex
	serviceAddr netip.Addr // the last that was known
	refused     map[refusal]bool
	aim         aim // what was to be served when that was looked at last
	made        lastMade
	losses      losses
	old         []old // the oldest first
	barred      map[seedbed.WorkloadID]barring
	virtual     map[seedbed.WorkloadID]bool // of which the portal has ever published how it is served
	blocked     error                       // why a service port is not open

	mu             sync.Mutex
	view           view      // the newest complete one from Consul
	seenAt         time.Time // when Consul was last known to hold the view
	oldGenerations int
	views          int64                           // how many whole ones have been seen
	changes        int64                           // how often view or expected became another
	held, out      int                             // sites that keep what they had, and that nginx refuses
	known          bool                            // view has been set
	published      bool                            // the portal has published virtual hosts, now or before
	expected       []expected                      // sorted; nil if nobody has said what
	heldSince      time.Time                       // since when Consul has not held everything; zero if it does
	served         configuration                   // that nginx has proved to serve
	next           configuration                   // that nginx has been told to serve
	trouble        error                           // why what should be served is not
	told           map[seedbed.WorkloadID][]string // what is refused, in sentences
	listeners      map[chan struct{}]bool
}

// New checks the configuration and returns a router that does nothing yet.
func New(c Config) (*Router, error) {
	c = c.withDefaults()
	if c.Dir == "" || c.ConsulAddr == "" {
		return nil, errors.New("a router needs a folder and the address of Consul")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the folder of nginx: %w", err)
	}
	if c.Dir = dir; strings.ContainsFunc(dir, notInPath) {
		return nil, &seedbed.Error{Code: seedbed.Invalid, Message: "nginx cannot keep its files in " + dir +
			`, because the path has one of the characters $ ; { } # " ' \. Choose another folder.`}
	}
	listen, err := netip.ParseAddrPort(c.Listen)
	if err != nil {
		return nil, fmt.Errorf("read the address of the sites: %w", err)
	}
	if c.Bridge == "" || strings.ContainsFunc(c.Bridge, notInBridge) {
		return nil, fmt.Errorf("the id %q of a bridge has more than letters, digits, '.', '_' and '-'", c.Bridge)
	}
	fixed, err := c.fixedSettings()
	if err != nil {
		return nil, err
	}
	probe, err := c.newProbe()
	if err != nil {
		return nil, err
	}
	r := &Router{
		Config:    c,
		probe:     probe,
		nginx:     &nginx{program: c.Nginx, dir: dir, listen: listen, fixed: fixed, last: new(atomic.Pointer[daemon.Process])},
		wake:      make(chan struct{}, 1),
		lives:     usualLives(),
		now:       time.Now,
		losses:    losses{},
		barred:    map[seedbed.WorkloadID]barring{},
		virtual:   map[seedbed.WorkloadID]bool{},
		listeners: map[chan struct{}]bool{},
	}
	r.visits = newVisitLog(filepath.Join(dir, "visits"), func() time.Time { return r.now() }, r.reopenLog)
	return r, nil
}

func (c Config) withDefaults() Config {
	if c.Bridge == "" {
		c.Bridge = "seedbed"
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8480"
	}
	if c.Language == "" {
		c.Language = languages[0]
	}
	if c.Inside == nil {
		c.Inside = privateNetworks()
	}
	if c.Nginx == "" {
		c.Nginx = "/usr/sbin/nginx"
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

func notInBridge(r rune) bool { return notInWord(r) || strings.ContainsRune(":/[]", r) }

func notInPath(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(`$;{}#"'\`, r) }

// Routes returns what nginx serves now: it is asked each time. While it goes
// over to other routes, which takes about a tenth of a second, those before are
// returned. It is an Unavailable error if nginx does not run, or serves
// something that is not known here.
func (r *Router) Routes(ctx context.Context) (seedbed.Routes, error) {
	running, err := r.nginx.generation(ctx)
	r.mu.Lock()
	served, next := r.served, r.next
	r.mu.Unlock()
	if err == nil && served.generation != "" && (running == served.generation || running == next.generation) {
		return r.tell(served.routes()), nil
	}
	if err == nil {
		err = errors.New("nginx serves routes that are not known here yet")
	}
	return seedbed.Routes{}, &seedbed.Error{Code: seedbed.Unavailable, Err: err,
		Message: "nginx does not say what it serves. It is looked at again every few seconds."}
}

// tell adds what was refused.
func (r *Router) tell(routes seedbed.Routes) seedbed.Routes {
	r.mu.Lock()
	defer r.mu.Unlock()
	routes.Refused = maps.Clone(r.told)
	return routes
}

// routes returns the configuration's routes. A service whose port is not open
// has no instances that anyone could reach.
func (c configuration) routes() seedbed.Routes {
	routes := seedbed.Routes{Hosts: map[seedbed.HostName]seedbed.Route{}, Ports: map[int]seedbed.Route{}, Served: map[seedbed.WorkloadID]string{}}
	for _, site := range c.table.Sites {
		for _, p := range site.Below {
			if _, whole := routes.Hosts[p.Host]; !whole {
				routes.Hosts[p.Host] = seedbed.Route{Instances: len(site.Instances)}
			}
		}
		for _, host := range site.Hosts {
			routes.Hosts[host] = seedbed.Route{Instances: len(site.Instances)}
		}
		if site.Digest != "" {
			routes.Served[site.Workload] = site.Digest
		}
	}
	for _, s := range c.table.Services {
		routes.Ports[s.Port] = seedbed.Route{}
	}
	for _, l := range c.listeners {
		routes.Ports[l.service.Port] = seedbed.Route{Instances: len(l.service.Instances)}
	}
	return routes
}

// Watch calls changed whenever other routes are served, until ctx ends.
func (r *Router) Watch(ctx context.Context, changed func()) {
	news := make(chan struct{}, 1)
	r.mu.Lock()
	r.listeners[news] = true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.listeners, news)
		r.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-news:
			changed()
		}
	}
}

// Check returns nil if nginx runs and serves what it should, and else why not.
func (r *Router) Check(ctx context.Context) error {
	if _, err := r.nginx.generation(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if held := time.Since(r.heldSince); !r.heldSince.IsZero() && held > heldPatience {
		return errors.Join(r.trouble, fmt.Errorf("routes have not been brought up to date for %v: %w", held.Round(time.Second), errIncomplete))
	}
	return errors.Join(r.trouble, r.alarm())
}

// alarm, called with mu held, tells of sites that are not served as they should
// be although nginx does what it is told.
func (r *Router) alarm() error {
	var all []error
	if r.held > 0 {
		all = append(all, fmt.Errorf("very many instances went away at once; %d sites are led to where theirs were, for five minutes at most", r.held))
	}
	if r.out > 0 {
		all = append(all, fmt.Errorf("nginx refuses the settings of %d sites; they are served as they were before, or not at all", r.out))
	}
	return errors.Join(all...)
}

// Stop ends nginx after the requests that it is answering, and returns when it
// is gone. Run must have returned. An nginx that does not run is no error.
func (r *Router) Stop(ctx context.Context) error {
	r.work.Lock()
	defer r.work.Unlock()
	return r.nginx.stop(ctx)
}

// makeDirs makes the folders that nginx and the router need. Workers must be
// able to reach the temporary one, which the folder of the router, perhaps in
// somebody's home, does not always allow.
func (r *Router) makeDirs() error {
	if err := os.MkdirAll(filepath.Join(r.Dir, "generations"), 0o755); err != nil {
		return fmt.Errorf("make the folder of nginx: %w", err)
	}
	temp, err := tempDir(r.Dir)
	if err != nil {
		return err
	}
	r.nginx.temp = temp
	return nil
}
