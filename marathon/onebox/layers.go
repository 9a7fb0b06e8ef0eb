package onebox

import "path"

// graph is what depends on what. A group stands for all apps in it.
type graph struct {
	apps    map[string]*app
	groups  map[string]group
	members map[string][]string // the apps in each group that something depends on
	depth   map[node]int
	open    map[node]bool // on the way from where the search began
}

type node struct {
	id    string
	group bool
}

// layersOf returns, for each app, the number of apps on the longest way along
// its dependencies: what depends on nothing is in layer 1. A dependency on what
// is not there counts for nothing, as in Marathon. The error is in Marathon's
// form: dependencies go round.
func layersOf(apps map[string]*app, groups map[string]group) (map[string]int, error) {
	g := graph{apps, groups, map[string][]string{}, map[node]int{}, map[node]bool{}}
	g.findMembers()
	out := make(map[string]int, len(apps))
	for id := range apps {
		depth, ok := g.measure(node{id: id})
		if out[id] = depth; !ok {
			return nil, notValid([]detail{{"/", []string{"Dependency graph has cyclic dependencies."}}})
		}
	}
	return out, nil
}

// findMembers lists the apps of every group that something depends on.
func (g *graph) findMembers() {
	for _, a := range g.apps {
		g.claim(a.Dependencies)
	}
	for _, group := range g.groups {
		g.claim(group.Dependencies)
	}
	if len(g.members) == 0 {
		return
	}
	for id := range g.apps {
		for at := id; at != "/"; {
			at = path.Dir(at)
			if list, wanted := g.members[at]; wanted {
				g.members[at] = append(list, id)
			}
		}
	}
}

func (g *graph) claim(ids []string) {
	for _, id := range ids {
		if _, there := g.groups[id]; there {
			g.members[id] = nil
		}
	}
}

// measure returns how many apps the longest way from a node has, and whether it
// comes to an end.
func (g *graph) measure(n node) (depth int, ok bool) {
	if d, known := g.depth[n]; known {
		return d, true
	}
	if g.open[n] {
		return 0, false
	}
	g.open[n] = true
	for _, next := range g.needs(n) {
		d, ok := g.measure(next)
		if !ok {
			return 0, false
		}
		depth = max(depth, d)
	}
	if !n.group {
		depth++
	}
	g.depth[n] = depth
	return depth, true
}

// needs returns what a node depends on: a group on its apps; an app on what it
// names, and on the groups that the groups around it name.
func (g *graph) needs(n node) []node {
	var out []node
	if n.group {
		for _, id := range g.members[n.id] {
			out = append(out, node{id: id})
		}
		return out
	}
	for _, id := range g.apps[n.id].Dependencies {
		if g.apps[id] != nil {
			out = append(out, node{id: id})
		} else if _, there := g.groups[id]; there {
			out = append(out, node{id, true})
		}
	}
	for at := n.id; at != "/"; {
		at = path.Dir(at)
		for _, id := range g.groups[at].Dependencies {
			if _, there := g.groups[id]; there {
				out = append(out, node{id, true})
			}
		}
	}
	return out
}
