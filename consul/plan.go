package consul

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/consul/api"

	"seedbed"
)

// resting is what the check of the last entry of a workload says that the
// engine has and of which nothing runs.
const resting = "No task of it runs now."

// answer is what the engine said of some workloads: complete, sound, without
// error.
type answer struct {
	whole  bool // of all workloads; what is not in apps is not there
	apps   map[seedbed.WorkloadID][]seedbed.Instance
	except map[seedbed.WorkloadID]bool // of a whole one: of these it says nothing
	at     time.Time                   // when it was asked
}

// remembered is what a bridge keeps in mind of a workload between answers.
type remembered struct {
	labels map[string]string // of its instances; nil if not known
	since  string
}

// plan works out what to write, from an answer and what Consul holds. It is used
// once.
type plan struct {
	owner owner
	flags uint64
	have  *state
	lost  *state // what Consul had before it lost its data; nil if it did not
	know  *evidence
	mind  map[seedbed.WorkloadID]remembered
	now   time.Time
	// unlimited takes the cap off removals; certain believes each at once.
	unlimited, certain bool
	adopt              bool // labels that somebody else wrote become ours
	log                *slog.Logger

	nodes, sets, drops []change
	kept               map[seedbed.WorkloadID]bool     // looked at, and whether something of it will be there
	joining            map[string][]seedbed.WorkloadID // that had nothing there yet, by service name
	count              int
	digest             uint64
	needed             map[string]bool // nodes that something will be on

	found   seedbed.BridgeDrift
	doubts  int // instances that are not listed and whose end is not proved yet
	held    []seedbed.HeldRemoval
	clashes []string
}

// sight is one workload, looked at.
type sight struct {
	app          seedbed.WorkloadID
	exists, live bool
	wanted       map[place]entry
	going        []departure
}

// departure is an entry whose instance the engine no longer lists.
type departure struct {
	entry
	proof   proof
	limited bool // it counts against the cap
	why     string
}

// make returns the changes in the order in which they are to be written: new
// things first, removals after them, the count of all last.
func (p *plan) make(a answer) []change {
	p.kept, p.joining, p.needed = map[seedbed.WorkloadID]bool{}, map[string][]seedbed.WorkloadID{}, map[string]bool{}
	p.count, p.digest = p.have.count(), p.have.digest
	sights := p.looks(a)
	p.limit(sights)
	for _, s := range sights {
		p.settle(s)
	}
	services := p.touched(a, sights)
	labels, gone := p.labelChanges(services)
	p.drops = append(p.drops, gone...)
	if a.whole {
		p.tidyNodes()
		p.nameClashes(a)
	}
	return slices.Concat(p.nodes, p.sets, labels, p.drops, p.mark())
}

// looks looks at the workloads of the answer; at a whole one also at those that
// only Consul knows.
func (p *plan) looks(a answer) (sights []sight) {
	apps := map[seedbed.WorkloadID]bool{}
	for app := range a.apps {
		apps[app] = true
	}
	if a.whole {
		for app := range p.have.apps {
			if !a.except[app] {
				apps[app] = true
			}
		}
	}
	if a.whole && p.lost != nil {
		for app := range p.lost.apps {
			if !a.except[app] {
				apps[app] = true
			}
		}
	}
	delete(apps, "") // the bridge's own entry
	for _, app := range slices.Sorted(maps.Keys(apps)) {
		instances, exists := a.apps[app]
		sights = append(sights, p.look(a, app, instances, exists))
	}
	return sights
}

func (p *plan) look(a answer, app seedbed.WorkloadID, instances []seedbed.Instance, exists bool) sight {
	s := sight{app: app, exists: exists, wanted: map[place]entry{}}
	if exists {
		p.know.has(app)
	}
	listed := map[string]bool{} // whether it can be registered
	slices.SortFunc(instances, func(a, b seedbed.Instance) int { return cmp.Compare(a.ID, b.ID) })
	for _, i := range instances {
		listed[i.ID] = p.take(&s, i)
		s.live = s.live || listed[i.ID]
		p.know.listed(i.ID)
	}
	for at := range p.have.apps[app] {
		if _, there := s.wanted[at]; !there {
			p.miss(a, &s, p.have.entries[at], listed)
		}
	}
	if p.lost != nil {
		for at := range p.lost.apps[app] {
			if _, there := s.wanted[at]; !there && !p.have.apps[app][at] {
				p.miss(a, &s, p.lost.entries[at], listed)
			}
		}
	}
	slices.SortFunc(s.going, func(a, b departure) int { return cmp.Or(cmp.Compare(a.task(), b.task()), cmp.Compare(a.ID, b.ID)) })
	return s
}

// take takes in the entries of an instance, if they can be registered.
func (p *plan) take(s *sight, i seedbed.Instance) bool {
	i.Workload = s.app
	if err := checkInstance(i); err != nil {
		p.log.Warn("instance cannot be registered", "task", i.ID, "app", string(s.app), "error", err)
		p.clashes = append(p.clashes, fmt.Sprintf("An instance of %q cannot be registered: %v.", s.app, err))
		return false
	}
	entries, left := entriesOf(p.owner, p.since(s.app), i)
	for _, e := range entries {
		if whose, taken := p.have.taken[e.place()]; taken {
			p.clashes = append(p.clashes, fmt.Sprintf("The instance %s of %s is registered already, by %q.", e.ID, s.app, whose))
			continue
		}
		if _, known := p.have.entries[e.place()]; !known && len(left) > 0 {
			p.log.Warn("labels do not fit into Consul's Meta", "task", i.ID, "app", string(s.app), "labels", left)
		}
		s.wanted[e.place()] = e
	}
	p.remember(s.app, i.Labels, len(entries) > 0)
	return true
}

// since is when the workload was first seen.
func (p *plan) since(app seedbed.WorkloadID) string {
	since := cmp.Or(p.have.since(app), p.mind[app].since, p.now.UTC().Format(time.RFC3339))
	p.mind[app] = remembered{p.mind[app].labels, since}
	return since
}

// remember keeps the labels of a workload. Where its instances disagree, as
// while a new version starts, the later one is right.
func (p *plan) remember(app seedbed.WorkloadID, labels map[string]string, registered bool) {
	if !registered {
		return
	}
	m := p.mind[app]
	if !p.kept[app] {
		m.labels, p.kept[app] = map[string]string{}, true
	}
	maps.Copy(m.labels, labels)
	p.mind[app] = m
}

// miss decides about an entry that is in Consul and not wanted by an instance
// that is listed.
func (p *plan) miss(a answer, s *sight, e entry, listed map[string]bool) {
	usable, there := listed[e.task()]
	switch {
	case there && !usable:
		s.wanted[e.place()] = e // what Consul has of it is better than nothing
	case there:
		s.going = append(s.going, departure{entry: e, proof: byEvent, why: "its instance has this port no more"})
	case e.Output == resting && s.exists && s.live:
		s.going = append(s.going, departure{entry: e, proof: byEvent, why: "another instance runs"})
	case e.Output == resting && s.exists:
		s.wanted[e.place()] = e
	default:
		p.depart(a, s, e)
	}
}

// depart decides about an entry whose instance is not listed.
func (p *plan) depart(a answer, s *sight, e entry) {
	if a.whole {
		p.know.missed(e.task(), a.at)
	}
	switch proof := p.know.of(e, s.exists); {
	case proof == byEvent:
		s.going = append(s.going, departure{entry: e, proof: proof, why: "the engine told its end"})
	case proof == byAbsence || p.certain:
		s.going = append(s.going, departure{entry: e, proof: proof, limited: !p.certain,
			why: fmt.Sprintf("%d answers of the engine lacked it", p.know.absent[e.task()].snapshots)})
	default:
		p.doubts++
		s.wanted[e.place()] = e
	}
}

// limit keeps the entries whose removal only answers speak for, if these are too
// many, until enough answers confirm it.
func (p *plan) limit(sights []sight) {
	limited := 0
	for _, s := range sights {
		for _, d := range s.going {
			if d.limited {
				limited++
			}
		}
	}
	all := p.have.count()
	if p.lost != nil {
		all = max(all, p.lost.count())
	}
	if p.unlimited || !tooMany(limited, all) {
		return
	}
	for n := range sights {
		sights[n].going = slices.DeleteFunc(sights[n].going, func(d departure) bool { return p.holds(&sights[n], d) })
	}
}

func (p *plan) holds(s *sight, d departure) bool {
	seen := p.know.absent[d.task()]
	if !d.limited || seen.snapshots >= confirmed {
		return false
	}
	s.wanted[d.place()] = d.entry
	p.doubts++
	p.held = append(p.held, seedbed.HeldRemoval{Workload: s.app, Instance: d.task(), Since: seen.since})
	return true
}

// settle turns a workload into changes. The last entry of one that the engine
// still has stays, critical, so that the router still knows whose host name it
// is.
func (p *plan) settle(s sight) {
	if s.exists && !s.live && len(s.wanted) == 0 && len(s.going) > 0 {
		last := s.going[0].task()
		for _, d := range s.going {
			if d.task() == last {
				s.wanted[d.place()] = d.judged(api.HealthCritical, resting)
			}
		}
	}
	for _, e := range inOrder(maps.Values(s.wanted)) {
		p.want(e)
	}
	for _, d := range s.going {
		if _, stays := s.wanted[d.place()]; !stays && p.have.apps[s.app][d.place()] {
			p.found.Extra++
			p.drops = append(p.drops, removeEntry(d.entry, d.why))
			p.count, p.digest = p.count-1, p.digest-d.weight()
		}
	}
}

// want takes in an entry that is to be there, and its node.
func (p *plan) want(e entry) {
	p.wantNode(e)
	old, there := p.have.entries[e.place()]
	if there && old.equal(e) {
		return
	}
	if there {
		p.found.Different++
		p.count, p.digest = p.count-1, p.digest-old.weight()
	} else {
		p.found.Missing++
	}
	p.count, p.digest = p.count+1, p.digest+e.weight()
	p.sets = append(p.sets, setEntry(e))
}

// wantNode makes or mends the node of an entry. One that another bridge made is
// used as it is.
func (p *plan) wantNode(e entry) {
	if p.needed[e.Node] {
		return
	}
	p.needed[e.Node] = true
	n, there := p.have.nodes[e.Node]
	if !there || n.bridge == p.owner.bridge && n.address != e.Address {
		p.nodes = append(p.nodes, setNode(e.Node, node{address: e.Address, bridge: p.owner.bridge}))
	}
}

// mark returns the change to the bridge's own entry, if there is one.
func (p *plan) mark() []change {
	e := markEntry(p.owner, p.count, p.digest)
	if old, there := p.have.mark(p.owner.bridge); there && old.equal(e) {
		return nil
	}
	c := setEntry(e)
	c.counts, c.free = true, false
	if _, there := p.have.nodes[e.Node]; there {
		return []change{c}
	}
	n := setNode(e.Node, node{address: e.Address, bridge: p.owner.bridge})
	c.what, c.ops = "count the entries", append(n.ops, c.ops...)
	put := c.done
	c.done = func(s *state) { n.done(s); put(s) }
	return []change{c}
}

// tidyNodes removes nodes of this bridge on which nothing was at this look and
// nothing is to be. While another bridge is there none is removed, for what that
// one is just putting there would be lost with it.
func (p *plan) tidyNodes() {
	if p.have.shared {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(p.have.nodes)) {
		n := p.have.nodes[name]
		if n.bridge != p.owner.bridge || n.foreign > 0 || p.have.onNode[name] > 0 || p.needed[name] || name == markNode(p.owner.bridge) {
			continue
		}
		p.drops = append(p.drops, removeNode(name))
	}
}

// nameClashes tells of service names that several workloads have. Their
// instances are told apart all the same.
func (p *plan) nameClashes(a answer) {
	names := map[string][]seedbed.WorkloadID{}
	for app := range a.apps {
		names[serviceName(app)] = append(names[serviceName(app)], app)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if apps := names[name]; len(apps) > 1 {
			slices.Sort(apps)
			p.clashes = append(p.clashes, fmt.Sprintf("%v have the same name in Consul, %s; old readers see their labels mixed.", apps, name))
		}
	}
}
