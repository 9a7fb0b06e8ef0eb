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
	// blockWait is how long a query waits for a change. After Consul has lost
	// its data it is also how long that may go unnoticed.
	blockWait    = 15 * time.Second
	retryBackoff = 250 * time.Millisecond
	retryMaximum = 5 * time.Second
	rebuildPause = time.Second
	// viewsPause is how long the queries of a stopped runner have to see that
	// they are no longer wanted. One whose connection is cut before that would
	// wait for ever for somebody to take its error.
	viewsPause    = 50 * time.Millisecond
	rebuildSpread = 4 * time.Second
)

// watchConsul keeps a runner of consul-template going until ctx ends. A runner
// ends for good on an error, so a new one takes its place.
func (r *Router) watchConsul(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.runTemplate(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("watching Consul begins anew", "error", err)
			sleep(ctx, rebuildPause+rand.N(rebuildSpread))
		}
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
		case <-runner.ServerErrCh: // it retries by itself, without end
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
	retry := func() *config.RetryConfig {
		return &config.RetryConfig{
			Enabled: config.Bool(true), Attempts: config.Int(0),
			Backoff: config.TimeDuration(retryBackoff), MaxBackoff: config.TimeDuration(retryMaximum),
		}
	}
	all := config.DefaultConfig()
	all.Consul = &config.ConsulConfig{
		Address:   config.String(r.ConsulAddr),
		Namespace: config.String(""),
		Token:     config.String(r.ConsulToken.Reveal()),
		TokenFile: config.String(""),
		Retry:     retry(),
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
	if err != nil {
		r.Log.Info("routes stay as they are", "reason", err.Error())
		return result, nil
	}
	r.mu.Lock()
	r.entries, r.known = entries, true
	r.mu.Unlock()
	r.poke()
	return result, nil
}
