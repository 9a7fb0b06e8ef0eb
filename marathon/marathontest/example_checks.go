package marathontest

import (
	"slices"
	"strings"
)

// oldFields are fields of apps in the documents' examples that Marathon 1.5 and
// later do not answer with.
func oldFields(at string) []string {
	var out []string
	for _, name := range []string{"ports", "uris", "storeUrls", "container.docker.network", "container.docker.portMappings"} {
		out = append(out, at+name)
	}
	return out
}

// exampleChecks send the examples of Marathon's documents where they are
// requests, and compare fields where they are answers.
func exampleChecks() []check {
	return []check{
		{name: "examples: an app with everything says things twice, and is refused", holds: func(p *probe) {
			a := p.do("POST", "/v2/apps", p.below(text(p.example("app.json"))))
			if a.status != 422 {
				p.errorf("%d %s", a.status, short(a.text))
			}
		}},
		{name: "examples: an app with a generic check is taken", holds: func(p *probe) {
			a := p.example("app-check-http-example.json").(map[string]any)
			a["id"], a["instances"] = "{g}/a", 0
			made := p.want(201, "POST", "/v2/apps", text(a))
			p.is("the check", made.get("check", "intervalSeconds"), 60)
		}, differs: func(p *probe) {
			a := p.example("app-check-http-example.json").(map[string]any)
			a["id"] = "{g}/a"
			p.refused(text(a), "/check", "is not supported by this engine")
		}},
		{name: "examples: several apps are made and changed at once", holds: func(p *probe) {
			asleep := strings.ReplaceAll(p.below(text(p.example("apps_create.json"))), `"instances":2`, `"instances":0`)
			p.settled(p.began(p.want(200, "PUT", "/v2/apps", asleep)))
			p.settled(p.began(p.want(200, "PATCH", "/v2/apps", strings.ReplaceAll(p.below(text(p.example("apps_patch.json"))), `"instances":2`, `"instances":0`))))
			p.is("cpus", p.app("test/sleep60").get("cpus"), 0.3)
			for _, id := range []string{"/test/sleep120", "/other/namespace/or/app"} { // a set, so in any order
				if list := p.app("test/sleep60").list("dependencies"); len(list) != 2 || !slices.Contains(list, any(p.group+id)) {
					p.errorf("dependencies are %v, without %s", list, id)
				}
			}
		}},
		{name: "examples: an app is changed", holds: func(p *probe) {
			p.asleep("foo", "")
			p.began(p.want(200, "PATCH", "/v2/apps{g}/foo", p.below(text(p.example("app_patch.json")))))
			p.is("instances", p.app("foo").get("instances"), 2)
		}},
		{name: "examples: the list of apps", holds: func(p *probe) {
			p.stuck("myapp", `"cmd":"env && sleep 60","env":{"LD_LIBRARY_PATH":"/usr/local/lib/myLib"}`)
			got := p.want(200, "GET", "/v2/apps?id={g}/", "").value
			p.sameShape("apps", got, p.example("app_list.json"), oldFields("apps[].")...)
		}},
		{name: "examples: the tasks", holds: func(p *probe) {
			p.make("survival-world", "")
			p.sameShape("all", map[string]any{"tasks": p.ours("/v2/tasks")}, p.example("tasks.json"), newTaskFields("tasks[].")...)
			p.sameShape("of the app", p.want(200, "GET", "/v2/apps{g}/survival-world/tasks", "").value, p.example("app_tasks.json"), newTaskFields("tasks[].")...)
			killed := p.want(200, "DELETE", "/v2/apps{g}/survival-world/tasks/"+taskIDs(p.tasks("survival-world"))[0], "")
			p.sameShape("one that was killed", killed.value, p.example("app_task.json"), newTaskFields("task.")...)
		}},
		{name: "examples: the deployments", holds: func(p *probe) {
			id := p.stuck("foo", "")
			p.eventually("it has an action", func() bool { return len(p.deployment(id).(map[string]any)["currentActions"].([]any)) > 0 })
			p.sameShape("the list", []any{p.deployment(id)}, p.example("deployments.json"), "[].affectedPods", "[].steps[].actions[].pod", "[].currentActions[].readinessCheckResults")
			p.sameShape("the steps", p.deployment(id), p.example("deployment_steps.json"))
			result := p.want(200, "DELETE", "/v2/deployments/"+id, "")
			p.sameShape("the result", result.value, p.example("deployments_result.json"))
		}},
		{name: "examples: info", holds: func(p *probe) {
			got := p.want(200, "GET", "/v2/info", "").value
			p.sameShape("info", got, p.example("info.json"), nulls(got, "marathon_config", "zookeeper_config", "http_config")...)
		}},
		{name: "examples: the queue", holds: func(p *probe) {
			p.stuck("foo", `"env":{"MASTER":"zk"}`)
			p.waitsFor("foo", "UnfulfilledConstraint")
			got := map[string]any{"queue": []any{p.onQueue("foo")}}
			const offers = "queue[].processedOffersSummary."
			p.sameShape("the queue", got, p.example("queue.json"), append(oldFields("queue[].app."), "queue[].role", "queue[].lastUnusedOffers", "queue[].app.user",
				"queue[].app.container.docker.network", offers+"lastUsedOfferAt", offers+"lastUnusedOfferAt")...)
		}},
		{name: "examples: a group", holds: func(p *probe) {
			p.settled(p.began(p.want(200, "PUT", "/v2/groups{g}/tools", `{"apps":[`+p.small("tools/a", `"instances":0,`+nowhere)+`],"groups":[{"id":"log"},{"id":"docker","apps":[`+
				p.small("tools/docker/r", `"instances":0,"healthChecks":[{"path":"/"}]`)+`]}]}`)))
			got := p.want(200, "GET", "/v2/groups{g}/tools", "").value
			example := at(p.example("group.json"), "groups", 0)
			p.sameShape("the group", got, example, append(append(oldFields("apps[]."), oldFields("groups[].apps[].")...), "apps[].healthChecks", "apps[].container.volumes",
				"groups[].apps[].container.volumes")...)
		}},
		{name: "examples: events", holds: func(p *probe) {
			l := p.listen("")
			defer l.close()
			p.make("foo", "")
			p.hears(l, "status_update_event", p.group+"/foo")
			raw, err := testdata.ReadFile("testdata/examples/events.txt")
			if err != nil {
				p.fatalf("%v", err)
			}
			for block := range strings.SplitSeq(strings.TrimSpace(string(raw)), "\n\n") {
				head, data, _ := strings.Cut(block, "\ndata: ")
				kind := strings.TrimPrefix(head, "event: ")
				// A message is often empty; that is no other shape.
				p.sameShape(kind, p.hears(l, kind, ""), jsonOf(p, data))
			}
		}},
	}
}

// newTaskFields are those that came with Marathon 1.7 and 1.9 and need machines
// in regions, or roles.
func newTaskFields(at string) []string { return []string{at + "region", at + "zone", at + "role"} }

// below puts the ids of an example below the check's group.
func (p *probe) below(body string) string {
	return strings.NewReplacer(`"/test/`, `"`+p.group+`/test/`, `"/other/`, `"`+p.group+`/other/`, `"/foo"`, `"`+p.group+`/foo"`,
		`"/prod/`, `"`+p.group+`/prod/`).Replace(body)
}

// nulls are the places of what is not set in parts of an answer.
func nulls(value any, parts ...string) []string {
	var out []string
	for _, part := range parts {
		fields, _ := at(value, part).(map[string]any)
		for name, v := range fields {
			if v == nil {
				out = append(out, part+"."+name)
			}
		}
	}
	return out
}
