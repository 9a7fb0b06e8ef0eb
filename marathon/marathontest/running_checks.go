package marathontest

import (
	"slices"
	"strings"
	"time"
)

// runningChecks are about tasks that really run: API.md 2.7, 4.3, 4.5 and 4.6.
func runningChecks() []check {
	const httpCheck = `"healthChecks":[{"protocol":"HTTP","path":"/health","portIndex":0,"gracePeriodSeconds":3,"intervalSeconds":1,"timeoutSeconds":1,"maxConsecutiveFailures":60}]`
	return []check{
		{name: "running: a task has Marathon's environment", real: true, holds: func(p *probe) {
			a := p.make("a", `"labels":{"owner":"zoe","b-c":"d"}`)
			task := a.get("tasks", 0)
			env := p.environment(task)
			host, port := at(task, "host").(string), text(at(task, "ports", 0))
			for name, want := range map[string]string{
				"MARATHON_APP_ID": p.group + "/a", "MARATHON_APP_VERSION": a.str("version"), "MARATHON_APP_DOCKER_IMAGE": p.Tasks.Image,
				"MARATHON_APP_RESOURCE_CPUS": "0.01", "MARATHON_APP_RESOURCE_MEM": "32.0", "MARATHON_APP_RESOURCE_DISK": "0.0", "MARATHON_APP_RESOURCE_GPUS": "0",
				"MARATHON_APP_LABELS": "B_C OWNER", "MARATHON_APP_LABEL_OWNER": "zoe", "MARATHON_APP_LABEL_B_C": "d", "MESOS_TASK_ID": at(task, "id").(string),
				"HOST": host, "PORT": port, "PORT0": port, "PORTS": port, "PORT_8080": port, "PORT_HTTP": port,
			} {
				got := env[name]
				if name == "MARATHON_APP_LABELS" {
					got = strings.Join(sorted(strings.Fields(got)...), " ")
				}
				p.is(name, got, want)
			}
		}},
		{name: "running: variables of the definition come over Marathon's", real: true, holds: func(p *probe) {
			a := p.make("a", `"env":{"MINE":"1","MARATHON_APP_LABELS":"over"}`)
			env := p.environment(a.get("tasks", 0))
			p.is("MINE and MARATHON_APP_LABELS", []string{env["MINE"], env["MARATHON_APP_LABELS"]}, []string{"1", "over"})
		}},
		{name: "running: a task whose check holds is healthy", real: true, holds: func(p *probe) {
			a := p.make("a", httpCheck)
			p.is("healthy and unhealthy", []any{a.get("tasksHealthy"), a.get("tasksUnhealthy")}, []int{1, 0})
			result := a.get("tasks", 0, "healthCheckResults", 0)
			p.has("the result", result, "alive", "consecutiveFailures", "firstSuccess", "lastSuccess", "instanceId")
			p.is("alive", at(result, "alive"), true)
		}},
		{name: "running: a deployment waits for health", real: true, holds: func(p *probe) {
			id := p.began(p.want(201, "PUT", "/v2/apps{g}/a", p.small("a", "{sick},"+httpCheck)))
			p.eventually("it runs and is not healthy", func() bool {
				a := p.app("a")
				return a.get("tasksRunning") == 1.0 && a.get("tasksHealthy") == 0.0 && at(a.get("tasks", 0), "healthCheckResults") != nil
			})
			p.is("the deployment goes on", p.running(id), true)
		}},
		{name: "running: old tasks stay until new ones are healthy", real: true, holds: func(p *probe) {
			old := taskIDs(p.make("a", httpCheck).list("tasks"))[0]
			p.began(p.want(200, "PUT", "/v2/apps{g}/a", p.small("a", "{sick},"+httpCheck)))
			p.eventually("there are two", func() bool { return p.app("a").get("tasksRunning") == 2.0 })
			p.is("the old one is there", slices.Contains(taskIDs(p.tasks("a")), old), true)
		}},
		{name: "running: with 0 and 0 the old task is gone before the new one begins", real: true, holds: func(p *probe) {
			l := p.listen("?event_type=status_update_event")
			defer l.close()
			old := taskIDs(p.make("a", `"upgradeStrategy":{"minimumHealthCapacity":0,"maximumOverCapacity":0}`).list("tasks"))[0]
			p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/a", `{"labels":{"a":"1"}}`)))
			next := taskIDs(p.tasks("a"))[0]
			p.hears(l, "status_update_event", next)
			killed := slices.IndexFunc(l.all(), func(f frame) bool {
				return at(f.fields, "taskId") == old && at(f.fields, "taskStatus") == "TASK_KILLED"
			})
			runs := slices.IndexFunc(l.all(), func(f frame) bool {
				return at(f.fields, "taskId") == next && at(f.fields, "taskStatus") == "TASK_RUNNING"
			})
			p.is("killed first", killed >= 0 && (runs < 0 || killed < runs), true)
		}},
		{name: "running: a task that fails is begun again and is the last failure", real: true, holds: func(p *probe) {
			p.want(201, "PUT", "/v2/apps{g}/a", p.small("a", `{fails},"backoffSeconds":0.1`))
			p.eventually("it is begun again", func() bool {
				id, _ := at(p.tasks("a"), 0, "id").(string)
				return id != "" && p.app("a").get("lastTaskFailure") != nil && !strings.HasSuffix(id, "._app.1")
			})
			failure := p.app("a").get("lastTaskFailure")
			p.has("the failure", failure, "appId", "host", "message", "state", "taskId", "timestamp", "version", "slaveId")
			p.is("state", at(failure, "state"), "TASK_FAILED")
		}},
		{name: "running: a task that ends well is begun again and is no failure", real: true, holds: func(p *probe) {
			p.endsAgain()
			p.is("lastTaskFailure", p.app("a").get("lastTaskFailure"), nil)
		}, differs: func(p *probe) {
			p.endsAgain()
			p.is("the state of lastTaskFailure", p.app("a").get("lastTaskFailure", "state"), "TASK_FINISHED")
		}},
		{name: "running: a task that is killed begins again without delay and is no failure", real: true, holds: func(p *probe) {
			id := taskIDs(p.make("a", `"backoffSeconds":100`).list("tasks"))[0]
			p.want(200, "DELETE", "/v2/apps{g}/a/tasks/"+id, "")
			p.eventually("another runs", func() bool {
				list := p.tasks("a")
				return len(list) == 1 && at(list[0], "id") != id && at(list[0], "state") == "TASK_RUNNING"
			})
			p.lacks("the app", p.app("a").value, "lastTaskFailure")
		}},
		{name: "running: the first check of health comes after five seconds", real: true, holds: func(p *probe) {
			if took := p.firstHealth(); took < 4*time.Second || took > 15*time.Second {
				p.errorf("it came after %v", took)
			}
		}, differs: func(p *probe) {
			if took := p.firstHealth(); took > 4*time.Second {
				p.errorf("it came after %v", took)
			}
		}},
		{name: "running: health is asked by a command, and by TCP", real: true, holds: func(p *probe) {
			p.make("tcp", `"healthChecks":[{"protocol":"TCP","portIndex":0,"intervalSeconds":1,"timeoutSeconds":1}]`)
			p.is("healthy", p.app("tcp").get("tasksHealthy"), 1)
		}},
		{name: "running: a deployment waits for readiness and shows what was answered", real: true, holds: func(p *probe) {
			const ready = `"readinessChecks":[{"name":"up","portName":"http","path":"/health","intervalSeconds":2,"timeoutSeconds":1,"preserveLastResponse":true}]`
			id := p.began(p.want(201, "PUT", "/v2/apps{g}/a", p.small("a", "{sick},"+ready)))
			result := func() any { return at(p.deployment(id), "currentActions", 0, "readinessCheckResults", 0) }
			p.eventually("it was asked", func() bool { return at(result(), "lastResponse") != nil })
			p.is("name and ready", []any{at(result(), "name"), at(result(), "ready")}, []any{"up", false})
			p.has("the answer", at(result(), "lastResponse"), "status", "contentType", "body")
			p.has("the result", result(), "taskId")
			shown := p.want(200, "GET", "/v2/apps?id={g}/a&embed=apps.readiness", "").get("apps", 0, "readinessCheckResults", 0, "name")
			p.is("of the app", shown, "up")
			p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/a?force=true", p.small("a", "{serves},"+ready))))
		}},
	}
}

// endsAgain makes an app whose task ends at once, and waits for the second.
func (p *probe) endsAgain() {
	p.want(201, "PUT", "/v2/apps{g}/a", p.small("a", `{ends},"backoffSeconds":0.1`))
	p.eventually("it is begun again", func() bool {
		list := p.tasks("a")
		return len(list) > 0 && !strings.HasSuffix(at(list[0], "id").(string), "._app.1")
	})
}

// firstHealth is how long a task that runs waits for its first check, which
// comes every minute.
func (p *probe) firstHealth() time.Duration {
	l := p.listen("")
	defer l.close()
	p.make("a", `"healthChecks":[{"protocol":"HTTP","path":"/health","portIndex":0,"intervalSeconds":60,"timeoutSeconds":5}]`)
	var runs, healthy time.Time
	for _, f := range l.all() {
		told, err := time.Parse(time.RFC3339, at(f.fields, "timestamp").(string))
		if err != nil || !mentions(f.fields, p.group+"/a") {
			continue
		}
		if at(f.fields, "taskStatus") == "TASK_RUNNING" {
			runs = told
		}
		if f.kind == "health_status_changed_event" {
			healthy = told
		}
	}
	return healthy.Sub(runs)
}

// environment is that of a task, by its own account.
func (p *probe) environment(task any) map[string]string {
	address := "http://" + at(task, "host").(string) + ":" + text(at(task, "ports", 0)) + "/env"
	var body string
	p.eventually(address+" answers", func() bool {
		var ok bool
		body, ok = p.fetch(address)
		return ok
	})
	out := map[string]string{}
	for line := range strings.Lines(body) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
		out[name] = value
	}
	return out
}
