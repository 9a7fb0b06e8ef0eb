package reconcile

import (
	"context"
	"fmt"
	"time"

	"seedbed"
)

// look finds out what there is of the worker's site. An error means that it
// could not be found out.
func (w *worker) look(ctx context.Context) (Actual, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	at, a := w.Now(), Actual{Services: map[string]bool{}, Bound: map[string]bool{}, Gone: map[string]bool{}}
	var err error
	if a.Engine, err = w.Engine.Observe(ctx); err != nil {
		return a, fmt.Errorf("observe the engine: %w", err)
	}
	if o, ok := a.Engine[w.spec.Site.WorkloadID()]; ok {
		a.Workload = &o
	}
	if a.Volumes, err = w.countVolumes(ctx); err != nil {
		return a, err
	}
	routes, err := w.Router.Routes(ctx)
	if err != nil {
		return a, fmt.Errorf("read the routes: %w", err)
	}
	a.Known, a.Routed = w.routed(routes)
	if err := w.lookAtServices(ctx, &a, routes); err != nil {
		return a, err
	}
	if err := w.lookAtBackup(ctx, &a); err != nil {
		return a, err
	}
	refused := routes.Refused[w.spec.Site.WorkloadID()]
	answer := w.ask(ctx, a, refused)
	a.Answered = answer.OK() || !answer.At.IsZero() && w.spec.Visitors.HidesSite()
	s := Sight{At: at, Workload: a.Workload, Routed: a.Routed, Unrouted: !a.Routed, Answer: answer, Refused: refused}
	s.Effect, s.Version = effect(w.spec, s, routes), w.spec.Visitors.Version
	w.Board.see(w.spec, s)
	return a, nil
}

func (w *worker) countVolumes(ctx context.Context) (n int, err error) {
	for _, v := range w.spec.Volumes {
		there, err := w.Volumes.Exists(ctx, v)
		if err != nil {
			return 0, fmt.Errorf("look for volume %q: %w", v.Name, err)
		}
		if there {
			n++
		}
	}
	return n, nil
}

// routed reports whether nginx knows any of the site's addresses, and whether
// the one that is its own leads to an instance. That another one is refused holds
// no deployment up.
func (w *worker) routed(routes seedbed.Routes) (known, own bool) {
	for _, a := range w.spec.Addresses {
		_, ok := routes.Hosts[a.Host]
		known = known || ok
	}
	return known, routes.Hosts[w.spec.Own()].Instances > 0
}

// lookAtServices asks each service that the site has a part of, as far as it
// can be asked.
func (w *worker) lookAtServices(ctx context.Context, a *Actual, routes seedbed.Routes) error {
	if w.spec.Deployment.Kind == seedbed.Pause {
		return nil // it needs none
	}
	for _, b := range w.spec.Bindings {
		kind := b.Service.Kind
		if !a.Engine[b.Service.WorkloadID()].Well(b.Service.Mark()) || routes.Ports[b.Service.Port].Instances == 0 {
			continue
		}
		endpoint, err := w.endpoint(ctx, b.Service)
		if err != nil {
			return err
		}
		if w.Kinds[kind].Check(ctx, endpoint) != nil {
			continue // not up yet: the step says so
		}
		a.Services[kind] = true
		if err := w.lookAtBinding(ctx, a, endpoint, b); err != nil {
			return fmt.Errorf("look for the site's part of %s: %w", kind, err)
		}
	}
	return nil
}

// lookAtBinding asks what the deployment is about: whether the site's part
// works, or whether all of it is gone. One is not the opposite of the other.
func (w *worker) lookAtBinding(ctx context.Context, a *Actual, e seedbed.Endpoint, b seedbed.Binding) (err error) {
	kind := b.Service.Kind
	if w.spec.Deployment.Kind == seedbed.Remove {
		a.Gone[kind], err = w.Kinds[kind].Gone(ctx, e, b)
		return err
	}
	a.Bound[kind], err = w.Kinds[kind].Bound(ctx, e, b)
	return err
}

func (r *Reconciler) endpoint(ctx context.Context, s seedbed.Service) (seedbed.Endpoint, error) {
	host, err := r.ServiceAddress(ctx)
	if err != nil {
		return seedbed.Endpoint{}, fmt.Errorf("find the address of the shared services: %w", err)
	}
	return seedbed.Endpoint{Host: host, Port: s.Port, AdminPort: s.AdminPort(), Password: s.Password}, nil
}

// ask asks the site's address, once all that is behind it is well.
func (w *worker) ask(ctx context.Context, a Actual, refused []string) seedbed.Answer {
	if k := w.spec.Deployment.Kind; k == seedbed.Remove || k == seedbed.Pause || !a.Routed || a.Workload == nil || !a.Workload.Well(w.spec.Deployment.Mark()) {
		return seedbed.Answer{}
	}
	return w.Router.Ask(ctx, asked(w.spec, refused))
}
