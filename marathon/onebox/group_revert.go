package onebox

import (
	"maps"
	"slices"
)

// groupChanges returns what became of each group that is not as it was.
func groupChanges(before, after map[string]group) map[string]groupChange {
	out := map[string]groupChange{}
	for id, old := range before {
		now, there := after[id]
		switch {
		case !there:
			out[id] = groupChange{Before: &old}
		case !slices.Equal(old.Dependencies, now.Dependencies):
			out[id] = groupChange{&old, &now}
		}
	}
	for id, now := range after {
		if _, there := before[id]; !there {
			out[id] = groupChange{After: &now}
		}
	}
	return out
}

// revertGroups returns the groups without what d has changed of them, once the
// wishes have come true. Groups are not locked by deployments: what others have
// put into a group since then stays, and the group with it.
func revertGroups(t *txn, d *deployment, wishes map[string]wish) map[string]group {
	groups, apps := maps.Clone(t.tree().Groups), (&draft{after: wished(wishes)}).target(t)
	ids := sortedKeys(d.Groups)
	slices.Reverse(ids) // what is in a group before the group
	for _, id := range ids {
		c := d.Groups[id]
		now, there := groups[id]
		if c.Before != nil || there {
			groups[id] = c.reverted(now)
		}
		if c.Before == nil && len(groups[id].Dependencies) == 0 && !holdsApps(id, apps) && !holdsGroups(id, groups) {
			delete(groups, id)
		}
	}
	return groups
}

// reverted returns what a group that is like this now becomes.
func (c groupChange) reverted(now group) group {
	var before, after group
	if c.Before != nil {
		before = *c.Before
	}
	if c.After != nil {
		after = *c.After
	}
	var list []string
	for _, id := range append(slices.Clone(now.Dependencies), before.Dependencies...) {
		if !slices.Contains(after.Dependencies, id) || slices.Contains(before.Dependencies, id) {
			list = append(list, id)
		}
	}
	return group{canonicalIDs(list, "/")}
}

func wished(wishes map[string]wish) map[string]*app {
	out := make(map[string]*app, len(wishes))
	for id, w := range wishes {
		out[id] = w.to
	}
	return out
}

func holdsGroups(id string, groups map[string]group) bool {
	for other := range groups {
		if inGroup(other, id) {
			return true
		}
	}
	return false
}
