package certs

import (
	"context"
	"maps"
	"sync"
	"time"

	"seedbed"
)

// Keeper keeps the certificates of host names. New makes one; Run does the work.
// All its methods may be called at once.
type Keeper struct {
	Config
	files      files
	challenges *challenges
	own        *ownCA
	issuers    map[Source]issuer
	pauses     pauses
	look       time.Duration // between two looks, if nothing happens
	wake       chan struct{} // there may be something to do

	mu        sync.Mutex
	told      bool // Want was called
	wanted    map[seedbed.HostName]Source
	hosts     map[seedbed.HostName]*host
	busy      map[seedbed.HostName]bool
	failed    map[Source]int // tries that failed, since New
	listeners map[chan struct{}]bool

	// Used by Run alone, and by New.
	fallback pair
	unused   map[string]time.Time // pairs that nobody needs, since when
	tidied   time.Time
}

// issuer makes certificates for host names.
type issuer interface {
	// ready returns nil if issue can be tried now. It costs nobody anything and
	// says what would be in the way, so that issue is not asked in vain.
	ready(ctx context.Context, name seedbed.HostName) error
	// issue returns a new certificate for the host name and nothing else.
	issue(ctx context.Context, name seedbed.HostName) (pair, error)
}

// New checks the configuration, makes the folders and the fallback, and takes up
// what is kept there. When it returns, nginx can read all of it.
func New(c Config) (*Keeper, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	f, err := openFiles(c.Dir)
	if err != nil {
		return nil, err
	}
	k := &Keeper{
		Config: c, files: f, challenges: newChallenges(), pauses: usualPauses(), look: lookEvery, wake: make(chan struct{}, 1),
		wanted: map[seedbed.HostName]Source{}, busy: map[seedbed.HostName]bool{}, unused: map[string]time.Time{},
		failed: map[Source]int{}, listeners: map[chan struct{}]bool{},
	}
	k.own = &ownCA{files: f, domains: c.Domains, now: c.Now, random: c.Rand}
	k.issuers = map[Source]issuer{OwnCA: k.own, ACME: newACME(c, f, k.challenges)}
	return k, k.takeUp()
}

// takeUp reads what is kept and lays it where nginx reads it.
func (k *Keeper) takeUp() error {
	if err := k.keepFallback(); err != nil {
		return err
	}
	hosts, troubles := k.files.readHosts()
	for _, err := range troubles {
		k.Log.Warn("what was kept of a certificate cannot be used", "error", err)
	}
	k.hosts = hosts
	return nil
}

// ServedDir returns the folder from which nginx's workers read certificates and keys:
// <base>.crt and <base>.key.
func (k *Keeper) ServedDir() string { return k.files.served }

// Want says of which host names there should be certificates, all of them, and
// from where. It may be told as often as one likes. What is not wanted any more
// is kept until it has ended, in case it is wanted again.
func (k *Keeper) Want(hosts map[seedbed.HostName]Source) {
	k.mu.Lock()
	same := k.told && maps.Equal(k.wanted, hosts)
	k.wanted, k.told = maps.Clone(hosts), true
	k.mu.Unlock()
	if !same {
		k.stir()
		k.tell()
	}
}

// Certificates returns the base names of the certificates to serve, by host
// name. What is not among them is served with Fallback. The same base name
// stands for the same bytes for ever.
func (k *Keeper) Certificates() map[seedbed.HostName]string {
	k.mu.Lock()
	defer k.mu.Unlock()
	bases := map[seedbed.HostName]string{}
	for name, h := range k.hosts {
		if h.served() && (h.Source == Uploaded || k.source(name) != Off) {
			bases[name] = h.Base
		}
	}
	return bases
}

// source, called with mu held, is where the certificate of a host name is to
// come from.
func (k *Keeper) source(name seedbed.HostName) Source {
	if s := k.wanted[name]; s != Usual {
		return s
	}
	return k.Source
}

// Watch calls changed whenever Certificates returns something else, until ctx
// ends.
func (k *Keeper) Watch(ctx context.Context, changed func()) {
	news := make(chan struct{}, 1)
	k.mu.Lock()
	k.listeners[news] = true
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		delete(k.listeners, news)
		k.mu.Unlock()
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

func (k *Keeper) tell() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for news := range k.listeners {
		nudge(news)
	}
}

func (k *Keeper) stir() { nudge(k.wake) }

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// adopt makes a pair the one that is served for a host name.
func (k *Keeper) adopt(name seedbed.HostName, p pair, source Source, warnings []string) error {
	r := record{Host: name, Base: p.base(name), Source: source, Warnings: warnings}
	if source != Uploaded {
		r.Again = k.Now().Add(life(p.leaf) / 6)
	}
	if err := k.files.keepPair(r.Base, p); err != nil {
		return err
	}
	if err := k.files.writeRecord(r); err != nil {
		return err
	}
	k.mu.Lock()
	h := &host{record: r}
	h.has(p)
	k.hosts[name] = h
	k.mu.Unlock()
	k.Log.Info("a new certificate is served", "host", name, "source", source, "until", p.leaf.NotAfter)
	k.tell()
	return nil
}

// amend changes what is known of a host name, and keeps it if that matters.
func (k *Keeper) amend(name seedbed.HostName, change func(*record) (keep bool)) error {
	k.mu.Lock()
	h := k.hosts[name]
	if h == nil {
		h = &host{record: record{Host: name}}
		k.hosts[name] = h
	}
	keep := change(&h.record)
	r := h.record
	k.mu.Unlock()
	if !keep {
		return nil
	}
	return k.files.writeRecord(r)
}
