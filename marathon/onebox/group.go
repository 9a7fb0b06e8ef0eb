package onebox

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// root is the tree of groups: which groups there are, "/" always among them.
// Apps hang in it by their ids. As in Marathon, groups stay when their last app
// has gone, and all have one version: that of the last change of anything. A
// value that was stored is never changed, nor is its map.
type root struct {
	Version string
	Groups  map[string]group
}

// group is what is remembered of one group besides its id.
type group struct {
	Dependencies []string `json:",omitempty"`
}

// rootVersion is what there was of groups and apps at one time. Apps are named
// with their versions; the definitions are in their own history.
type rootVersion struct {
	root
	Apps map[string]string
}

// noVersion is the version of a tree in which nothing was ever changed.
const noVersion = "1970-01-01T00:00:00.000Z"

// impliedRoot returns the tree that a set of apps needs, for records that are
// older than groups.
func impliedRoot(apps map[string]*appRecord) *root {
	r := &root{Version: noVersion, Groups: map[string]group{"/": {}}}
	for id, a := range apps {
		addGroup(r.Groups, path.Dir(id))
		r.Version = max(r.Version, a.App.Version)
	}
	return r
}

// addGroup makes sure that a group is there, and all groups around it.
func addGroup(groups map[string]group, id string) {
	if _, there := groups[id]; !there {
		groups[id] = group{}
	}
	if id != "/" {
		addGroup(groups, path.Dir(id))
	}
}

// inGroup reports whether an app or a group is in a group, however deep.
func inGroup(id, group string) bool {
	return group == "/" && id != "/" || strings.HasPrefix(id, group+"/")
}

// removeGroup removes a group and all groups in it. Of "/" only what is in it
// goes, and its dependencies.
func removeGroup(groups map[string]group, id string) {
	maps.DeleteFunc(groups, func(other string, _ group) bool { return other == id || inGroup(other, id) })
	if id == "/" {
		groups["/"] = group{}
	}
}

// canonicalIDs returns ids as absolute ones, seen from base, in order and each
// once; nil if there are none.
func canonicalIDs(ids []string, base string) []string {
	var out []string
	for _, id := range ids {
		out = append(out, canonicalID(id, base))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sameGroups reports whether two trees have the same groups with the same
// dependencies.
func sameGroups(a, b map[string]group) bool {
	return maps.EqualFunc(a, b, func(a, b group) bool { return slices.Equal(a.Dependencies, b.Dependencies) })
}
