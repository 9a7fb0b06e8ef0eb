package consul

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"sync"
	"time"

	"github.com/hashicorp/consul/api"

	"seedbed"
)

// Times of the bridge.
const (
	defaultInterval = 15 * time.Second
	roundTimeout    = 20 * time.Second
	// emptyFor is how long the engine must have said that it has nothing at
	// all before that is believed.
	emptyFor = 5 * time.Second
	// settle is the pause after an event in which further ones are gathered.
	settle       = 10 * time.Millisecond
	firstRetry   = 500 * time.Millisecond
	longestRetry = 10 * time.Second
)

// Source is where the bridge learns what runs. An error, and nothing else,
// means that it is not known; an answer without error must be complete.
type Source interface {
	// Observe returns all workloads of the engine, also those of which nothing
	// runs now. The bridge only looks at which there are.
	Observe(ctx context.Context) (map[seedbed.WorkloadID]seedbed.Observed, error)
	// Instances returns all instances that run.
	Instances(ctx context.Context) ([]seedbed.Instance, error)
	// Watch calls changed whenever something may have changed, until ctx ends.
	Watch(ctx context.Context, changed func())
}

// Config is what a Bridge needs. Address and Source have no default.
type Config struct {
	Address string // of Consul's HTTP API: "127.0.0.1:8410", or "https://10.0.0.1:8501"
	CA      string // file of the certificates that sign Consul's; with https only
	Token   seedbed.Secret
	Source  Source
	// Group is where in the engine the source's workloads are, such as "/team".
	// Consul knows them by their whole ids; the default is the root.
	Group string
	// ID tells the entries of this bridge from those of others; small letters,
	// digits and "-". The default is "seedbed".
	ID string
	// Interval is how often everything is compared when nothing seems to
	// change; the default is 15 seconds.
	Interval time.Duration
	Log      *slog.Logger // the default is slog.Default()
}

// Bridge writes what a Source says into Consul's catalog, as far as it differs
// from what is there. New makes one.
type Bridge struct {
	Config
	registry   registry
	wake       chan struct{}
	retry      time.Duration
	emptySince time.Time // when the source first said that it has nothing; zero if it has
}

// errDoubt means that what the source said is not believed yet.
var errDoubt = errors.New("the engine says that it has nothing at all; waiting whether it says so again")

// bridgeID is a part of node names, which consul-template reads with a grammar
// of its own.
var bridgeID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// New returns a bridge that does nothing until Run. It does not connect yet.
func New(c Config) (*Bridge, error) {
	if c.ID == "" {
		c.ID = "seedbed"
	}
	if !bridgeID.MatchString(c.ID) {
		return nil, fmt.Errorf("bridge id %q: small letters, digits and -, at most 40", c.ID)
	}
	if c.Address == "" || c.Source == nil {
		return nil, errors.New("a bridge needs the address of Consul and a source")
	}
	if c.Interval <= 0 {
		c.Interval = defaultInterval
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	client, err := api.NewClient(&api.Config{Address: c.Address, Token: c.Token.Reveal(), TLSConfig: api.TLSConfig{CAFile: c.CA}})
	if err != nil {
		return nil, fmt.Errorf("make a client of Consul: %w", err)
	}
	return &Bridge{Config: c, registry: registry{client, c.ID}, wake: make(chan struct{}, 1)}, nil
}

// Check returns nil if Consul answers and has a leader.
func (b *Bridge) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	leader, err := b.registry.client.Status().LeaderWithQueryOptions((&api.QueryOptions{}).WithContext(ctx))
	switch {
	case err != nil:
		return fmt.Errorf("ask Consul for its leader: %w", err)
	case leader == "":
		return errors.New("no leader of Consul")
	}
	return nil
}

// Run keeps Consul up to date until ctx ends, through any trouble of either
// side, and returns when all it started has ended.
func (b *Bridge) Run(ctx context.Context) error {
	var watcher sync.WaitGroup
	defer watcher.Wait()
	watcher.Go(func() { b.Source.Watch(ctx, b.poke) })
	for ctx.Err() == nil {
		wait := b.round(ctx)
		b.sleep(ctx, wait)
	}
	return nil
}

// poke makes the next round come now. It never blocks.
func (b *Bridge) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *Bridge) sleep(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-b.wake:
		pause := time.NewTimer(settle)
		defer pause.Stop()
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
	}
}

// round brings Consul up to date once, and returns when to do it again if
// nothing happens.
func (b *Bridge) round(ctx context.Context) time.Duration {
	limited, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	err := b.sync(limited)
	switch {
	case err == nil:
		b.retry = 0
		return b.Interval
	case errors.Is(err, errDoubt):
		b.Log.Warn("nothing is removed from Consul yet", "reason", err.Error())
		return emptyFor
	}
	if ctx.Err() == nil {
		b.Log.Warn("Consul is not up to date", "error", err)
	}
	b.retry = min(max(2*b.retry, firstRetry), longestRetry)
	return b.retry/2 + rand.N(b.retry)
}

// sync looks at both sides and writes the difference. If either cannot be read
// nothing is written.
func (b *Bridge) sync(ctx context.Context) error {
	said, err := b.ask(ctx)
	if err != nil {
		b.emptySince = time.Time{}
		return err
	}
	have, err := b.registry.read(ctx)
	if err != nil {
		return err
	}
	if b.doubtful(said, have) {
		return errDoubt
	}
	wanted := want(b.ID, said, have, b.Log)
	return b.write(ctx, compare(wanted, have, b.ID, b.registry.flags()))
}

// ask gets a snapshot. Workloads are read first, so that one that is made in
// between shows at least its instances.
func (b *Bridge) ask(ctx context.Context) (snapshot, error) {
	observed, err := b.Source.Observe(ctx)
	if err != nil {
		return snapshot{}, fmt.Errorf("read the workloads: %w", err)
	}
	instances, err := b.Source.Instances(ctx)
	if err != nil {
		return snapshot{}, fmt.Errorf("read the instances: %w", err)
	}
	return snapshotOf(seedbed.WorkloadID(b.Group), observed, instances), nil
}

// doubtful reports whether the source says that it has nothing although Consul
// knows better. It is believed after it has said so twice, emptyFor apart, with
// no error and no other answer between.
func (b *Bridge) doubtful(said snapshot, have state) bool {
	if !said.empty() || have.empty() {
		b.emptySince = time.Time{}
		return false
	}
	if b.emptySince.IsZero() {
		b.emptySince = time.Now()
	}
	return time.Since(b.emptySince) < emptyFor
}

// write carries out the changes and says so. If Consul refused some, the
// bridge's own entry is corrected, so that readers do not wait for them.
func (b *Bridge) write(ctx context.Context, changes []change) error {
	if len(changes) == 0 {
		return nil
	}
	for _, c := range changes {
		if c.removes {
			b.Log.Info("no longer in Consul", "change", c.what, "reason", "the engine does not have it any more")
		}
	}
	if err := b.registry.write(ctx, changes); err != nil {
		return errors.Join(err, b.recount(ctx))
	}
	b.Log.Info("Consul brought up to date", "changes", len(changes))
	return nil
}

func (b *Bridge) recount(ctx context.Context) error {
	have, err := b.registry.read(ctx)
	if err != nil {
		return err
	}
	count := 0
	for _, e := range have.entries {
		if e.app() != "" {
			count++
		}
	}
	return b.registry.write(ctx, []change{{what: "count the entries", ops: markEntry(b.ID, count).set()}})
}
