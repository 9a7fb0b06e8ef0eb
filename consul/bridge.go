package consul

import (
	"cmp"
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
	auditTimeout    = 20 * time.Second
	writeTimeout    = 20 * time.Second
	// settle is the pause after an event in which further ones are gathered.
	settle = 5 * time.Millisecond
	// hintPause is at least between two audits that events ask for.
	hintPause    = time.Second
	firstRetry   = 250 * time.Millisecond
	longestRetry = 5 * time.Second
)

const defaultID = "seedbed"

// Source is where the bridge learns what runs. An error, and nothing else,
// means that it is not known; an answer without error must be complete.
type Source interface {
	// Running returns all workloads of the engine with their instances; those of
	// which nothing runs have none.
	Running(ctx context.Context) (map[seedbed.WorkloadID][]seedbed.Instance, error)
	// RunningOf returns the same of one workload; the error is NotFound if the
	// engine does not have it.
	RunningOf(ctx context.Context, id seedbed.WorkloadID) ([]seedbed.Instance, error)
	// Follow calls told, from one goroutine, whenever something may have changed,
	// until ctx ends. Its first hint, and each after which some may have been lost,
	// says Missed.
	Follow(ctx context.Context, told func(seedbed.Hint))
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
	// ID tells the entries of this bridge from those of others, and Cluster those
	// of this cluster: small letters, digits and "-". The defaults are "seedbed".
	// Bridges with the same ID are one: one acts and the others wait.
	ID, Cluster string
	// Interval is how often everything is compared when nothing seems to
	// change; the default is 15 seconds.
	Interval time.Duration
	// AllowRemovals believes any number of removals at once, as it does few.
	AllowRemovals bool
	// TakeOver is the id under which a Consular registered; what it has is replaced
	// by what this bridge writes. The default is none.
	TakeOver string
	Log      *slog.Logger // the default is slog.Default()
}

// Bridge writes what a Source says into Consul's catalog, as far as it differs
// from what is there. New makes one.
type Bridge struct {
	Config
	registry *registry
	lock     *lock
	wake     chan struct{}

	// Of the loop alone.
	know    *evidence
	mind    map[seedbed.WorkloadID]remembered
	have    *state // nil if it is not known
	last    *state // what Consul had when it was last seen whole; see recall
	audited time.Time
	watched time.Time // while another bridge acts: when Consul was looked at last
	doubts  int
	retry   time.Duration
	touched map[seedbed.WorkloadID]bool // written while an audit was under way

	ears   ears
	report report
}

// bridgeID is a part of node names, which consul-template reads with a grammar
// of its own.
var bridgeID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// New returns a bridge that does nothing until Run. It does not connect yet.
func New(c Config) (*Bridge, error) {
	c.ID, c.Cluster = cmp.Or(c.ID, defaultID), cmp.Or(c.Cluster, defaultID)
	if !bridgeID.MatchString(c.ID) || !bridgeID.MatchString(c.Cluster) {
		return nil, fmt.Errorf("bridge id %q, cluster id %q: small letters, digits and -, at most 40", c.ID, c.Cluster)
	}
	if c.Source == nil {
		return nil, errors.New("a bridge needs a source")
	}
	if c.Interval <= 0 {
		c.Interval = defaultInterval
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	client, err := newClient(c.Address, c.CA, c.Token)
	if err != nil {
		return nil, err
	}
	return &Bridge{
		Config: c, registry: &registry{client, owner{c.ID, c.Cluster}, manyOps}, lock: newLock(client, c.ID, c.Log), wake: make(chan struct{}, 1),
		know: newEvidence(), mind: map[seedbed.WorkloadID]remembered{},
	}, nil
}

// Run keeps Consul up to date until ctx ends, through any trouble of either
// side, and returns when all it started has ended. Of several bridges with the
// same id it waits until it is the only one that acts.
func (b *Bridge) Run(ctx context.Context) error {
	var follower sync.WaitGroup
	defer follower.Wait()
	follower.Go(func() { b.Source.Follow(ctx, b.hear) })
	defer b.lock.release()
	pause := firstRetry
	for ctx.Err() == nil {
		err := b.lock.take(ctx, b.watch)
		if err == nil {
			pause = firstRetry
			err = b.reign(ctx)
		}
		if ctx.Err() != nil {
			break
		}
		b.report.trouble("lock", err)
		b.Log.Warn("the bridge does not act", "error", err)
		rest(ctx, pause/2+rand.N(pause))
		pause = min(2*pause, longestRetry)
	}
	return nil
}

// reign acts for as long as the lock is held, and returns why it is not.
func (b *Bridge) reign(ctx context.Context) error {
	b.report.role(seedbed.BridgeActs)
	defer b.report.role(seedbed.BridgeWaits)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var keeper sync.WaitGroup
	defer keeper.Wait()
	defer cancel(nil)
	keeper.Go(func() { cancel(b.lock.keep(ctx)) })
	b.have, b.touched, b.retry, b.audited = nil, nil, 0, time.Time{}
	if err := b.act(ctx); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// act writes what is to be written until ctx ends, or the lock is lost.
func (b *Bridge) act(ctx context.Context) error {
	audits := make(chan audit, 1)
	var auditor sync.WaitGroup
	defer auditor.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if wait := b.untilAudit(time.Now()); b.touched == nil && wait <= 0 {
			b.touched = map[seedbed.WorkloadID]bool{}
			auditor.Go(func() { audits <- b.audit(ctx) })
		} else if b.touched == nil {
			timer.Reset(wait)
		}
		var err error
		select {
		case <-ctx.Done():
			return nil
		case a := <-audits:
			err = b.conclude(ctx, a)
			b.touched = nil
		case <-timer.C:
		case <-b.wake:
			rest(ctx, settle)
		}
		if err == nil {
			err = b.catchUp(ctx)
		}
		if errors.Is(err, errFenced) {
			return err
		}
	}
}

// untilAudit is how long everything need not be compared yet.
func (b *Bridge) untilAudit(now time.Time) time.Duration {
	missed, asked := b.ears.wants()
	due := b.audited.Add(b.Interval)
	switch {
	case b.retry > 0:
		due = b.audited.Add(b.retry)
	case b.have == nil || missed:
		return 0
	case asked:
		due = b.audited.Add(hintPause)
	case b.doubts > 0:
		due = b.audited.Add(min(b.Interval, absentFor))
	}
	return due.Sub(now)
}

// poke makes the loop look. It never blocks.
func (b *Bridge) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// rest waits for d or for the end of ctx.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// write carries out changes and says so. After any error but a refusal it is not
// known what Consul holds, and everything is read again.
func (b *Bridge) write(ctx context.Context, changes []change, s *state) error {
	if len(changes) == 0 {
		return nil
	}
	for _, c := range changes {
		if c.removes {
			b.Log.Info("no longer in Consul", "change", c.what, "reason", c.why)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	err := b.registry.write(ctx, b.lock.fence(), changes, s)
	switch {
	case err == nil:
		b.Log.Info("Consul brought up to date", "changes", len(changes))
		return nil
	case errors.Is(err, errRefused):
		b.report.trouble("refused", err)
		b.Log.Warn("Consul refused a part", "error", err)
		return nil
	}
	b.have = nil
	return err
}

func (b *Bridge) plan(have *state, now time.Time) *plan {
	return &plan{
		owner: b.registry.owner, flags: b.registry.flags(), have: have, know: b.know, mind: b.mind, now: now,
		unlimited: b.AllowRemovals, adopt: b.TakeOver != "", log: b.Log,
	}
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
