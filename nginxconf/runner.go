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
	// blockWait is how long a query waits for a change. A runner that is stopped
	// cannot take back those that wait: consul-template dials for Consul itself.
	blockWait     = 5 * time.Second
	rebuildPause  = 250 * time.Millisecond
	rebuildSpread = time.Second // at random on top of it
	// viewsPause is how long a runner has to take the errors of its other
	// queries when one has failed. A query whose error nobody takes would wait
	// for ever.
	viewsPause = 50 * time.Millisecond
)

// lives says how long a runner of consul-template may go on.
type lives struct {
	whole   time.Duration // at most
	partial time.Duration // while it does not see all that the bridge wrote; longer after each such one
}

func usualLives() lives { return lives{whole: 15 * time.Second, partial: 3 * time.Second} }

// Reasons why a runner ends that are not errors of its own.
var (
	errRenew = errors.New("it is time for a new runner")
	errBlind = errors.New("consul-template has not seen everything that the bridge wrote for too long")
)

// watchConsul keeps a runner of consul-template going until ctx ends. Each
// lives for some seconds only, then a new one takes its place and reads
// everything anew: a runner only asks for what came after the last number that
// it saw, so it can miss for good what a Consul that lost its data, and counts
// from one again, has to say.
func (r *Router) watchConsul(ctx context.Context) {
	logged, patience := "", r.lives.partial
	for ctx.Err() == nil {
		whole, err := r.runTemplate(ctx, patience)
		if whole {
			logged, patience = "", r.lives.partial
		}
		if err == nil || errors.Is(err, errRenew) {
			continue
		}
		if errors.Is(err, errBlind) {
			r.hold()
			patience = min(2*patience, r.lives.whole/2)
		}
		if logged != err.Error() {
			logged = err.Error()
			r.Log.Warn("watching Consul begins anew", "error", err)
		}
		sleep(ctx, rebuildPause+rand.N(rebuildSpread))
	}
}

// runTemplate runs one runner until it ends, has had its time, or ctx ends, and
// returns when it has ended; queries that wait go on for blockWait at most, and
// nobody hears what they say. whole is true if it has seen
// everything that the bridge wrote.
func (r *Router) runTemplate(ctx context.Context, patience time.Duration) (whole bool, _ error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	views := make(chan bool)
	runner, err := manager.NewRunner(r.templateConfig(r.renderer(ctx, views)), false)
	if err != nil {
		return false, fmt.Errorf("make a runner of consul-template: %w", err)
	}
	var started sync.WaitGroup
	defer started.Wait()
	ended := make(chan struct{})
	started.Go(func() { defer close(ended); runner.Start() })
	defer drain(runner, ended)
	defer runner.StopImmediately()
	defer cancel() // what renders now must end first
	return r.follow(ctx, runner, ended, views, patience)
}

// follow waits until a runner is of no more use, and returns why.
func (r *Router) follow(ctx context.Context, runner *manager.Runner, ended <-chan struct{}, views <-chan bool, patience time.Duration) (whole bool, _ error) {
	old, blind := time.NewTimer(r.lives.whole), time.NewTimer(patience)
	defer old.Stop()
	defer blind.Stop()
	for seesAll := false; ; {
		select {
		case <-ctx.Done():
			return whole, nil
		case <-ended:
			return whole, errors.New("consul-template ended")
		case now := <-views:
			if now {
				blind.Stop()
			} else if seesAll {
				blind.Reset(patience)
			}
			seesAll, whole = now, whole || now
		case <-blind.C:
			return whole, errBlind
		case <-old.C:
			return whole, errRenew
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
func (r *Router) templateConfig(render renderer.Renderer) *config.Config {
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
	all.BlockQueryWaitTime = config.TimeDuration(blockWait)
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
	seen, err := readDocument(text, r.Bridge)
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
	r.view, r.known, r.published, r.heldSince = seen, true, seen.hosts.published, time.Time{}
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
