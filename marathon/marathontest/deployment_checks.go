package marathontest

import "slices"

// deploymentChecks are about how deployments are shown, taken back and
// cancelled: API.md 1.5 and 4.4.
func deploymentChecks() []check {
	return []check{
		{name: "deployments: one that runs has these fields", holds: func(p *probe) {
			id := p.stuck("a", "")
			p.eventually("it is at its second step", func() bool { return at(p.deployment(id), "currentStep") == 2.0 })
			d := p.deployment(id)
			p.is("affectedApps", at(d, "affectedApps"), []string{p.group + "/a"})
			p.is("affectedPods", at(d, "affectedPods"), []any{})
			p.is("steps", at(d, "steps"), steps(p, [][]string{{"StartApplication", "a"}}, [][]string{{"ScaleApplication", "a"}}))
			p.is("totalSteps", at(d, "totalSteps"), 2)
			p.is("currentActions", at(d, "currentActions"), []any{map[string]any{"action": "ScaleApplication", "app": p.group + "/a", "readinessCheckResults": []any{}}})
			p.is("version", at(d, "version"), p.app("a").str("version"))
		}},
		{name: "deployments: an app names those that work on it", holds: func(p *probe) {
			id := p.stuck("a", "")
			p.is("deployments", p.app("a").get("deployments"), []any{map[string]any{"id": id}})
		}},
		{name: "deployments: taking back the making of an app removes it", holds: func(p *probe) {
			id := p.stuck("a", "")
			p.settled(p.began(p.want(200, "DELETE", "/v2/deployments/"+id, "")))
			p.want(404, "GET", "/v2/apps{g}/a", "")
			p.is("the first is over", p.running(id), false)
		}},
		{name: "deployments: taking back a change restores what was", holds: func(p *probe) {
			p.make("a", `"labels":{"a":"1"}`)
			id := p.began(p.want(200, "PUT", "/v2/apps{g}/a", `{"labels":{"a":"2"},"constraints":[["hostname","LIKE","no-machine-is-called-so"]]}`))
			p.settled(p.began(p.want(200, "DELETE", "/v2/deployments/"+id, "")))
			a := p.app("a")
			p.is("labels", a.get("labels"), map[string]any{"a": "1"})
			p.is("running", a.get("tasksRunning"), 1)
			p.lacks("the app", a.value, "constraints")
		}},
		{name: "deployments: taking one back leaves other apps alone", holds: func(p *probe) {
			id := p.stuck("a", "")
			other := p.make("b", "")
			p.settled(p.began(p.want(200, "DELETE", "/v2/deployments/"+id, "")))
			p.is("the other's version", p.app("b").str("version"), other.str("version"))
		}},
		{name: "deployments: cancelling answers 202 with nothing, and keeps the definition", holds: func(p *probe) {
			id := p.stuck("a", "")
			a := p.want(202, "DELETE", "/v2/deployments/"+id+"?force=true", "")
			p.is("the body", a.text, "")
			p.eventually("it is over", func() bool { return !p.running(id) })
			p.has("the definition", p.app("a").value, "constraints")
		}},
		{name: "deployments: one that is not there is 404", holds: func(p *probe) {
			p.says(p.do("DELETE", "/v2/deployments/00000000-0000-4000-8000-000000000000", ""), 404,
				"DeploymentPlan 00000000-0000-4000-8000-000000000000 does not exist")
		}},
	}
}

// deployment is the one with that id on the list, or nil.
func (p *probe) deployment(id string) any {
	list := p.want(200, "GET", "/v2/deployments", "").list()
	n := slices.IndexFunc(list, func(d any) bool { return at(d, "id") == id })
	if n < 0 {
		return nil
	}
	return list[n]
}

// planChecks are about the steps of deployments: API.md 4.1.
func planChecks() []check {
	return []check{
		{name: "plan: a change of configuration is a restart, a change of instances a scaling", holds: func(p *probe) {
			for body, action := range map[string]string{
				`{"instances":3}`: "ScaleApplication", `{"labels":{"a":"1"}}`: "RestartApplication", `{"cpus":0.02}`: "RestartApplication",
				`{"upgradeStrategy":{"minimumHealthCapacity":0.5,"maximumOverCapacity":0}}`: "RestartApplication",
				`{"healthChecks":[{"protocol":"TCP","portIndex":0}]}`:                       "RestartApplication",
				`{"instances":3,"env":{"A":"1"}}`:                                           "RestartApplication",
			} {
				name := "n" + random()
				p.want(202, "DELETE", "/v2/deployments/"+p.stuck(name, `"instances":2`)+"?force=true", "")
				id := p.began(p.want(200, "PUT", "/v2/apps{g}/"+name, body))
				p.is(body, at(p.deployment(id), "steps"), steps(p, [][]string{{action, name}}))
			}
		}},
		{name: "plan: what others depend on comes first", holds: func(p *probe) {
			id := p.began(p.want(200, "PUT", "/v2/apps", `[`+p.small("a", `"dependencies":["{g}/b"]`)+`,`+p.small("b", `"dependencies":["{g}/c/d"],`+nowhere)+`,`+p.small("c/d", nowhere)+`]`))
			p.is("steps", at(p.deployment(id), "steps"), steps(p, [][]string{{"StartApplication", "a"}, {"StartApplication", "b"}, {"StartApplication", "c/d"}},
				[][]string{{"ScaleApplication", "c/d"}}, [][]string{{"ScaleApplication", "b"}}, [][]string{{"ScaleApplication", "a"}}))
			p.is("what waits", p.app("a").get("tasksStaged"), 0)
		}},
		{name: "plan: a dependency may be a group", holds: func(p *probe) {
			id := p.began(p.want(200, "PUT", "/v2/apps", `[`+p.small("a", `"dependencies":["{g}/z"]`)+`,`+p.small("z/b", nowhere)+`]`))
			p.is("steps", at(p.deployment(id), "steps"), steps(p, [][]string{{"StartApplication", "a"}, {"StartApplication", "z/b"}},
				[][]string{{"ScaleApplication", "z/b"}}, [][]string{{"ScaleApplication", "a"}}))
		}},
		{name: "plan: removing, making and changing are one deployment", holds: func(p *probe) {
			p.settled(p.began(p.want(200, "PUT", "/v2/groups{g}/g", `{"apps":[`+p.small("g/a", "")+`,`+p.small("g/b", `"instances":0`)+`]}`)))
			id := p.began(p.want(200, "PUT", "/v2/groups{g}/g", `{"apps":[`+p.small("g/b", `"instances":1,"cpus":0.02,`+nowhere)+`,`+p.small("g/c", nowhere)+`]}`))
			p.is("steps", at(p.deployment(id), "steps"), steps(p, [][]string{{"StopApplication", "g/a"}}, [][]string{{"StartApplication", "g/c"}},
				[][]string{{"RestartApplication", "g/b"}, {"ScaleApplication", "g/c"}}))
		}},
		{name: "plan: an app that changes and another that does not: only one has a new version", holds: func(p *probe) {
			a, b := p.asleep("a", ""), p.asleep("b", "")
			p.settled(p.began(p.want(200, "PUT", "/v2/apps", `[{"id":"{g}/a","cpus":0.02},{"id":"{g}/b","cpus":0.01}]`)))
			p.is("a has a new one", p.app("a").str("version") > a.str("version"), true)
			p.is("b", p.app("b").str("version"), b.str("version"))
		}},
		{name: "plan: a restart with no instances is over at once", holds: func(p *probe) {
			p.asleep("a", "")
			p.settled(p.began(p.want(200, "POST", "/v2/apps{g}/a/restart", "")))
		}},
		{name: "plan: new tasks take the place of all old ones", holds: func(p *probe) {
			before := taskIDs(p.make("a", `"instances":3`).list("tasks"))
			p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/a", `{"labels":{"a":"1"}}`)))
			a := p.app("a")
			p.is("three run", a.get("tasksRunning"), 3)
			for _, task := range a.list("tasks") {
				p.is("the version of a task", at(task, "version"), a.str("version"))
				p.is("an old task stays", slices.Contains(before, at(task, "id").(string)), false)
			}
		}},
		{name: "plan: scaling keeps the tasks that are there", holds: func(p *probe) {
			before := taskIDs(p.make("a", `"instances":2`).list("tasks"))
			p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/a", `{"instances":3}`)))
			after := taskIDs(p.app("a").list("tasks"))
			p.is("three", len(after), 3)
			for _, id := range before {
				p.is(id+" is still there", slices.Contains(after, id), true)
			}
		}},
		{name: "plan: scaling down ends the youngest, or the oldest", holds: func(p *probe) {
			for selection, stays := range map[string]int{"YOUNGEST_FIRST": 0, "OLDEST_FIRST": 1} {
				old := taskIDs(p.make(lower(selection), `"killSelection":"`+selection+`"`).list("tasks"))[0]
				p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/"+lower(selection), `{"instances":2}`)))
				both := taskIDs(p.tasks(lower(selection)))
				p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/"+lower(selection), `{"instances":1}`)))
				young := slices.DeleteFunc(both, func(id string) bool { return id == old })
				p.is(selection, taskIDs(p.tasks(lower(selection))), []string{append([]string{old}, young...)[stays]})
			}
		}},
	}
}

// nowhere is a constraint that no machine fulfils.
const nowhere = `"constraints":[["hostname","LIKE","no-machine-is-called-so"]]`

// conflictChecks are about deployments of the same apps: API.md 4.4.
func conflictChecks() []check {
	return []check{
		{name: "conflict: what another deployment works on is locked, and the answer names it", holds: func(p *probe) {
			id := p.stuck("a", "")
			for _, change := range [][3]string{{"PUT", "/v2/apps{g}/a", `{"cpus":0.02}`}, {"PATCH", "/v2/apps{g}/a", `{"cpus":0.02}`},
				{"POST", "/v2/apps{g}/a/restart", ""}, {"DELETE", "/v2/apps{g}/a?force=false", ""}} {
				a := p.do(change[0], change[1], change[2])
				p.says(a, 409, "App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'.")
				p.is(a.asked+": deployments", a.get("deployments"), []any{map[string]any{"id": id}})
			}
		}},
		{name: "conflict: other apps are not locked", holds: func(p *probe) {
			p.stuck("a", "")
			p.make("b", "")
		}},
		{name: "conflict: force cancels the other deployment", holds: func(p *probe) {
			id := p.stuck("a", "")
			p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/a?force=true", `{"constraints":[]}`)))
			p.is("the first is over", p.running(id), false)
			p.is("running", p.app("a").get("tasksRunning"), 1)
		}},
		{name: "conflict: after a cancelled deployment an equal order changes nothing", holds: func(p *probe) {
			task, _ := p.halfWay()
			p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/a", `{"cpus":0.02}`)))
			p.is("the old task is still there", slices.Contains(taskIDs(p.tasks("a")), task), true)
		}, differs: func(p *probe) {
			task, _ := p.halfWay()
			id := p.began(p.want(200, "PUT", "/v2/apps{g}/a", `{"cpus":0.02}`))
			p.is("steps", at(p.deployment(id), "steps"), steps(p, [][]string{{"RestartApplication", "a"}}))
			p.is("the old task is there until a new one runs", slices.Contains(taskIDs(p.tasks("a")), task), true)
		}},
		{name: "conflict: what a cancelled deployment has not begun begins minutes later", holds: func(p *probe) {
			p.halfBegun()
			p.is("b is not begun", p.app("b").get("tasks"), []any{})
		}, differs: func(p *probe) {
			p.halfBegun()
			p.eventually("b is begun at once", func() bool { return p.app("b").get("tasksRunning") == 1.0 })
		}},
	}
}

// halfWay makes an app, and cancels a change of it before its task was replaced.
// It returns the id of the task and that of the deployment.
func (p *probe) halfWay() (task, deployment string) {
	task = taskIDs(p.make("a", "").list("tasks"))[0]
	deployment = p.began(p.want(200, "PUT", "/v2/apps{g}/a", `{"cpus":0.02,`+nowhere+`}`))
	p.eventually("a new instance waits", func() bool { return len(p.tasks("a")) == 2 })
	p.want(202, "DELETE", "/v2/deployments/"+deployment+"?force=true", "")
	p.eventually("it is over", func() bool { return !p.running(deployment) })
	return task, deployment
}

// halfBegun makes two apps, of which the second waits for the first, which
// cannot run, and cancels that.
func (p *probe) halfBegun() {
	id := p.began(p.want(200, "PUT", "/v2/apps", `[`+p.small("a", nowhere)+`,`+p.small("b", `"dependencies":["{g}/a"]`)+`]`))
	p.want(202, "DELETE", "/v2/deployments/"+id+"?force=true", "")
	p.eventually("it is over", func() bool { return !p.running(id) })
}
