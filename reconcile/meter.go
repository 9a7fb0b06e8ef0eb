package reconcile

import (
	"cmp"
	"context"
	"time"

	"seedbed"
)

const (
	measureEvery  = time.Minute
	measureWithin = 20 * time.Second // one part
)

// Meter measures at long intervals how much of the shared services the sites'
// own parts take, and writes it on the Board: no page has to wait for it.
type Meter struct {
	*Reconciler
	Every time.Duration // 0 means a minute
}

// Run measures until ctx ends.
func (m Meter) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := m.round(ctx); err != nil && ctx.Err() == nil {
			m.Log.Warn("measure the use of services", "error", err)
		}
		m.sleep(ctx, nil, cmp.Or(m.Every, measureEvery))
	}
}

// round measures every part once.
func (m Meter) round(ctx context.Context) error {
	specs, err := m.Store.SiteSpecs(ctx)
	if err != nil {
		return err
	}
	usage := map[part]seedbed.Usage{}
	for _, spec := range specs {
		for _, b := range spec.Bindings {
			key := part{spec.Site.ID, b.Service.ID}
			if u, known := m.measure(ctx, b); known {
				usage[key] = u
			} else if u, known := m.Board.Usage(key.site, key.service); known {
				usage[key] = u // it is known how it was
			}
		}
	}
	if ctx.Err() == nil {
		m.Board.measured(usage)
	}
	return ctx.Err()
}

// measure asks a service that runs about one site's part.
func (m Meter) measure(ctx context.Context, b seedbed.Binding) (u seedbed.Usage, known bool) {
	kind := m.Kinds[b.Service.Kind]
	if kind == nil || !b.Made || m.Board.ServiceStatus(b.Service.ID).State != seedbed.Live {
		return u, false
	}
	ctx, cancel := context.WithTimeout(ctx, measureWithin)
	defer cancel()
	endpoint, err := m.endpoint(ctx, b.Service)
	if err == nil {
		u, err = kind.Usage(ctx, endpoint, b)
	}
	if err != nil && !seedbed.IsNotFound(err) && ctx.Err() == nil {
		m.Log.Warn("measure a site's part of a service", "site", b.SiteID, "service", b.Service.Kind, "error", err)
	}
	return u, err == nil
}
