package marathontest

import (
	"net/url"
	"slices"
	"strings"
)

// listChecks are about which apps are listed: API.md 1.2.
func listChecks() []check {
	return []check{
		{name: "list: apps, with counts and deployments always", holds: func(p *probe) {
			p.asleep("a", "")
			a := p.want(200, "GET", "/v2/apps?id={g}/", "")
			p.has("a listed app", a.get("apps", 0), "id", "tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy", "deployments")
			p.lacks("a listed app", a.get("apps", 0), "tasks", "lastTaskFailure", "taskStats", "readinessCheckResults")
		}},
		{name: "list: by a part of the id, in any case", holds: func(p *probe) {
			p.asleep("one", "")
			p.asleep("two", "")
			p.lists("?id="+strings.ToUpper(p.group)+"/O", "one")
			p.lists("?id={g}/", "one", "two")
			p.lists("?id={g}/x")
		}},
		{name: "list: by a part of the command, in any case", holds: func(p *probe) {
			p.asleep("one", `"cmd":"Sleep 1234567"`)
			p.asleep("two", `"cmd":"sleep 7654321"`)
			p.lists("?id={g}/&cmd=sLEEP%20123", "one")
			p.lists("?id={g}/&cmd=sleep", "one", "two")
			p.lists("?id={g}/&cmd=nothing")
		}},
		{name: "list: by labels, with each of the operators", holds: func(p *probe) {
			p.asleep("one", `"labels":{"a":"x","b":"1","c.d-e_f":"v"}`)
			p.asleep("two", `"labels":{"a":"y"}`)
			p.asleep("three", `"labels":{"z":"z"}`)
			for selector, want := range map[string][]string{
				"a": {"one", "two"}, "a==x": {"one"}, "a == x": {"one"}, "a!=x": {"two"}, "a in (x,y)": {"one", "two"}, "a in (x)": {"one"}, "a notin (x)": {"two"},
				"a,b": {"one"}, "a==x,b==1": {"one"}, "a==y,b": {}, "c.d-e_f==v": {"one"}, "nobody": {}, "a notin (x, y)": {},
			} {
				p.lists("?id={g}/&label="+url.QueryEscape(selector), want...)
			}
		}},
		{name: "list: other characters of labels stand after a backslash", holds: func(p *probe) {
			p.asleep("one", `"labels":{"a/b":"x y,z"}`)
			p.lists("?id={g}/&label="+url.QueryEscape(`a\/b==x\ y\,z`), "one")
			p.lists("?id={g}/&label="+url.QueryEscape(`a\/b in (q,x\ y\,z)`), "one")
		}},
		{name: "list: a selector that is none is refused", holds: func(p *probe) {
			for _, selector := range []string{"a=", "a in x", "==b", "a b", "a in (", "a/b"} {
				a := p.do("GET", "/v2/apps?label="+url.QueryEscape(selector), "")
				if a.status != 422 || !strings.HasPrefix(a.str("message"), "Can not parse label selector") {
					p.errorf("%q: %d %s", selector, a.status, short(a.text))
				}
			}
		}},
		{name: "list: all apps below a group", holds: func(p *probe) {
			p.asleep("one", "")
			p.asleep("deep/er/two", "")
			a := p.want(200, "GET", "/v2/apps{g}/*", "")
			p.is("the keys", keys(a.value), []string{"*"})
			p.is("ids", shortIDs(p, a.list("*")), []string{"deep/er/two", "one"})
			p.is("ids below deep", shortIDs(p, p.want(200, "GET", "/v2/apps{g}/deep/*", "").list("*")), []string{"deep/er/two"})
			p.is("of all there are", slices.Contains(shortIDs(p, p.want(200, "GET", "/v2/apps/*", "").list("*")), "one"), true)
			p.says(p.do("GET", "/v2/apps{g}/none/*", ""), 404, "Group '"+p.group+"/none' does not exist")
		}},
	}
}

// lists notes a failure unless just these apps are listed.
func (p *probe) lists(query string, want ...string) {
	a := p.want(200, "GET", "/v2/apps"+query, "")
	slices.Sort(want)
	p.is(a.asked, shortIDs(p, a.list("apps")), append([]string{}, want...))
}

// shortIDs are the ids of apps or groups of the check's group, without it.
func shortIDs(p *probe, list []any) []string {
	out := []string{}
	for _, a := range list {
		id, _ := at(a, "id").(string)
		if name, ours := strings.CutPrefix(id, p.group+"/"); ours {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func keys(object any) []string {
	fields, _ := object.(map[string]any)
	out := []string{}
	for key := range fields {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// embedChecks are about what is shown together with apps: API.md 1.2.
func embedChecks() []check {
	with := func(p *probe, embed string) any {
		return p.want(200, "GET", "/v2/apps?id={g}/&"+embed, "").get("apps", 0)
	}
	return []check{
		{name: "embed: tasks, with every prefix that clients use", holds: func(p *probe) {
			p.make("a", "")
			for _, embed := range []string{"embed=apps.tasks", "embed=app.tasks", "embed=tasks", "embed=group.apps.tasks"} {
				p.is(embed, len(at(with(p, embed), "tasks").([]any)), 1)
			}
		}},
		{name: "embed: several at once, and what is unknown is nothing", holds: func(p *probe) {
			p.make("a", "")
			a := with(p, "embed=apps.tasks&embed=apps.deployments&embed=apps.readiness&embed=apps.nonsense")
			p.has("the app", a, "tasks", "deployments", "readinessCheckResults")
		}},
		{name: "embed: failures are tasks, deployments and the last failure", holds: func(p *probe) {
			p.make("a", "")
			p.has("the app", with(p, "embed=apps.failures"), "tasks", "deployments")
		}},
		{name: "embed: statistics of tasks are called taskStats", holds: func(p *probe) {
			p.make("a", "")
			stats := at(with(p, "embed=apps.taskStats"), "taskStats")
			for _, part := range []string{"startedAfterLastScaling", "withLatestConfig", "totalSummary"} {
				p.is(part, at(stats, part, "stats", "counts"), map[string]any{"staged": 0, "running": 1, "healthy": 0, "unhealthy": 0})
				p.has(part, at(stats, part, "stats", "lifeTime"), "averageSeconds", "medianSeconds")
			}
		}},
		{name: "embed: without checks no task is healthy and none unhealthy", holds: func(p *probe) {
			a := p.make("a", `"instances":2`)
			p.is("running, healthy, unhealthy", []any{a.get("tasksRunning"), a.get("tasksHealthy"), a.get("tasksUnhealthy")}, []int{2, 0, 0})
		}},
	}
}
