package reconcile

import (
	"context"
	"time"

	"seedbed"
)

// publishWithin is how long telling the routers may take; it is tried again with
// the next round.
const publishWithin = 10 * time.Second

// publish tells every router how the sites are to be served.
func (w *Watcher) publish(ctx context.Context, specs []seedbed.SiteSpec) {
	if w.Publish == nil {
		return
	}
	hosts := []seedbed.VirtualHost{}
	for _, spec := range specs {
		if isLeaving(spec.Deployment) || len(spec.Addresses) == 0 {
			continue // its addresses are to be closed
		}
		hosts = append(hosts, spec.VirtualHost(doorOf(spec, w.Board.sight(spec.Site.ID))))
	}
	ctx, cancel := context.WithTimeout(ctx, publishWithin)
	defer cancel()
	err := w.Publish(ctx, hosts)
	if err != nil {
		w.Log.Warn("tell the routers how sites are to be served", "error", err)
	}
	w.Board.publish(err)
}

func isLeaving(d seedbed.Deployment) bool {
	return d.Kind == seedbed.Remove && d.State != seedbed.Failed
}

// doorOf is why visitors are to read a page of the router's. What runs is not
// given up, whatever became of the last change of it.
func doorOf(spec seedbed.SiteSpec, s Sight) seedbed.VisitorDoor {
	d := spec.Deployment
	switch {
	case d.IsPause():
		return seedbed.Paused
	case spec.Visitors.Maintenance:
		return seedbed.Maintenance
	case d.State == seedbed.Failed && d.Kind != seedbed.BackUp && !s.runs():
		return seedbed.GivenUp
	}
	return seedbed.LetIn
}

// runs reports whether something of it was seen to run that visitors can be sent
// to, now or as soon as nginx hears of it.
func (s Sight) runs() bool {
	return s.Routed || s.Blind || s.Workload != nil && (s.Workload.Unseen || s.Workload.Healthy > 0)
}

// effect is whether nginx serves a site as it is wanted, as far as the router
// tells.
func effect(spec seedbed.SiteSpec, s Sight, routes seedbed.Routes) seedbed.Effect {
	if routes.Served == nil {
		return seedbed.EffectUnknown
	}
	if routes.Served[spec.Site.WorkloadID()] == spec.VirtualHost(doorOf(spec, s)).Digest() {
		return seedbed.InEffect
	}
	return seedbed.OnItsWay
}

// asked is the host name by which a site is asked for its first page: the main
// one, unless the router has refused one of its names, because another site would
// answer then.
func asked(spec seedbed.SiteSpec, refused []string) seedbed.HostName {
	if len(refused) > 0 {
		return spec.Own()
	}
	return spec.Main()
}
