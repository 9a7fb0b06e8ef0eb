package nginxconf

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/consul-template/config"
	"github.com/hashicorp/consul-template/manager"
	"github.com/hashicorp/consul-template/renderer"
)

// Times of consul-template.
const (
	rebuildPause  = 250 * time.Millisecond
	rebuildSpread = time.Second // at random on top of it
	// viewsPause is how long a runner has to take the errors of its other
	// queries when one has failed. A query whose error nobody takes would wait
	// for ever.
	viewsPause = 50 * time.Millisecond
)

// lives says how long a runner of consul-template may go on.
type lives struct {
	// longWait and shortWait are how long a query waits for a change. A runner that
	// is stopped cannot take back those that wait: consul-template dials for Consul
	// itself. So runners that will soon be stopped wait shortly.
	longWait, shortWait time.Duration

	long    time.Duration // at most
	short   time.Duration // at most, if the one before saw no digest, or not everything
	partial time.Duration // while it does not see all that the bridge wrote; longer after each such one
	probe   time.Duration // between two looks whether it has missed something
}

func usualLives() lives {
	return lives{longWait: time.Minute, shortWait: 5 * time.Second, long: time.Hour, short: 15 * time.Second, partial: 3 * time.Second, probe: 10 * time.Second}
}

// Reasons why a runner ends that are not errors of its own.
var (
	errRenew = errors.New("it is time for a new runner")
	errStale = errors.New("for some seconds Consul has had something that consul-template did not see")
	errBlind = errors.New("consul-template has not seen everything that the bridge wrote for too long")
)

// watchConsul keeps a runner of consul-template going until ctx ends. A runner
// only asks for what came after the last number that it saw, so it can miss for
// good what a Consul that lost its data, and counts from one again, has to say.
// When what it saw is not what Consul has, a new one takes its place and reads
// everything anew.
func (r *Router) watchConsul(ctx context.Context) {
	logged, patience, steady := "", r.lives.partial, true
	for ctx.Err() == nil {
		whole, err := r.runTemplate(ctx, patience, steady)
		if whole {
			logged, patience = "", r.lives.partial
		}
		steady = whole && r.hasDigest() && !errors.Is(err, errStale)
		if err == nil || errors.Is(err, errRenew) {
			continue
		}
		if errors.Is(err, errBlind) {
			r.hold()
			patience = min(2*patience, r.lives.short/2)
		}
		if logged != err.Error() {
			logged = err.Error()
			r.Log.Warn("watching Consul begins anew", "error", err)
		}
		sleep(ctx, rebuildPause+rand.N(rebuildSpread))
	}
}

// hasDigest reports whether the marks of the newest view tell it from every
// other. Those of an earlier bridge do not.
func (r *Router) hasDigest() bool {
	_, seen := r.seen()
	return seen.digest != ""
}

// runTemplate runs one runner until it ends, has had its time, or ctx ends, and
// returns when it has ended; queries that wait go on until their time is over,
// and nobody hears what they say. steady is true if it may live for long. whole
// is true if it has seen everything that the bridge wrote.
func (r *Router) runTemplate(ctx context.Context, patience time.Duration, steady bool) (whole bool, _ error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	views := make(chan bool)
	wait, life := r.lives.shortWait, r.lives.short
	if steady {
		wait, life = r.lives.longWait, r.lives.long
	}
	runner, err := manager.NewRunner(r.templateConfig(r.renderer(ctx, views), wait), false)
	if err != nil {
		return false, fmt.Errorf("make a runner of consul-template: %w", err)
	}
	var started sync.WaitGroup
	defer started.Wait()
	ended := make(chan struct{})
	started.Go(func() { defer close(ended); runner.Start() })
	defer drain(runner, ended)
	defer runner.StopImmediately()
	stale := make(chan error, 1)
	started.Go(func() { stale <- r.guard(ctx) })
	defer cancel() // what renders now must end first
	return r.follow(ctx, runner, course{ended, views, stale, patience, life})
}

// course is what ends a runner, besides its own errors.
type course struct {
	ended    <-chan struct{}
	views    <-chan bool  // of each view, whether it is whole
	stale    <-chan error // it has missed something
	patience time.Duration
	life     time.Duration
}

// follow waits until a runner is of no more use, and returns why.
func (r *Router) follow(ctx context.Context, runner *manager.Runner, c course) (whole bool, _ error) {
	old, blind := time.NewTimer(c.life), time.NewTimer(c.patience)
	defer old.Stop()
	defer blind.Stop()
	for seesAll := false; ; {
		select {
		case <-ctx.Done():
			return whole, nil
		case <-c.ended:
			return whole, errors.New("consul-template ended")
		case now := <-c.views:
			if now {
				blind.Stop()
				if !r.hasDigest() && c.life > r.lives.short {
					old.Reset(r.lives.short)
				}
			} else if seesAll {
				blind.Reset(c.patience)
			}
			seesAll, whole = now, whole || now
		case <-blind.C:
			return whole, errBlind
		case <-old.C:
			return whole, errRenew
		case err := <-c.stale:
			return whole, err
		case err := <-runner.ErrCh:
			return whole, fmt.Errorf("consul-template: %w", err)
		case err := <-runner.ServerErrCh:
			sleep(ctx, viewsPause)
			return whole, fmt.Errorf("consul-template: %w", err)
		}
	}
}

// drain takes what a runner still has to say: Start blocks until it has.
func drain(runner *manager.Runner, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-runner.ErrCh:
		case <-runner.ServerErrCh:
		}
	}
}

// templateConfig is consul-template's configuration: one template in memory,
// rendered into this process, and nothing taken from the environment.
func (r *Router) templateConfig(render renderer.Renderer, wait time.Duration) *config.Config {
	all := config.DefaultConfig()
	address, safe := strings.CutPrefix(r.ConsulAddr, "https://")
	all.Consul = &config.ConsulConfig{
		Address:   config.String(address),
		Namespace: config.String(""),
		Token:     config.String(r.ConsulToken.Reveal()),
		TokenFile: config.String(""),
		Retry:     &config.RetryConfig{Enabled: config.Bool(true), Attempts: config.Int(0)},
		SSL:       &config.SSLConfig{Enabled: config.Bool(safe), Verify: config.Bool(true), CaCert: config.String(r.ConsulCA)},
	}
	all.Vault = &config.VaultConfig{Enabled: config.Bool(false), Address: config.String(""), Token: config.String("")}
	all.Nomad = &config.NomadConfig{Enabled: config.Bool(false), Address: config.String(""), Token: config.String("")}
	all.BlockQueryWaitTime = config.TimeDuration(wait)
	all.Templates = &config.TemplateConfigs{{
		Contents:         config.String(documentTemplate(r.Bridge)),
		Destination:      config.String(filepath.Join(r.Dir, "routes.json")), // named, never written
		FunctionDenylist: []string{"env", "file", "key", "keys", "ls", "secret", "secrets", "plugin", "writeToFile"},
		ErrMissingKey:    config.Bool(false),
		CreateDestDirs:   config.Bool(false),
		ErrFatal:         config.Bool(true),
		SandboxPath:      config.String(r.Dir),
	}}
	all.RendererFunc = render
	all.Finalize()
	return all
}

// renderer takes what consul-template renders, and tells views whether it is
// everything, until ctx ends. It never fails: what cannot be used is not, and
// what was there before stays.
func (r *Router) renderer(ctx context.Context, views chan<- bool) renderer.Renderer {
	return func(in *renderer.RenderInput) (*renderer.RenderResult, error) {
		select {
		case views <- r.read(in.Contents):
		case <-ctx.Done():
		}
		return &renderer.RenderResult{DidRender: true, WouldRender: true, Contents: in.Contents}, nil
	}
}

// read takes up a document, if it holds everything that the bridge wrote.
func (r *Router) read(text []byte) (whole bool) {
	seen, err := r.nodes.readDocument(text, r.Bridge)
	if err == nil {
		err = r.take(seen)
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, errIncomplete):
		// Usual for a moment within every change, as its parts arrive one by one.
		r.Log.Debug("routes stay as they are", "reason", err.Error())
	default:
		r.Log.Warn("routes stay as they are", "reason", err.Error())
	}
	r.hold()
	return false
}

// take takes up a view. One without any virtual host, once there were some, is
// errIncomplete: without them, sites would be open that must not be.
func (r *Router) take(seen view) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.published && !seen.hosts.published {
		return errIncomplete
	}
	same := r.known && seen.marks.digest != "" && seen.marks == r.view.marks
	r.views++
	r.seenAt = r.now()
	r.heldSince = time.Time{}
	if same {
		return nil
	}
	r.view, r.known, r.published = seen, true, seen.hosts.published
	r.changes++
	r.poke()
	return nil
}

func (r *Router) hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heldSince.IsZero() {
		r.heldSince = time.Now()
	}
}
