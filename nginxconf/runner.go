package nginxconf

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/consul-template/config"
	"github.com/hashicorp/consul-template/manager"
	"github.com/hashicorp/consul-template/renderer"
)

// Times of consul-template.
const (
	// blockWait is how long a query waits for a change.
	blockWait     = 15 * time.Second
	rebuildPause  = 250 * time.Millisecond
	rebuildSpread = time.Second // at random on top of it
	// viewsPause is how long a runner has to take the errors of its other
	// queries when one has failed, and then these to see that they are no longer
	// wanted. A query whose error nobody takes would wait for ever.
	viewsPause = 50 * time.Millisecond
)

// watchConsul keeps a runner of consul-template going until ctx ends. After any
// error a new one takes its place, which reads everything anew: the old one
// only asks for what came after the last number that it saw, and a Consul that
// lost its data counts from one again.
func (r *Router) watchConsul(ctx context.Context) {
	logged := ""
	for ctx.Err() == nil {
		err := r.runTemplate(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if logged != err.Error() {
			logged = err.Error()
			r.Log.Warn("watching Consul begins anew", "error", err)
		}
		sleep(ctx, rebuildPause+rand.N(rebuildSpread))
	}
}

// runTemplate runs one runner until it ends or ctx does, and returns when all
// that it started has ended.
func (r *Router) runTemplate(ctx context.Context) error {
	connections := newConnections()
	runner, err := manager.NewRunner(r.templateConfig(connections), false)
	if err != nil {
		return fmt.Errorf("make a runner of consul-template: %w", err)
	}
	var started sync.WaitGroup
	defer started.Wait()
	ended := make(chan struct{})
	started.Go(func() { defer close(ended); runner.Start() })
	defer drain(runner, ended)
	defer connections.closeAfter(viewsPause)
	defer runner.StopImmediately()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ended:
			return errors.New("consul-template ended")
		case err := <-runner.ErrCh:
			return fmt.Errorf("consul-template: %w", err)
		case err := <-runner.ServerErrCh:
			sleep(ctx, viewsPause)
			return fmt.Errorf("consul-template: %w", err)
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
func (r *Router) templateConfig(c *connections) *config.Config {
	all := config.DefaultConfig()
	all.Consul = &config.ConsulConfig{
		Address:   config.String(r.ConsulAddr),
		Namespace: config.String(""),
		Token:     config.String(r.ConsulToken.Reveal()),
		TokenFile: config.String(""),
		Retry:     &config.RetryConfig{Enabled: config.Bool(true), Attempts: config.Int(0)},
		SSL:       &config.SSLConfig{Enabled: config.Bool(false)},
		Transport: &config.TransportConfig{CustomDialer: c},
	}
	all.Vault = &config.VaultConfig{Enabled: config.Bool(false), Address: config.String(""), Token: config.String("")}
	all.Nomad = &config.NomadConfig{Enabled: config.Bool(false), Address: config.String(""), Token: config.String("")}
	all.BlockQueryWaitTime = config.TimeDuration(blockWait)
	all.Templates = &config.TemplateConfigs{{
		Contents:         config.String(documentTemplate),
		Destination:      config.String(filepath.Join(r.Dir, "routes.json")), // named, never written
		FunctionDenylist: []string{"env", "file", "key", "keys", "ls", "secret", "secrets", "plugin", "writeToFile"},
		ErrMissingKey:    config.Bool(false),
		CreateDestDirs:   config.Bool(false),
		ErrFatal:         config.Bool(true),
		SandboxPath:      config.String(r.Dir),
	}}
	all.RendererFunc = r.rendered
	all.Finalize()
	return all
}

// rendered takes what consul-template rendered. It never fails: what cannot be
// used is not, and what was there before stays.
func (r *Router) rendered(in *renderer.RenderInput) (*renderer.RenderResult, error) {
	result := &renderer.RenderResult{DidRender: true, WouldRender: true, Contents: in.Contents}
	entries, err := readDocument(in.Contents, r.Bridge)
	switch {
	case err == nil:
		r.take(entries)
	case errors.Is(err, errIncomplete):
		// Usual for a moment within every change, as its parts arrive one by one.
		r.Log.Debug("routes stay as they are", "reason", err.Error())
		r.hold()
	default:
		r.Log.Warn("routes stay as they are", "reason", err.Error())
		r.hold()
	}
	return result, nil
}

func (r *Router) take(entries []entry) {
	r.mu.Lock()
	r.entries, r.known, r.heldSince = entries, true, time.Time{}
	r.mu.Unlock()
	r.poke()
}

func (r *Router) hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heldSince.IsZero() {
		r.heldSince = time.Now()
	}
}
