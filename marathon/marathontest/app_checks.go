package marathontest

// appChecks are about making, showing and deleting apps: API.md 1.2.
func appChecks() []check {
	return []check{
		{name: "apps: POST answers 201 with the whole app, no tasks yet, and its deployment", holds: func(p *probe) {
			a := p.want(201, "POST", "/v2/apps", p.small("a", ""))
			p.is("id", a.str("id"), p.group+"/a")
			for _, count := range []string{"tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy"} {
				p.is(count, a.get(count), 0)
			}
			p.is("the number of deployments", len(a.list("deployments")), 1)
			p.matches("the deployment", a.get("deployments", 0, "id"), uuidForm)
			p.has("the app", a.value, "cpus", "mem", "version", "versionInfo", "upgradeStrategy", "container")
		}},
		{name: "apps: POST of an app that exists is a conflict", holds: func(p *probe) {
			p.asleep("a", "")
			p.says(p.do("POST", "/v2/apps", p.small("a", "")), 409, "An app with id ["+p.group+"/a] already exists.")
		}},
		{name: "apps: GET shows counts, tasks and deployments without being asked", holds: func(p *probe) {
			a := p.asleep("a", "")
			p.has("the app", a.value, "tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy", "tasks", "deployments")
		}},
		{name: "apps: GET of what is not there is 404", holds: func(p *probe) {
			p.says(p.do("GET", "/v2/apps{g}/none", ""), 404, "App '"+p.group+"/none' does not exist")
		}},
		{name: "apps: DELETE answers with a deployment, and then the app is gone", holds: func(p *probe) {
			p.asleep("a", "")
			p.settled(p.began(p.want(200, "DELETE", "/v2/apps{g}/a", "")))
			p.want(404, "GET", "/v2/apps{g}/a", "")
		}},
		{name: "apps: DELETE of what is not there is 404", holds: func(p *probe) {
			p.says(p.do("DELETE", "/v2/apps{g}/none", ""), 404, "App '"+p.group+"/none' does not exist")
		}},
		{name: "apps: DELETE is forced if nobody says otherwise", holds: func(p *probe) {
			p.stuck("a", "")
			p.want(409, "DELETE", "/v2/apps{g}/a?force=false", "")
			p.want(200, "DELETE", "/v2/apps{g}/a", "")
		}},
		{name: "apps: an app that was deleted leaves the list at once", holds: func(p *probe) {
			p.make("a", "")
			p.want(200, "DELETE", "/v2/apps{g}/a", "")
			p.is("the list", len(p.want(200, "GET", "/v2/apps?id={g}/", "").list("apps")), 0)
		}},
		{name: "apps: restart makes a new version with the same definition", holds: func(p *probe) {
			before := p.asleep("a", "")
			p.settled(p.began(p.want(200, "POST", "/v2/apps{g}/a/restart", "")))
			after := p.app("a")
			p.is("a later version", after.str("version") > before.str("version"), true)
			p.is("two versions", len(p.want(200, "GET", "/v2/apps{g}/a/versions", "").list("versions")), 2)
			p.is("the container", after.get("container"), before.get("container"))
		}},
		{name: "apps: restart takes an empty object as its body", holds: func(p *probe) {
			p.asleep("a", "")
			p.want(200, "POST", "/v2/apps{g}/a/restart", "{}")
		}},
		{name: "apps: restart of what is not there is 404", holds: func(p *probe) {
			p.says(p.do("POST", "/v2/apps{g}/none/restart", ""), 404, "App '"+p.group+"/none' does not exist")
		}},
		{name: "apps: a relative id in a body is one below the root", holds: func(p *probe) {
			a := p.want(201, "POST", "/v2/apps", `{"id":"`+p.group[1:]+`/a/","instances":0,{task}}`)
			p.is("id", a.str("id"), p.group+"/a")
		}},
	}
}

// stuck makes an app whose deployment cannot end: no machine is called so.
func (p *probe) stuck(name, more string) string {
	return p.began(p.want(201, "PUT", "/v2/apps{g}/"+name, p.small(name, `"constraints":[["hostname","LIKE","no-machine-is-called-so"]]`+comma(more))))
}

// updateChecks are about changing apps: API.md 1.2.
func updateChecks() []check {
	return []check{
		{name: "update: PUT makes what is not there: 201", holds: func(p *probe) {
			p.began(p.want(201, "PUT", "/v2/apps{g}/a", p.small("a", `"instances":0`)))
		}},
		{name: "update: of two definitions with one id in a list the last counts", holds: func(p *probe) {
			p.settled(p.began(p.want(200, "PUT", "/v2/apps", `[`+p.small("a", `"instances":0`)+`,`+p.small("a", `"instances":0,"mem":33`)+`]`)))
			p.is("mem", p.app("a").get("mem"), 33)
		}, differs: func(p *probe) {
			p.want(422, "PUT", "/v2/apps", `[`+p.small("a", `"instances":0`)+`,`+p.small("a", `"instances":0,"mem":33`)+`]`)
		}},
		{name: "update: the id of the address counts, whatever the body says", holds: func(p *probe) {
			p.began(p.want(201, "PUT", "/v2/apps{g}/a", p.small("b", `"instances":0`)))
			p.is("id", p.app("a").get("id"), p.group+"/a")
			p.want(404, "GET", "/v2/apps{g}/b", "")
		}},
		{name: "update: what an id is seen from, dependencies are as well", holds: func(p *probe) {
			p.asleep("d/a", "")
			p.settled(p.began(p.want(201, "PUT", "/v2/apps{g}/b", p.small("b", `"instances":0,"dependencies":["`+p.group[1:]+`/d/a"]`))))
			p.is("dependencies", p.app("b").get("dependencies"), []any{p.group + "/d/a"})
		}},
		{name: "update: PUT keeps what the body does not name", holds: func(p *probe) {
			p.asleep("a", `"labels":{"a":"1"},"cpus":0.02`)
			p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/a", `{"mem":33}`)))
			a := p.app("a")
			p.is("mem", a.get("mem"), 33)
			p.is("cpus", a.get("cpus"), 0.02)
			p.is("labels", a.get("labels"), map[string]any{"a": "1"})
		}},
		{name: "update: a field that is named is replaced whole", holds: func(p *probe) {
			p.asleep("a", `"labels":{"a":"1","b":"2"}`)
			p.want(200, "PUT", "/v2/apps{g}/a", `{"labels":{"c":"3"}}`)
			p.is("labels", p.app("a").get("labels"), map[string]any{"c": "3"})
		}},
		{name: "update: partialUpdate=false replaces everything, defaults for the rest", holds: func(p *probe) {
			p.asleep("a", `"labels":{"a":"1"},"backoffFactor":2`)
			p.want(200, "PUT", "/v2/apps{g}/a?partialUpdate=false", p.small("a", `"instances":0`))
			a := p.app("a")
			p.is("labels", a.get("labels"), map[string]any{})
			p.is("backoffFactor", a.get("backoffFactor"), 1.15)
		}},
		{name: "update: PATCH changes what is there", holds: func(p *probe) {
			p.asleep("a", `"labels":{"a":"1"}`)
			p.began(p.want(200, "PATCH", "/v2/apps{g}/a", `{"cpus":0.03}`))
			p.is("cpus", p.app("a").get("cpus"), 0.03)
			p.is("labels", p.app("a").get("labels"), map[string]any{"a": "1"})
		}},
		{name: "update: PATCH of what is not there is 404", holds: func(p *probe) {
			p.says(p.do("PATCH", "/v2/apps{g}/none", `{"cpus":1}`), 404, "App '"+p.group+"/none' does not exist")
		}},
		{name: "update: PUT of a list makes and changes in one deployment", holds: func(p *probe) {
			p.asleep("a", "")
			id := p.began(p.want(200, "PUT", "/v2/apps", `[{"id":"{g}/a","cpus":0.04},`+p.small("b", `"instances":0`)+`]`))
			p.settled(id)
			p.is("cpus of a", p.app("a").get("cpus"), 0.04)
			p.is("b", p.app("b").str("id"), p.group+"/b")
		}},
		{name: "update: PUT of a list keeps what is not named, unless told not to", holds: func(p *probe) {
			p.asleep("a", `"labels":{"a":"1"}`)
			p.want(200, "PUT", "/v2/apps", `[{"id":"{g}/a","cpus":0.04}]`)
			p.is("labels", p.app("a").get("labels"), map[string]any{"a": "1"})
			p.want(200, "PUT", "/v2/apps?partialUpdate=false&force=true", `[`+p.small("a", `"instances":0`)+`]`)
			p.is("labels", p.app("a").get("labels"), map[string]any{})
		}},
		{name: "update: each app of a list needs an id", holds: func(p *probe) {
			if a := p.do("PUT", "/v2/apps", `[{"cpus":1}]`); a.status != 422 {
				p.errorf("%d %s", a.status, short(a.text))
			}
		}},
		{name: "update: PATCH of a list changes only what is there", holds: func(p *probe) {
			p.asleep("a", "")
			p.began(p.want(200, "PATCH", "/v2/apps", `[{"id":"{g}/a","cpus":0.05}]`))
			p.is("cpus", p.app("a").get("cpus"), 0.05)
			p.want(404, "PATCH", "/v2/apps?force=true", `[{"id":"{g}/a","cpus":0.06},{"id":"{g}/none","cpus":0.05}]`)
			p.is("cpus, for it is all or nothing", p.app("a").get("cpus"), 0.05)
		}},
		{name: "update: the id in the body may be another form of that in the path", holds: func(p *probe) {
			p.asleep("a", "")
			p.want(200, "PUT", "/v2/apps{g}/a", `{"id":"{g}/a/","cpus":0.02}`)
		}},
		{name: "update: read-only fields of an app that was read do not harm", holds: func(p *probe) {
			a := p.asleep("a", "")
			whole := a.value.(map[string]any)
			delete(whole, "version")
			whole["cpus"] = 0.07
			p.began(p.want(200, "PUT", "/v2/apps{g}/a", text(whole)))
			p.is("cpus", p.app("a").get("cpus"), 0.07)
		}},
		{name: "update: the service port stays over changes", holds: func(p *probe) {
			port := p.asleep("a", "").get("container", "portMappings", 0, "servicePort")
			p.want(200, "PUT", "/v2/apps{g}/a?partialUpdate=false", p.small("a", `"instances":0,"cpus":0.02`))
			p.is("servicePort", p.app("a").get("container", "portMappings", 0, "servicePort"), port)
		}},
	}
}

// versionChecks are about what an app was before: API.md 1.2.
func versionChecks() []check {
	return []check{
		{name: "versions: each change adds one, the newest first", holds: func(p *probe) {
			first := p.asleep("a", "").str("version")
			p.want(200, "PUT", "/v2/apps{g}/a", `{"cpus":0.02}`)
			list := p.want(200, "GET", "/v2/apps{g}/a/versions", "").list("versions")
			p.is("versions", list, []any{p.app("a").str("version"), first})
		}},
		{name: "versions: one is shown bare, as it was", holds: func(p *probe) {
			first := p.asleep("a", "")
			p.want(200, "PUT", "/v2/apps{g}/a", `{"cpus":0.02}`)
			old := p.want(200, "GET", "/v2/apps{g}/a/versions/"+first.str("version"), "")
			p.is("cpus", old.get("cpus"), first.get("cpus"))
			p.is("version", old.str("version"), first.str("version"))
			p.lacks("a version", old.value, "app", "tasks", "deployments", "tasksRunning")
		}},
		{name: "versions: one that is not there is 404", holds: func(p *probe) {
			p.asleep("a", "")
			p.says(p.do("GET", "/v2/apps{g}/a/versions/2015-01-01T00:00:00.000Z", ""), 404,
				"App '"+p.group+"/a' does not exist in version 2015-01-01T00:00:00.000Z")
			p.want(404, "GET", "/v2/apps{g}/none/versions", "")
		}},
		{name: "versions: what is no time is refused", holds: func(p *probe) {
			p.asleep("a", "")
			p.says(p.do("GET", "/v2/apps{g}/a/versions/yesterday", ""), 422, "Invalid timestamp provided 'yesterday'. Expecting ISO-8601 datetime string.")
		}},
		{name: "versions: a body with only a version goes back to it", holds: func(p *probe) {
			first := p.asleep("a", `"labels":{"a":"1"}`)
			p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/a", `{"labels":{"a":"2"}}`)))
			p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/a", `{"id":"{g}/a","version":"`+first.str("version")+`"}`)))
			back := p.app("a")
			p.is("labels", back.get("labels"), map[string]any{"a": "1"})
			p.is("a new version", back.str("version") > first.str("version"), true)
		}},
		{name: "versions: a version and other fields do not go together", holds: func(p *probe) {
			first := p.asleep("a", "")
			a := p.do("PUT", "/v2/apps{g}/a", `{"version":"`+first.str("version")+`","cpus":1}`)
			if a.status != 422 || !a.tells("", "The 'version' field may only be combined with the 'id' field.") {
				p.errorf("%d %s", a.status, short(a.text))
			}
		}},
		{name: "versions: scaling keeps the time of the last change of configuration", holds: func(p *probe) {
			before := p.asleep("a", "")
			p.want(200, "PUT", "/v2/apps{g}/a", `{"instances":1}`)
			after := p.app("a")
			p.is("lastConfigChangeAt", after.get("versionInfo", "lastConfigChangeAt"), before.get("versionInfo", "lastConfigChangeAt"))
			p.is("lastScalingAt", after.get("versionInfo", "lastScalingAt"), after.get("version"))
		}},
		{name: "versions: a change of configuration sets both times", holds: func(p *probe) {
			p.asleep("a", "")
			p.want(200, "PUT", "/v2/apps{g}/a", `{"cpus":0.02}`)
			a := p.app("a")
			p.is("versionInfo", a.get("versionInfo"), map[string]any{"lastScalingAt": a.str("version"), "lastConfigChangeAt": a.str("version")})
		}},
	}
}
