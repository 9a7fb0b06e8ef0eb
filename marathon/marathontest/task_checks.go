package marathontest

import (
	"slices"
	"strings"
)

// taskChecks are about how tasks are shown: API.md 1.3.
func taskChecks() []check {
	return []check{
		{name: "tasks: a running task has these fields", holds: func(p *probe) {
			p.make("a", "")
			task := p.tasks("a")[0]
			p.has("the task", task, "id", "appId", "host", "slaveId", "state", "ports", "servicePorts", "ipAddresses", "stagedAt", "startedAt", "version", "localVolumes")
			p.is("appId", at(task, "appId"), p.group+"/a")
			p.is("state", at(task, "state"), "TASK_RUNNING")
			p.is("one port", len(at(task, "ports").([]any)), 1)
			p.is("version", at(task, "version"), p.app("a").str("version"))
			p.matches("stagedAt", at(task, "stagedAt"), stampForm)
			p.matches("startedAt", at(task, "startedAt"), stampForm)
		}},
		{name: "tasks: an id is made of the app's, the instance's and the number of the attempt", holds: func(p *probe) {
			p.make("deep/a", "")
			id, _ := at(p.tasks("deep/a")[0], "id").(string)
			p.matches("the id", id, taskForm)
			p.is("its beginning", strings.HasPrefix(id, p.fill("{safe}_deep_a.instance-")), true)
		}},
		{name: "tasks: those of an app are the same in each list", holds: func(p *probe) {
			p.make("a", `"instances":2`)
			want := taskIDs(p.tasks("a"))
			p.is("two", len(want), 2)
			p.is("of the app itself", taskIDs(p.app("a").list("tasks")), want)
			p.is("of the group", taskIDs(p.want(200, "GET", "/v2/apps{g}/*/tasks", "").list("tasks")), want)
			p.is("of all", taskIDs(p.ours("/v2/tasks")), want)
		}},
		{name: "tasks: the list of all has the service ports", holds: func(p *probe) {
			a := p.make("a", "")
			p.is("servicePorts", at(p.ours("/v2/tasks")[0], "servicePorts"), []any{a.get("container", "portMappings", 0, "servicePort")})
		}},
		{name: "tasks: the list of all can be cut down to a state", holds: func(p *probe) {
			p.make("a", "")
			p.stuck("b", "")
			p.eventually("an instance waits", func() bool { return len(p.tasks("b")) == 1 })
			p.is("running", len(p.ours("/v2/tasks?status=running")), 1)
			p.is("staging", len(p.ours("/v2/tasks?status=staging")), 1)
			p.is("both", len(p.ours("/v2/tasks?status[]=staging&status[]=running")), 2)
		}},
		{name: "tasks: an instance that waits has no ports and no times", holds: func(p *probe) {
			p.stuck("a", "")
			p.eventually("an instance waits", func() bool { return len(p.tasks("a")) == 1 })
			task := p.tasks("a")[0]
			p.is("state", at(task, "state"), "TASK_STAGING")
			p.is("ports", at(task, "ports"), []any{})
			p.lacks("the task", task, "stagedAt", "startedAt", "version")
		}},
		{name: "tasks: those of an app that is not there are 404", holds: func(p *probe) {
			p.says(p.do("GET", "/v2/apps{g}/none/tasks", ""), 404, "App '"+p.group+"/none' does not exist")
		}},
		{name: "tasks: old bridges read them as text, a line for each service port", holds: func(p *probe) {
			a := p.make("a", "")
			port := text(a.get("container", "portMappings", 0, "servicePort"))
			task := p.tasks("a")[0]
			want := p.fill("{safe}_a\t") + port + "\t" + at(task, "host").(string) + ":" + text(at(task, "ports", 0))
			for _, path := range []string{"/v2/tasks", "/v2/apps{g}/a/tasks"} {
				got := p.want(200, "GET", path, "", "Accept", "text/plain")
				lines := strings.Split(got.text, "\n")
				there := slices.ContainsFunc(lines, func(line string) bool { return strings.TrimRight(line, "\t") == want })
				if !there || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain") {
					p.errorf("%s is %q, want a line %q", path, short(got.text), want)
				}
			}
		}},
	}
}

// killChecks are about ending tasks: API.md 1.3.
func killChecks() []check {
	gone := func(p *probe, app string, id any) {
		p.eventually("the task gives way to another", func() bool {
			list := p.tasks(app)
			return len(list) == 1 && at(list[0], "id") != id && at(list[0], "state") == "TASK_RUNNING"
		})
	}
	return []check{
		{name: "kill: one task; another takes its place", holds: func(p *probe) {
			p.make("a", "")
			id := at(p.tasks("a")[0], "id").(string)
			a := p.want(200, "DELETE", "/v2/apps{g}/a/tasks/"+id, "")
			p.is("the task", a.get("task", "id"), id)
			gone(p, "a", id)
		}},
		{name: "kill: the place stays the same, the attempt is another", holds: func(p *probe) {
			p.make("a", "")
			id := at(p.tasks("a")[0], "id").(string)
			p.want(200, "DELETE", "/v2/apps{g}/a/tasks/"+id, "")
			gone(p, "a", id)
			next, _ := at(p.tasks("a")[0], "id").(string)
			p.is("the instance", strings.Split(next, "._app.")[0], strings.Split(id, "._app.")[0])
		}},
		{name: "kill: one task that is not there is 404", holds: func(p *probe) {
			p.asleep("a", "")
			id := p.fill("{safe}_a.instance-00000000-0000-4000-8000-000000000000._app.1")
			p.says(p.do("DELETE", "/v2/apps{g}/a/tasks/"+id, ""), 404, "Task '"+id+"' does not exist")
		}},
		{name: "kill: with scale the app is one smaller, and it is a deployment", holds: func(p *probe) {
			p.make("a", `"instances":2`)
			id := at(p.tasks("a")[0], "id").(string)
			p.settled(p.began(p.want(200, "DELETE", "/v2/apps{g}/a/tasks/"+id+"?scale=true", "")))
			a := p.app("a")
			p.is("instances", a.get("instances"), 1)
			p.is("the one that was meant is gone", slices.Contains(taskIDs(a.list("tasks")), id), false)
		}},
		{name: "kill: all tasks of an app", holds: func(p *probe) {
			p.make("a", "")
			id := at(p.tasks("a")[0], "id")
			p.is("killed", at(p.want(200, "DELETE", "/v2/apps{g}/a/tasks", "").list("tasks")[0], "id"), id)
			gone(p, "a", id)
		}},
		{name: "kill: all tasks of an app on a host", holds: func(p *probe) {
			p.make("a", "")
			task := p.tasks("a")[0]
			p.is("on another", p.want(200, "DELETE", "/v2/apps{g}/a/tasks?host=no-machine-is-called-so", "").list("tasks"), []any{})
			p.is("on this", len(p.want(200, "DELETE", "/v2/apps{g}/a/tasks?host="+at(task, "host").(string), "").list("tasks")), 1)
			gone(p, "a", at(task, "id"))
			p.is("on all", len(p.want(200, "DELETE", "/v2/apps{g}/a/tasks?host=*", "").list("tasks")), 1)
		}},
		{name: "kill: all tasks of an app, with scale", holds: func(p *probe) {
			p.make("a", `"instances":2`)
			p.settled(p.began(p.want(200, "DELETE", "/v2/apps{g}/a/tasks?scale=true", "")))
			p.is("instances", p.app("a").get("instances"), 0)
		}},
		{name: "kill: tasks of an app that is not there are 404", holds: func(p *probe) {
			p.want(404, "DELETE", "/v2/apps{g}/none/tasks", "")
		}},
		{name: "kill: tasks of several apps at once", holds: func(p *probe) {
			p.make("a", "")
			p.make("b", "")
			a, b := at(p.tasks("a")[0], "id").(string), at(p.tasks("b")[0], "id").(string)
			killed := p.want(200, "POST", "/v2/tasks/delete", `{"ids":["`+a+`","`+b+`"]}`).list("tasks")
			p.is("killed", taskIDs(killed), sorted(a, b))
			gone(p, "a", a)
			gone(p, "b", b)
		}},
		{name: "kill: tasks of several apps at once, with scale", holds: func(p *probe) {
			p.make("a", "")
			p.make("b", `"instances":2`)
			ids := append(taskIDs(p.tasks("a")), taskIDs(p.tasks("b"))[0])
			p.settled(p.began(p.want(200, "POST", "/v2/tasks/delete?scale=true", text(map[string]any{"ids": ids}))))
			p.is("instances", []any{p.app("a").get("instances"), p.app("b").get("instances")}, []int{0, 1})
		}},
		{name: "kill: ids that are none are refused", holds: func(p *probe) {
			a := p.do("POST", "/v2/tasks/delete", `{"ids":["no task"]}`)
			if a.status != 400 || !strings.HasPrefix(a.str("message"), "Invalid task id 'no task'.") {
				p.errorf("%d %s", a.status, short(a.text))
			}
		}},
		{name: "kill: scale and wipe do not go together", holds: func(p *probe) {
			p.make("a", "")
			id := at(p.tasks("a")[0], "id").(string)
			a := p.do("POST", "/v2/tasks/delete?scale=true&wipe=true", `{"ids":["`+id+`"]}`)
			p.says(a, 400, "You cannot use scale and wipe at the same time.")
			p.is("the task", at(p.tasks("a")[0], "id"), id)
		}},
		{name: "kill: with wipe a task gives way to another, too", holds: func(p *probe) {
			p.make("a", "")
			id := at(p.tasks("a")[0], "id").(string)
			p.want(200, "DELETE", "/v2/apps{g}/a/tasks/"+id+"?wipe=true", "")
			gone(p, "a", id)
		}},
	}
}

// tasks are those of an app.
func (p *probe) tasks(name string) []any {
	return p.want(200, "GET", "/v2/apps{g}/"+name+"/tasks", "").list("tasks")
}

// ours are the tasks of a list that belong to the check.
func (p *probe) ours(path string) []any {
	var out []any
	for _, task := range p.want(200, "GET", path, "").list("tasks") {
		if id, _ := at(task, "appId").(string); strings.HasPrefix(id, p.group+"/") {
			out = append(out, task)
		}
	}
	return out
}

func taskIDs(list []any) []string {
	out := []string{}
	for _, task := range list {
		id, _ := at(task, "id").(string)
		out = append(out, id)
	}
	return sorted(out...)
}

func sorted(list ...string) []string {
	slices.Sort(list)
	return list
}
