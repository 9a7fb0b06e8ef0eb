package nginxconf

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"seedbed"
)

// Bounds of the search for the sites that nginx refuses.
const (
	maxTrials      = 80
	trialsPatience = 20 * time.Second
	barredFor      = 5 * time.Minute // a site in the form that nginx refused, until it is tried once more
)

// barring is a site that nginx refused.
type barring struct {
	form   string // in which it was refused
	until  time.Time
	reason string
}

// tried generates the configuration of a table and tests it.
func (r *Router) tried(ctx context.Context, t table, listeners []listener) (configuration, error) {
	c, err := generate(t, r.settings(t), listeners)
	if err != nil {
		return c, fmt.Errorf("generate the configuration: %w", err)
	}
	return c, r.tested(ctx, c)
}

// tested puts a configuration where nginx does not read it yet, and lets nginx
// test it.
func (r *Router) tested(ctx context.Context, c configuration) error {
	if err := r.stage(c); err != nil {
		return err
	}
	return r.nginx.test(ctx, r.generationFile(c.generation))
}

// settle tests the configuration of a table, unless it could not be made at all.
// Where it is refused, it finds the sites that it is refused for, and goes on with
// those as they were served last, or without them. It is an error if no sites are
// to blame.
func (r *Router) settle(ctx context.Context, c configuration, err error, t table, listeners []listener) (configuration, error) {
	if err == nil {
		err = r.tested(ctx, c)
	}
	if err == nil || ctx.Err() != nil {
		return c, err
	}
	search := search{router: r, wanted: t, last: r.lastServed().table, listeners: listeners, trials: maxTrials}
	instead, found := search.run(ctx)
	if !found {
		return c, err
	}
	r.bar(search.out, t, err)
	return r.tried(ctx, instead, listeners)
}

// bar remembers the sites that are left out, and in which form.
func (r *Router) bar(out map[seedbed.WorkloadID]bool, t table, reason error) {
	r.Log.Error("nginx refuses sites, which are left out", "sites", len(out), "error", reason)
	for _, s := range t.Sites {
		if out[s.Workload] {
			r.barred[s.Workload] = barring{s.form(), r.now().Add(barredFor), "nginx refuses its settings. It is served as it was before, or not at all, until they change."}
		}
	}
}

// leaveOut puts the last good form in place of sites that nginx has refused as
// they are now.
func (r *Router) leaveOut(t, last table) table {
	if len(r.barred) == 0 {
		return t
	}
	out := map[seedbed.WorkloadID]bool{}
	for _, s := range t.Sites {
		if b, is := r.barred[s.Workload]; is && b.form == s.form() && r.now().Before(b.until) {
			out[s.Workload] = true
		}
	}
	maps.DeleteFunc(r.barred, func(id seedbed.WorkloadID, _ barring) bool { return !out[id] })
	return t.without(out, last)
}

// form is everything about a site, to see whether it has changed.
func (s site) form() string {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Sprintf("%#v", s)
	}
	return string(text)
}

// without returns the table with some sites as they were in another, as far as
// nobody else has their hosts and the same visitors may come in, or without them.
func (t table) without(out map[seedbed.WorkloadID]bool, last table) table {
	if len(out) == 0 {
		return t
	}
	wanted := map[seedbed.WorkloadID]options{}
	var keep, before []site
	for _, s := range t.Sites {
		if out[s.Workload] {
			wanted[s.Workload] = s.Options
		} else {
			keep = append(keep, s)
		}
	}
	for _, s := range last.Sites {
		if now, is := wanted[s.Workload]; is && s.Options.asOpenAs(now) {
			before = append(before, s)
		}
	}
	t.Sites = keep
	return t.and(before)
}

// asOpenAs reports whether the same visitors are let in.
func (o options) asOpenAs(other options) bool {
	return o.Door == other.Door && o.Inside == other.Inside && slices.Equal(o.Keys, other.Keys)
}

// and returns the table with more sites, as far as their hosts are free.
func (t table) and(more []site) table {
	taken := map[seedbed.HostName]bool{}
	for _, s := range t.Sites {
		for _, host := range s.Hosts {
			taken[host] = true
		}
		for _, p := range s.Below {
			taken[p.Host] = true
		}
	}
	t.Sites = slices.Clone(t.Sites)
	for _, s := range more {
		s.Hosts = slices.DeleteFunc(slices.Clone(s.Hosts), func(h seedbed.HostName) bool { return taken[h] })
		s.Below = slices.DeleteFunc(slices.Clone(s.Below), func(p place) bool { return taken[p.Host] })
		if !slices.Contains(s.Hosts, s.Options.Main) {
			s.Options.Main = ""
		}
		if len(s.Hosts)+len(s.Below) > 0 {
			t.Sites = append(t.Sites, s)
		}
	}
	slices.SortFunc(t.Sites, func(a, b site) int { return compareIDs(a.Workload, b.Workload) })
	return t
}

func compareIDs(a, b seedbed.WorkloadID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// search finds the sites for which nginx refuses a table, by halves.
type search struct {
	router       *Router
	wanted, last table
	listeners    []listener
	out          map[seedbed.WorkloadID]bool
	trials       int // that are left
}

// run returns a table that nginx takes. Those that have changed are suspected
// first; if they are not to blame alone, all are, and what nginx took before is
// worth nothing.
func (s *search) run(ctx context.Context) (instead table, found bool) {
	ctx, cancel := context.WithTimeout(ctx, trialsPatience)
	defer cancel()
	suspects := s.changed()
	if s.out = setOf(suspects); len(suspects) == 0 || !s.passes(ctx, s.out) {
		suspects, s.last = s.wanted.workloads(), table{}
		if s.out = setOf(suspects); !s.passes(ctx, s.out) {
			return table{}, false
		}
	}
	s.clear(ctx, suspects)
	return s.wanted.without(s.out, s.last), len(s.out) > 0
}

// clear takes those suspects out of s.out that are not to blame. What there is no
// time to try stays there.
func (s *search) clear(ctx context.Context, suspects []seedbed.WorkloadID) {
	less := maps.Clone(s.out)
	for _, id := range suspects {
		delete(less, id)
	}
	if s.passes(ctx, less) {
		s.out = less
		return
	}
	if len(suspects) > 1 {
		s.clear(ctx, suspects[:len(suspects)/2])
		s.clear(ctx, suspects[len(suspects)/2:])
	}
}

func (s *search) passes(ctx context.Context, out map[seedbed.WorkloadID]bool) bool {
	if s.trials--; s.trials < 0 || ctx.Err() != nil {
		return false
	}
	_, err := s.router.tried(ctx, s.wanted.without(out, s.last), s.listeners)
	return err == nil
}

// changed are the sites that are not as they were served last.
func (s *search) changed() (all []seedbed.WorkloadID) {
	before := map[seedbed.WorkloadID]string{}
	for _, one := range s.last.Sites {
		before[one.Workload] = one.form()
	}
	for _, one := range s.wanted.Sites {
		if before[one.Workload] != one.form() {
			all = append(all, one.Workload)
		}
	}
	return all
}

func (t table) workloads() (all []seedbed.WorkloadID) {
	for _, s := range t.Sites {
		all = append(all, s.Workload)
	}
	return all
}

func setOf(all []seedbed.WorkloadID) map[seedbed.WorkloadID]bool {
	set := map[seedbed.WorkloadID]bool{}
	for _, id := range all {
		set[id] = true
	}
	return set
}
