package consul

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
)

// Times of the lock. Consul ends a session only after twice its time to live,
// and by default grants none below ten seconds (session_ttl_min).
const (
	shortTTL  = 5 * time.Second
	usualTTL  = 10 * time.Second
	lockWatch = 2 * time.Second // at most between two looks at a lock that another holds
	// silence is how long a holder that gives signs of life may give none.
	silence = 10 * time.Second
)

// lock lets one of several bridges with the same id write. Whoever holds it puts
// its fence into every transaction, so that one that has lost it without knowing
// writes nothing.
type lock struct {
	client  *api.Client
	key     string
	log     *slog.Logger
	session string
	ttl     time.Duration
	beats   int // signs of life that were given
}

func newLock(client *api.Client, bridge string, log *slog.Logger) *lock {
	return &lock{client: client, key: "seedbed/bridge/" + bridge + "/lock", log: log, ttl: shortTTL}
}

// fence is the operation that fails where the lock is not held any more.
func (l *lock) fence() *api.TxnOp {
	return &api.TxnOp{KV: &api.KVTxnOp{Verb: api.KVCheckSession, Key: l.key, Session: l.session}}
}

// take returns when the lock is held. While another holds it, it calls waits again
// and again. An error means that Consul could not be asked.
func (l *lock) take(ctx context.Context, waits func(context.Context) error) error {
	var index uint64
	var heard time.Time // when the lock was seen to change last
	for told := false; ; told = true {
		pair, meta, err := l.client.KV().Get(l.key, consistentAfter(ctx, index))
		if err != nil {
			return fmt.Errorf("look at the lock: %w", err)
		}
		if meta.LastIndex != index {
			index, heard = meta.LastIndex, time.Now()
		}
		if pair != nil && pair.Session != "" {
			if err := errors.Join(l.announce(ctx, told), l.challenge(ctx, pair, heard), waits(ctx)); err != nil {
				return err
			}
			continue
		}
		if taken, err := l.try(ctx); taken || err != nil {
			return err
		}
	}
}

// consistentAfter waits for a change for a little while, but not the first time.
func consistentAfter(ctx context.Context, index uint64) *api.QueryOptions {
	q := consistent(ctx)
	q.WaitIndex, q.WaitTime = index, lockWatch
	return q
}

// waitsKey is where a bridge that waits says so.
func (l *lock) waitsKey() string { return l.key + "-waits" }

// announce says that somebody waits, if nobody has, so that the holder gives
// signs of life.
func (l *lock) announce(ctx context.Context, told bool) error {
	if !told {
		l.log.Info("another bridge is acting; this one waits")
	}
	pair, _, err := l.client.KV().Get(l.waitsKey(), (&api.QueryOptions{}).WithContext(ctx))
	if err == nil && pair != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look whether a bridge waits: %w", err)
	}
	if _, err := l.client.KV().Put(&api.KVPair{Key: l.waitsKey()}, writing(ctx)); err != nil {
		return fmt.Errorf("say that a bridge waits: %w", err)
	}
	return nil
}

// beat gives a sign of life, if somebody waits and Consul would take long to end
// the session. Where nobody waits nothing is written.
func (l *lock) beat(ctx context.Context) error {
	if l.ttl < usualTTL {
		return nil
	}
	pair, _, err := l.client.KV().Get(l.waitsKey(), (&api.QueryOptions{}).WithContext(ctx))
	if err != nil || pair == nil {
		return err
	}
	l.beats++
	_, err = l.claim(ctx)
	return err
}

// claim asks for the lock, or says again that it is held.
func (l *lock) claim(ctx context.Context) (held bool, _ error) {
	this := thisProcess()
	this.Beats = l.beats
	value, err := json.Marshal(this)
	if err != nil {
		return false, fmt.Errorf("name the holder of the lock: %w", err)
	}
	held, _, err = l.client.KV().Acquire(&api.KVPair{Key: l.key, Value: value, Session: l.session}, writing(ctx))
	return held, err
}

// challenge ends the session of a holder that is surely dead, or gave signs of
// life and gives none any more. Should it live after all, the fence stops it.
func (l *lock) challenge(ctx context.Context, pair *api.KVPair, heard time.Time) error {
	var h holder
	if json.Unmarshal(pair.Value, &h) != nil || !h.isGone() && (h.Beats == 0 || time.Since(heard) < silence) {
		return nil
	}
	l.log.Info("the bridge that held the lock has ended", "holder", string(pair.Value))
	if _, err := l.client.Session().Destroy(pair.Session, writing(ctx)); err != nil {
		return fmt.Errorf("take the lock of a bridge that has ended: %w", err)
	}
	return nil
}

func writing(ctx context.Context) *api.WriteOptions { return (&api.WriteOptions{}).WithContext(ctx) }

// try makes a session and asks for the lock once.
func (l *lock) try(ctx context.Context) (taken bool, err error) {
	if err := l.open(ctx); err != nil {
		return false, err
	}
	l.beats = 0
	taken, err = l.claim(ctx)
	if taken {
		_, _ = l.client.KV().Delete(l.waitsKey(), writing(ctx)) // whoever waits says so again
	}
	if err != nil || !taken {
		l.release()
	}
	if err != nil {
		return false, fmt.Errorf("ask for the lock: %w", err)
	}
	return taken, nil
}

// open makes a session that lives as short as Consul allows. It depends on no
// health check of the node, for those come late at the start of a Consul.
func (l *lock) open(ctx context.Context) (err error) {
	for {
		entry := &api.SessionEntry{Name: l.key, TTL: l.ttl.String(), LockDelay: time.Millisecond}
		l.session, _, err = l.client.Session().CreateNoChecks(entry, writing(ctx))
		switch {
		case err == nil:
			return nil
		case l.ttl == shortTTL && strings.Contains(err.Error(), "Invalid Session TTL"):
			l.ttl = usualTTL
		default:
			return fmt.Errorf("make a session for the lock: %w", err)
		}
	}
}

// keep renews the session until ctx ends, or the session is no more; then it
// returns an error. While Consul does not answer it goes on, for the fence holds
// in any case.
func (l *lock) keep(ctx context.Context) error {
	ticks := time.NewTicker(l.ttl / 3)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
		limited, cancel := context.WithTimeout(ctx, askTimeout)
		entry, _, err := l.client.Session().Renew(l.session, writing(limited))
		if err == nil && entry != nil {
			err = l.beat(limited)
		}
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil && entry == nil:
			return errors.New("the session of the lock was ended by Consul")
		case err != nil:
			l.log.Debug("the session of the lock is not renewed", "error", err)
		}
	}
}

// release gives the lock up, so that another bridge can act at once. It is safe
// to repeat; if it fails the session ends by itself.
func (l *lock) release() {
	if l.session == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	if _, err := l.client.Session().Destroy(l.session, writing(ctx)); err != nil {
		l.log.Debug("the session of the lock is not ended", "error", err)
	}
	l.session = ""
}
