// Package reconciletest is a small made-up world for tests of the reconciler: an
// engine, a router, volumes and a shared service that do at once what they are
// asked, keep count of it, and fail when told to. The database in those tests
// is the real one. It is not for anything else.
package reconciletest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"seedbed"
)

// World is an Engine, a Router, Volumes, a Catalog and a ServiceKind in one.
type World struct {
	mu sync.Mutex

	Down     bool               // nothing answers
	Refused  int                // how often it did not
	Asked    int                // how often an address was
	Failing  string             // containers end by themselves with these words; empty: they are well
	Only     seedbed.WorkloadID // that is Failing; empty: all are
	Once     bool               // what is Failing does so once, and is then never well
	Setting  string             // with which a site is Failing, the answer to "image"; empty: with any
	Ill      string             // the answer to "image" with which a site runs and is not well
	Sites    *seedbed.Template  // what sites are made from, in place of Template
	Applied  map[seedbed.WorkloadID]int
	Ensured  map[string]int // bindings, by name
	Rotated  map[string]int
	Content  map[string]string               // of bindings, for Dump and Load
	Clashes  map[seedbed.WorkloadID][]string // what the router leaves out
	served   map[seedbed.WorkloadID]seedbed.VirtualHost
	running  map[seedbed.WorkloadID]seedbed.Workload
	volumes  map[seedbed.Volume]bool
	bindings map[string]seedbed.Secret // the password, by name
	failures int
	failed   time.Time
}

// Template is the only one that the World's catalog has, besides "postgres".
var Template = seedbed.Template{
	Name: "wiki", Kind: seedbed.SiteTemplate, Title: "Wiki", Needs: []seedbed.Need{{Service: "postgres"}}, Secrets: []string{"admin"},
	Volumes: []seedbed.TemplateVolume{{Name: "files", Path: "/files"}}, Patience: time.Minute,
}

// New returns a World in which nothing runs.
func New() *World {
	return &World{
		Applied: map[seedbed.WorkloadID]int{}, Ensured: map[string]int{}, running: map[seedbed.WorkloadID]seedbed.Workload{},
		volumes: map[seedbed.Volume]bool{}, bindings: map[string]seedbed.Secret{}, Rotated: map[string]int{}, Content: map[string]string{},
	}
}

var errDown = errors.New("nothing answers")

// do runs f unless the world is down.
func (w *World) do(f func()) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.Down {
		w.Refused++
		return errDown
	}
	f()
	return nil
}

// Set changes the world while others use it.
func (w *World) Set(f func(*World)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w)
}

// Forget makes the engine lose all that it runs, as if its memory were gone.
func (w *World) Forget() { w.Set(func(w *World) { clear(w.running) }) }

// Left counts what is there: workloads, volumes and bindings.
func (w *World) Left() (workloads, volumes, bindings int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.running), len(w.volumes), len(w.bindings)
}

func (w *World) fails(workload seedbed.Workload) bool {
	return w.Failing != "" && (w.Only == "" || w.Only == workload.ID) && (w.Setting == "" || w.Setting == workload.Image)
}

// Apply runs a workload.
func (w *World) Apply(_ context.Context, workload seedbed.Workload) error {
	return w.do(func() { w.running[workload.ID] = workload; w.Applied[workload.ID]++ })
}

// Observe tells what runs.
func (w *World) Observe(context.Context) (all map[seedbed.WorkloadID]seedbed.Observed, err error) {
	all = map[seedbed.WorkloadID]seedbed.Observed{}
	err = w.do(func() {
		for id, workload := range w.running {
			o := seedbed.Observed{ID: id, Deployment: workload.Labels[seedbed.DeploymentLabel], Instances: 1, Settled: true}
			switch {
			case w.Ill != "" && w.Ill == workload.Image:
				o.Running = 1
			case !w.fails(workload):
				o.Running, o.Healthy = 1, 1
			default:
				if !w.Once || w.failures == 0 {
					w.failures++
					w.failed = time.Now().Add(time.Duration(w.failures) * time.Millisecond)
				}
				o.Failure = &seedbed.Failure{At: w.failed, Message: w.Failing}
			}
			all[id] = o
		}
	})
	return all, err
}

// Serve has the router serve sites as they are to be.
func (w *World) Serve(hosts []seedbed.VirtualHost) {
	w.served = map[seedbed.WorkloadID]seedbed.VirtualHost{}
	for _, host := range hosts {
		w.served[host.Workload] = host
	}
}

// Routes leads to all that is well.
func (w *World) Routes(context.Context) (routes seedbed.Routes, err error) {
	routes = seedbed.Routes{Hosts: map[seedbed.HostName]seedbed.Route{}, Ports: map[int]seedbed.Route{}, Served: map[seedbed.WorkloadID]string{}}
	err = w.do(func() {
		routes.Refused = maps.Clone(w.Clashes)
		for id, host := range w.served {
			routes.Served[id] = host.Digest()
		}
		for _, workload := range w.running {
			route := seedbed.Route{Instances: 1}
			if w.fails(workload) {
				route.Instances = 0
			}
			for _, host := range append(w.served[workload.ID].Hosts, seedbed.HostName(workload.Labels[seedbed.DomainLabel])) {
				if host != "" {
					routes.Hosts[host] = route
				}
			}
			if workload.ServicePort > 0 {
				routes.Ports[workload.ServicePort] = route
			}
		}
	})
	return routes, err
}

// Ask answers for what is well.
func (w *World) Ask(ctx context.Context, host seedbed.HostName) seedbed.Answer {
	w.Set(func(w *World) { w.Asked++ })
	routes, err := w.Routes(ctx)
	if err != nil || routes.Hosts[host].Instances == 0 || w.hides(host) {
		return seedbed.Answer{At: time.Now(), Status: 503}
	}
	return seedbed.Answer{At: time.Now(), Status: 200, Took: 20 * time.Millisecond}
}

// hides reports whether nginx shows a page of its own for a host.
func (w *World) hides(host seedbed.HostName) (hidden bool) {
	w.Set(func(w *World) {
		for _, v := range w.served {
			hidden = hidden || slices.Contains(v.Hosts, host) && (v.Door != seedbed.LetIn || len(v.Keys) > 0)
		}
	})
	return hidden
}

// Watch tells of a possible change many times a second, so that tests are
// quick.
func (w *World) Watch(ctx context.Context, changed func()) {
	ticks := time.NewTicker(20 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			changed()
		}
	}
}

// Template returns one of the two templates.
func (w *World) Template(name string) (seedbed.Template, error) {
	switch name {
	case Template.Name:
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.Sites != nil {
			return *w.Sites, nil
		}
		return Template, nil
	case "postgres":
		return seedbed.Template{Name: name, Kind: seedbed.ServiceTemplate, Volumes: []seedbed.TemplateVolume{{Name: "data"}}, Patience: time.Minute}, nil
	default:
		return seedbed.Template{}, seedbed.Missing("There is no such template.")
	}
}

// SiteWorkload makes a workload with the labels that matter.
func (w *World) SiteWorkload(spec seedbed.SiteSpec, paths map[string]string) (seedbed.Workload, error) {
	return seedbed.Workload{ID: spec.Site.WorkloadID(), Image: spec.Revision.Settings["image"], Instances: 1, Env: maps.Clone(paths), Labels: map[string]string{
		seedbed.DeploymentLabel: spec.Deployment.Mark(), seedbed.DomainLabel: string(spec.Addresses[0].Host)}}, nil
}

// ServiceWorkload makes a workload with the labels that matter.
func (w *World) ServiceWorkload(s seedbed.Service, _ map[string]string) (seedbed.Workload, error) {
	return seedbed.Workload{ID: s.WorkloadID(), Instances: 1, ServicePort: s.Port, Labels: map[string]string{seedbed.DeploymentLabel: s.Mark()}}, nil
}
