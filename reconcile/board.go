package reconcile

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"seedbed"
)

// Board holds what was seen last, for pages to show at once. It is empty after
// a start and filled by the Watcher and by those who carry out deployments;
// nothing is decided from it. Its zero value is ready for use, by any number of
// goroutines.
type Board struct {
	// Engine is told when something at the engine or the router may have
	// changed.
	Engine seedbed.Signal

	changed  seedbed.Signal
	mu       sync.RWMutex
	sights   map[int64]Sight
	held     map[int64]held
	services map[int64]seedbed.Status
	usage    map[part]seedbed.Usage
	parts    []seedbed.PartStatus
	// refused is what the router left out, by workload.
	refused map[seedbed.WorkloadID][]string
	// published is why the routers could not be told of the sites; nil if they were.
	published error
}

// part is a site's own part of a service.
type part struct{ site, service int64 }

// held is a state and since when a site has been in it.
type held struct {
	state seedbed.State
	word  string
	since time.Time
}

// Wait returns a channel that is closed at the next change of anything that
// pages show. Who takes it before looking misses nothing.
func (b *Board) Wait() <-chan struct{} { return b.changed.Wait() }

// Tell says that something that pages show has changed.
func (b *Board) Tell() { b.changed.Tell() }

// SiteStatus judges a site by what was seen of it last and by how far its
// deployment is now.
func (b *Board) SiteStatus(spec seedbed.SiteSpec) seedbed.Status {
	b.mu.RLock()
	defer b.mu.RUnlock()
	sight := b.sights[spec.Site.ID]
	s := JudgeSite(spec, sight)
	s.Observed = sight.At
	if h := b.held[spec.Site.ID]; h.state == s.State && h.word == s.Word {
		s.Since = h.since
	} else {
		s.Since = spec.Deployment.Changed()
	}
	return s
}

// Visiting returns what was seen last of how a site is led to.
func (b *Board) Visiting(spec seedbed.SiteSpec) seedbed.Visiting {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.sights[spec.Site.ID]
	v := seedbed.Visiting{Refused: slices.Clone(s.Refused), Effect: s.Effect}
	if v.Effect == seedbed.InEffect && s.Version != spec.Visitors.Version {
		v.Effect = seedbed.OnItsWay // that was seen of another one
	}
	return v
}

// Refused returns what the router left out when it was asked last, by workload, in
// sentences.
func (b *Board) Refused() map[seedbed.WorkloadID][]string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return maps.Clone(b.refused)
}

// lead notes what the router told.
func (b *Board) lead(routes seedbed.Routes) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused = routes.Refused
}

func (b *Board) publish(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.published = err
}

// Published is why the routers could not be told last how the sites are to be
// served, or nil: the Check of a Part.
func (b *Board) Published(context.Context) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.published
}

// ServiceStatus returns what was observed of a shared service; AtRest if
// nothing was yet.
func (b *Board) ServiceStatus(id int64) seedbed.Status {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.services[id]
	if s.State == "" {
		return seedbed.Status{State: seedbed.AtRest, Word: "Looking", Sentence: unseen}
	}
	return s
}

// Usage returns how much of a shared service a site's own part took when it was
// measured last; ok is false if it was not yet.
func (b *Board) Usage(siteID, serviceID int64) (u seedbed.Usage, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	u, ok = b.usage[part{siteID, serviceID}]
	return u, ok
}

// measured notes how much all parts take. What it does not name is gone.
func (b *Board) measured(usage map[part]seedbed.Usage) {
	b.mu.Lock()
	changed := !maps.Equal(usage, b.usage)
	b.usage = usage
	b.mu.Unlock()
	if changed {
		b.Tell()
	}
}

// Parts returns how each Part was when it was looked at last.
func (b *Board) Parts() []seedbed.PartStatus {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.Clone(b.parts)
}

// isBlocked reports whether a Part that deployments cannot do without did not
// answer when it was looked at last.
func (b *Board) isBlocked() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.ContainsFunc(b.parts, func(p seedbed.PartStatus) bool { return p.Blocks && !p.OK })
}

// sight returns what was seen of a site last.
func (b *Board) sight(site int64) Sight {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.sights[site]
}

// see notes what was seen of a site, unless something newer was.
func (b *Board) see(spec seedbed.SiteSpec, s Sight) {
	b.mu.Lock()
	changed := b.note(spec, s)
	b.mu.Unlock()
	if changed {
		b.Tell()
	}
}

func (b *Board) note(spec seedbed.SiteSpec, s Sight) (changed bool) {
	if b.sights == nil {
		b.sights, b.held = map[int64]Sight{}, map[int64]held{}
	}
	id := spec.Site.ID
	old := b.sights[id]
	s = s.newest(old)
	told := s.Effect != old.Effect || s.Version != old.Version || !slices.Equal(s.Refused, old.Refused)
	b.sights[id] = s
	status, before := JudgeSite(spec, s), b.held[id]
	if before.state == status.State && before.word == status.Word {
		return told
	}
	b.held[id] = held{status.State, status.Word, s.At}
	return true
}

// post notes what was seen of everything since at. What it does not name, and
// nobody else has seen since, is gone.
func (b *Board) post(at time.Time, specs []seedbed.SiteSpec, sights map[int64]Sight, services map[int64]seedbed.Status, parts []seedbed.PartStatus) {
	b.mu.Lock()
	changed := !slices.Equal(parts, b.parts)
	for _, spec := range specs {
		changed = b.note(spec, sights[spec.Site.ID]) || changed
	}
	for id, sight := range b.sights {
		if _, there := sights[id]; !there && sight.At.Before(at) {
			delete(b.sights, id)
			delete(b.held, id)
		}
	}
	changed = keepSince(services, b.services) || changed
	b.services, b.parts = services, parts
	b.mu.Unlock()
	if changed {
		b.Tell()
	}
}

// keepSince gives each status the time since when it has been so.
func keepSince(now, before map[int64]seedbed.Status) (changed bool) {
	for id, s := range now {
		s.Since = s.Observed
		if old, known := before[id]; known && old.State == s.State && old.Word == s.Word {
			s.Since = old.Since
		} else {
			changed = true
		}
		now[id] = s
	}
	return changed || len(now) != len(before)
}
