package marathontest

import "slices"

// groupChecks are about groups: API.md 1.4.
func groupChecks() []check {
	return slices.Concat(groupShowChecks(), groupChangeChecks(), groupRuleChecks())
}

// pair is a group with an app and a group with another, none of which runs.
func (p *probe) pair() string {
	return `{"id":"{g}/g","apps":[` + p.small("g/a", `"instances":0`) + `],"groups":[{"id":"{g}/g/h","apps":[` + p.small("g/h/b", `"instances":0`) + `]}]}`
}

// made makes the pair and waits until it is as it should be.
func (p *probe) made() {
	p.settled(p.began(p.want(201, "POST", "/v2/groups", p.pair())))
}

func groupShowChecks() []check {
	return []check{
		{name: "groups: one is shown bare, with its apps, groups, pods and dependencies", holds: func(p *probe) {
			p.made()
			g := p.want(200, "GET", "/v2/groups{g}/g", "")
			p.has("the group", g.value, "id", "apps", "groups", "pods", "dependencies", "version")
			p.is("id", g.str("id"), p.group+"/g")
			p.is("apps", shortIDs(p, g.list("apps")), []string{"g/a"})
			p.is("groups", shortIDs(p, g.list("groups")), []string{"g/h"})
			p.is("their apps", shortIDs(p, g.list("groups", 0, "apps")), []string{"g/h/b"})
			p.is("pods", g.get("pods"), []any{})
			p.matches("version", g.get("version"), stampForm)
		}},
		{name: "groups: the root holds all", holds: func(p *probe) {
			p.made()
			g := p.want(200, "GET", "/v2/groups", "")
			p.is("id", g.str("id"), "/")
			run := slices.IndexFunc(g.list("groups"), func(v any) bool { return at(v, "id") == p.suite.group })
			if run < 0 {
				p.fatalf("%s is not among the groups", p.suite.group)
			}
			p.has("the group of the run", at(g.list("groups")[run]), "id", "apps", "groups")
		}},
		{name: "groups: what is embedded can be chosen", holds: func(p *probe) {
			p.made()
			a := p.want(200, "GET", "/v2/groups{g}/g?embed=group.groups", "")
			p.is("groups, without apps", []any{len(a.list("groups")), len(a.list("apps"))}, []int{1, 0})
			a = p.want(200, "GET", "/v2/groups{g}/g?embed=group.apps", "")
			p.is("apps, without groups", []any{len(a.list("groups")), len(a.list("apps"))}, []int{0, 1})
			a = p.want(200, "GET", "/v2/groups{g}/g?embed=group.apps&embed=group.apps.tasks&embed=group.apps.counts", "")
			p.has("an app", a.get("apps", 0), "tasks", "tasksRunning")
		}},
		{name: "groups: one that is not there is 404", holds: func(p *probe) {
			p.says(p.do("GET", "/v2/groups{g}/none", ""), 404, "Group '"+p.group+"/none' does not exist")
			p.want(404, "DELETE", "/v2/groups{g}/none", "")
		}},
		{name: "groups: an app that is made makes the groups above it", holds: func(p *probe) {
			p.asleep("x/y/a", "")
			g := p.want(200, "GET", "/v2/groups{g}/x", "")
			p.is("groups", shortIDs(p, g.list("groups")), []string{"x/y"})
		}},
		{name: "groups: their apps are a bare list", holds: func(p *probe) {
			p.made()
			list := p.want(200, "GET", "/v2/groups{g}/g/apps?embed=group.apps.counts&embed=group.apps.deployments", "").list()
			p.is("apps", shortIDs(p, list), []string{"g/a", "g/h/b"})
			p.has("an app", at(list, 0), "tasksRunning", "deployments")
		}},
		{name: "groups: versions are a bare list, and each can be read", holds: func(p *probe) {
			p.made()
			before := p.want(200, "GET", "/v2/groups{g}/g/versions", "").list()
			p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/g/a", `{"cpus":0.02}`)))
			after := p.want(200, "GET", "/v2/groups{g}/g/versions", "").list()
			if len(before) == 0 || len(after) <= len(before) {
				p.fatalf("%v became %v", before, after)
			}
			old := p.want(200, "GET", "/v2/groups{g}/g/versions/"+before[0].(string), "")
			p.is("cpus then", old.get("apps", 0, "cpus"), 0.01)
		}},
	}
}

func groupChangeChecks() []check {
	return []check{
		{name: "groups: POST answers 201 with a deployment and a Location", holds: func(p *probe) {
			a := p.want(201, "POST", "/v2/groups", p.pair())
			p.began(a)
			p.is("there is a Location", a.header.Get("Location") != "", true)
		}},
		{name: "groups: POST to a group makes one in it, with relative ids", holds: func(p *probe) {
			p.want(201, "POST", "/v2/groups{g}", `{"id":"g","apps":[{"id":"a","instances":0,{task}}],"groups":[{"id":"h"}]}`)
			g := p.want(200, "GET", "/v2/groups{g}/g", "")
			p.is("apps and groups", []any{shortIDs(p, g.list("apps")), shortIDs(p, g.list("groups"))}, [][]string{{"g/a"}, {"g/h"}})
		}},
		{name: "groups: POST of one that exists is a conflict", holds: func(p *probe) {
			p.made()
			p.says(p.do("POST", "/v2/groups", p.pair()), 409, "Group "+p.group+"/g is already created. Use PUT to change this group.")
			p.says(p.do("POST", "/v2/groups", `{"id":"{g}/g/a"}`), 409, "An app with the path "+p.group+"/g/a already exists.")
		}},
		{name: "groups: PUT makes, and then replaces: what its lists do not name goes", holds: func(p *probe) {
			p.settled(p.began(p.want(200, "PUT", "/v2/groups{g}/g", p.pair())))
			p.settled(p.began(p.want(200, "PUT", "/v2/groups{g}/g", `{"apps":[`+p.small("g/a", `"instances":0,"cpus":0.03`)+`],"groups":[]}`)))
			p.is("cpus", p.app("g/a").get("cpus"), 0.03)
			p.want(404, "GET", "/v2/apps{g}/g/h/b", "")
		}},
		{name: "groups: PUT keeps the lists that are not there", holds: func(p *probe) {
			p.made()
			p.settled(p.began(p.want(200, "PUT", "/v2/groups{g}/g", `{"apps":[]}`)))
			p.want(404, "GET", "/v2/apps{g}/g/a", "")
			p.want(200, "GET", "/v2/apps{g}/g/h/b", "")
		}},
		{name: "groups: a dry run tells the steps and does nothing", holds: func(p *probe) {
			p.made()
			a := p.want(200, "PUT", "/v2/groups{g}/g?dryRun=true", `{"apps":[`+p.small("g/a", `"instances":0,"cpus":0.03`)+`,`+p.small("g/c", `"instances":0`)+`],"groups":[]}`)
			p.is("steps", a.get("steps"), plain(steps(p, [][]string{{"StopApplication", "g/h/b"}}, [][]string{{"StartApplication", "g/c"}},
				[][]string{{"RestartApplication", "g/a"}, {"ScaleApplication", "g/c"}})))
			p.is("cpus", p.app("g/a").get("cpus"), 0.01)
			p.want(200, "GET", "/v2/apps{g}/g/h/b", "")
		}},
		{name: "groups: scaleBy multiplies all instances", holds: func(p *probe) {
			p.settled(p.began(p.want(200, "PUT", "/v2/groups{g}/g", `{"apps":[`+p.small("g/a", `"instances":2`)+`],"groups":[{"id":"h","apps":[`+p.small("g/h/b", "")+`]}]}`)))
			p.settled(p.began(p.want(200, "PUT", "/v2/groups{g}/g", `{"scaleBy":1.5}`)))
			p.is("instances", []any{p.app("g/a").get("instances"), p.app("g/h/b").get("instances")}, []int{3, 2})
		}},
		{name: "groups: a body with only a version goes back to it", holds: func(p *probe) {
			p.made()
			old := p.want(200, "GET", "/v2/groups{g}/g", "").str("version")
			p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/g/a", `{"cpus":0.02}`)))
			p.settled(p.began(p.want(200, "PUT", "/v2/groups{g}/g", `{"version":"`+old+`"}`)))
			p.is("cpus", p.app("g/a").get("cpus"), 0.01)
		}},
		{name: "groups: DELETE takes all of it away", holds: func(p *probe) {
			p.made()
			p.settled(p.began(p.want(200, "DELETE", "/v2/groups{g}/g", "")))
			p.want(404, "GET", "/v2/groups{g}/g", "")
			p.want(404, "GET", "/v2/apps{g}/g/h/b", "")
		}},
		{name: "groups: DELETE is not forced if nobody says so", holds: func(p *probe) {
			p.stuck("g/a", "")
			p.want(409, "DELETE", "/v2/groups{g}/g", "")
			p.want(200, "DELETE", "/v2/groups{g}/g?force=true", "")
		}},
		{name: "groups: an empty group stays until it is deleted", holds: func(p *probe) {
			p.settled(p.began(p.want(200, "PUT", "/v2/groups{g}/g", `{}`)))
			p.is("apps", p.want(200, "GET", "/v2/groups{g}/g", "").list("apps"), []any{})
			p.settled(p.began(p.want(200, "DELETE", "/v2/groups{g}/g", "")))
			p.want(404, "GET", "/v2/groups{g}/g", "")
		}},
		{name: "groups: PATCH of a group changes enforceRole of groups at the top alone", holds: func(p *probe) {
			p.made()
			if a := p.do("PATCH", "/v2/groups{g}/g", `{"enforceRole":true}`); a.status < 400 || a.status >= 500 {
				p.errorf("a group that is not at the top: %d %s", a.status, short(a.text))
			}
		}},
	}
}

func groupRuleChecks() []check {
	wrong := func(name, body, text string) check {
		return check{name: "groups: " + name, holds: func(p *probe) {
			a := p.do("PUT", "/v2/groups{g}/g", body)
			if a.status != 422 || !a.tells("", text) {
				p.errorf("%s\nis answered with %d %s\nwant 422 with %q", p.fill(body), a.status, short(a.text), text)
			}
		}}
	}
	return []check{
		wrong("an app belongs to the group that it stands in", `{"apps":[{"id":"{g}/other/a",{task}}]}`, "is not child of"),
		wrong("an app and a group do not share an id", `{"apps":[{"id":"a",{task}}],"groups":[{"id":"a","apps":[{"id":"b",{task}}]}]}`, "Groups and Applications may not have the same identifier."),
		wrong("dependencies do not go in a circle", `{"apps":[{"id":"a","dependencies":["{g}/g/b"],{task}},{"id":"b","dependencies":["{g}/g/a"],{task}}]}`,
			"Dependency graph has cyclic dependencies."),
		{name: "groups: each mistake of an app in one has its place", holds: func(p *probe) {
			a := p.do("PUT", "/v2/groups{g}/g", `{"apps":[`+p.small("g/a", `"instances":0`)+`,`+p.small("g/b", `"upgradeStrategy":{"minimumHealthCapacity":2,"maximumOverCapacity":1}`)+`]}`)
			if a.status != 422 || !a.tells("/apps(1)/upgradeStrategy/minimumHealthCapacity", "got 2.0, expected between 0.0 and 1.0") {
				p.errorf("%d %s", a.status, short(a.text))
			}
		}},
		{name: "groups: an app cannot stand where a group is", holds: func(p *probe) {
			p.asleep("g/a", "")
			a := p.do("PUT", "/v2/apps{g}/g", p.small("g", ""))
			if a.status < 400 || a.status >= 500 {
				p.errorf("%d %s", a.status, short(a.text))
			}
		}},
	}
}

// steps are those of a plan: in each a list of actions, the action and the app.
func steps(p *probe, of ...[][]string) []any {
	out := []any{}
	for _, actions := range of {
		list := []any{}
		for _, a := range actions {
			list = append(list, map[string]any{"action": a[0], "app": p.group + "/" + a[1]})
		}
		out = append(out, map[string]any{"actions": list})
	}
	return out
}
