package onebox

import (
	"net/http"
	"path"
	"strings"
)

// groupView is a group as the API shows it.
type groupView struct {
	ID           string      `json:"id"`
	Apps         []any       `json:"apps"`
	Pods         []struct{}  `json:"pods"`
	Groups       []groupView `json:"groups"`
	Dependencies []string    `json:"dependencies"`
	Version      string      `json:"version"`
}

// groupMethods are the methods of the paths below /v2/groups.
func (e *Engine) groupMethods() map[string]endpoint {
	return map[string]endpoint{
		"GET": e.getGroup, "POST": e.createGroup, "PUT": e.putGroup, "PATCH": e.patchGroup, "DELETE": e.deleteGroup,
	}
}

// getGroup handles GET /v2/groups, /v2/groups/{id}, and below it /apps,
// /versions and /versions/{version}. As in Marathon, no group can be read whose
// last name is one of these.
func (e *Engine) getGroup(w http.ResponseWriter, r *http.Request) error {
	id := cleanID(r.PathValue("path"))
	switch parent, last := path.Split(id); {
	case last == "apps":
		return e.listGroupApps(w, r, cleanID(parent))
	case last == "versions":
		return e.listGroupVersions(w, cleanID(parent))
	case path.Base(parent) == "versions":
		return e.showGroupVersion(w, r, path.Dir(path.Dir(id)), last)
	}
	return e.showGroup(w, r, id)
}

// groupEmbed says what is shown of a group.
type groupEmbed struct {
	groups, apps bool
	ofApps       []string // what is embedded in apps; without any, they are bare definitions
}

// parseGroupEmbed reads the query parameter embed: without one, apps and groups
// are shown.
func parseGroupEmbed(values []string) groupEmbed {
	if len(values) == 0 {
		return groupEmbed{groups: true, apps: true}
	}
	var out groupEmbed
	for _, v := range values {
		of, isOfApps := strings.CutPrefix(v, "group.apps.")
		switch {
		case isOfApps:
			out.ofApps = append(out.ofApps, of)
		case v == "group.groups":
			out.groups = true
		case v == "group.apps":
			out.apps = true
		}
	}
	return out
}

func (e *Engine) showGroup(w http.ResponseWriter, r *http.Request, id string) error {
	e.awaitFirstLook(r)
	g := e.gallery()
	if _, there := g.root.Groups[id]; !there {
		return groupNotFound(id)
	}
	with := parseGroupEmbed(r.URL.Query()["embed"])
	shown := map[string][]any{}
	if with.apps {
		for _, a := range g.apps {
			at := path.Dir(a.App.ID)
			shown[at] = append(shown[at], g.appInGroup(a, with.ofApps))
		}
	}
	return answer(w, http.StatusOK, g.root.view(id, shown, with.groups))
}

// view shows one group, with the apps given by group.
func (r *root) view(id string, apps map[string][]any, deep bool) groupView {
	children := map[string][]string{}
	for _, child := range sortedKeys(r.Groups) {
		if deep && child != "/" {
			children[path.Dir(child)] = append(children[path.Dir(child)], child)
		}
	}
	return r.viewOne(id, apps, children)
}

func (r *root) viewOne(id string, apps map[string][]any, children map[string][]string) groupView {
	v := groupView{
		ID: id, Apps: apps[id], Pods: []struct{}{}, Groups: []groupView{},
		Dependencies: r.Groups[id].Dependencies, Version: r.Version,
	}
	if v.Apps == nil {
		v.Apps = []any{}
	}
	if v.Dependencies == nil {
		v.Dependencies = []string{}
	}
	for _, child := range children[id] {
		v.Groups = append(v.Groups, r.viewOne(child, apps, children))
	}
	return v
}

// listGroupApps handles GET /v2/groups/{id}/apps. Of a group that is not there
// it is empty, as in Marathon.
func (e *Engine) listGroupApps(w http.ResponseWriter, r *http.Request, id string) error {
	e.awaitFirstLook(r)
	g, list := e.gallery(), []any{}
	with := parseGroupEmbed(r.URL.Query()["embed"])
	for _, a := range g.apps {
		if inGroup(a.App.ID, id) {
			list = append(list, g.appInGroup(a, with.ofApps))
		}
	}
	return answer(w, http.StatusOK, list)
}

// listGroupVersions handles GET /v2/groups/{id}/versions: those of the whole
// tree in which the group was there, the newest first.
func (e *Engine) listGroupVersions(w http.ResponseWriter, id string) error {
	if _, there := e.records.snapshot().root.Groups[id]; !there {
		return groupNotFound(id)
	}
	roots, err := e.records.store.roots()
	if err != nil {
		return err
	}
	list := []string{}
	for _, v := range roots {
		if v.has(id) {
			list = append(list, v.Version)
		}
	}
	return answer(w, http.StatusOK, list)
}

// showGroupVersion handles GET /v2/groups/{id}/versions/{version}. Definitions
// that are not kept any more are left out.
func (e *Engine) showGroupVersion(w http.ResponseWriter, r *http.Request, id, version string) error {
	at, err := parseVersion(version)
	if err != nil {
		return err
	}
	v, err := e.records.store.rootAt(at)
	if err != nil {
		return err
	}
	if v == nil || !v.has(id) {
		return groupNotFound(id)
	}
	with, shown := parseGroupEmbed(r.URL.Query()["embed"]), map[string][]any{}
	for _, other := range sortedKeys(v.Apps) {
		if !with.apps || !inGroup(other, id) {
			continue
		}
		a, err := e.records.store.version(other, v.Apps[other])
		if err != nil {
			return err
		}
		if a != nil {
			shown[path.Dir(other)] = append(shown[path.Dir(other)], a)
		}
	}
	return answer(w, http.StatusOK, v.view(id, shown, with.groups))
}
