package marathontest

import (
	"slices"
	"time"
)

// eventChecks are about the event stream: API.md 3.
func eventChecks() []check {
	return slices.Concat(streamChecks(), eventKindChecks())
}

func streamChecks() []check {
	return []check{
		{name: "events: who does not ask for a stream gets none", holds: func(p *probe) {
			p.want(405, "GET", "/v2/events", "")
			p.want(405, "GET", "/v2/events", "", "Accept", "application/json")
		}},
		{name: "events: the first tells of the listener itself", holds: func(p *probe) {
			l := p.listen("")
			defer l.close()
			first := l.all()[0]
			p.is("its kind", first.kind, "event_stream_attached")
			p.has("it", first.fields, "remoteAddress", "timestamp", "eventType")
			p.is("Content-Type", l.header.Get("Content-Type")[:17], "text/event-stream")
		}},
		{name: "events: each is a kind and one line of JSON, and nothing else", holds: func(p *probe) {
			l := p.listen("")
			defer l.close()
			p.make("a", "")
			p.hears(l, "deployment_success", p.group+"/a")
			l.note(func() { p.is("other lines", l.wrong, nil) })
			for _, f := range l.all() {
				p.is("eventType of "+f.kind, at(f.fields, "eventType"), f.kind)
				p.matches("timestamp of "+f.kind, at(f.fields, "timestamp"), stampForm)
			}
		}},
		{name: "events: an empty line every ten seconds is a sign of life", holds: func(p *probe) {
			l := p.listen("?event_type=nobody_tells_this_event")
			defer l.close()
			begun := time.Now()
			beats := func() (n int) { l.note(func() { n = l.beats }); return n }
			p.eventually("one", func() bool { return beats() > 0 })
			if took := time.Since(begun); took > 15*time.Second {
				p.errorf("it came after %v", took)
			}
		}},
		{name: "events: a listener may ask for some kinds only", holds: func(p *probe) {
			l := p.listen("?event_type=deployment_success&event_type=deployment_info")
			defer l.close()
			p.make("a", "")
			p.hears(l, "deployment_success", p.group+"/a")
			for _, f := range l.all() {
				if f.kind != "deployment_success" && f.kind != "deployment_info" && f.kind != "event_stream_attached" {
					p.errorf("there is a %s", f.kind)
				}
			}
		}},
		{name: "events: one listener hears of another", holds: func(p *probe) {
			first := p.listen("")
			defer first.close()
			second := p.listen("")
			p.eventually("it came", func() bool { return len(first.about("event_stream_attached", "")) > 1 })
			second.close()
			p.hears(first, "event_stream_detached", "")
		}},
	}
}

func eventKindChecks() []check {
	// heard makes and deletes an app, and gives what was told of it.
	heard := func(p *probe, more string) *listener {
		l := p.listen("")
		p.make("a", more)
		p.settled(p.began(p.want(200, "DELETE", "/v2/apps{g}/a", "")))
		p.hears(l, "app_terminated_event", p.group+"/a")
		p.eventually("both deployments are over", func() bool { return len(l.about("deployment_success", p.group+"/a")) == 2 })
		l.close()
		return l
	}
	fields := func(kind, text string, names ...string) check {
		return check{name: "events: the fields of " + kind, holds: func(p *probe) {
			l := heard(p, `"healthChecks":[{"protocol":"HTTP","path":"/","portIndex":0,"intervalSeconds":1,"timeoutSeconds":1}]`)
			list := l.about(kind, p.fill(text))
			if len(list) == 0 {
				p.fatalf("there is none")
			}
			p.has("the event", list[0], append(names, "eventType", "timestamp")...)
		}}
	}
	return []check{
		fields("status_update_event", "{g}/a", "slaveId", "taskId", "taskStatus", "message", "appId", "host", "ipAddresses", "ports", "version"),
		fields("instance_changed_event", "{g}/a", "instanceId", "condition", "runSpecId", "agentId", "host", "runSpecVersion"),
		fields("group_change_success", "", "groupId", "version"),
		fields("add_health_check_event", "{g}/a", "appId", "version", "healthCheck"),
		fields("remove_health_check_event", "{g}/a", "appId"),
		fields("deployment_info", "{g}/a", "plan", "currentStep"),
		fields("deployment_step_success", "{g}/a", "plan", "currentStep"),
		fields("deployment_success", "{g}/a", "id", "plan"),
		fields("app_terminated_event", "{g}/a", "appId"),
		{name: "events: what a client sent is told with the definition", holds: func(p *probe) {
			l := p.listen("")
			defer l.close()
			p.want(201, "POST", "/v2/apps", p.small("a", `"instances":0`))
			p.want(201, "PUT", "/v2/apps{g}/b", p.small("b", `"instances":0`))
			for _, name := range []string{"a", "b"} {
				event := p.hears(l, "api_post_event", p.group+"/"+name)
				p.has("the event", event, "clientIp", "uri", "appDefinition")
				p.is("the app", at(event, "appDefinition", "id"), p.group+"/"+name)
			}
		}},
		{name: "events: a plan is told without the definitions", holds: func(p *probe) {
			l := p.listen("")
			defer l.close()
			p.make("a", "")
			event := p.hears(l, "deployment_success", p.group+"/a")
			p.is("the plan", keys(at(event, "plan")), []string{"id", "steps", "version"})
			p.is("the id", at(event, "id"), at(event, "plan", "id"))
			p.is("steps", at(event, "plan", "steps"), steps(p, [][]string{{"StartApplication", "a"}}, [][]string{{"ScaleApplication", "a"}}))
		}},
		{name: "events: those of a new app come in order", holds: func(p *probe) {
			l := heard(p, "")
			p.inOrder(l, "group_change_success", "deployment_info", "deployment_step_success", "deployment_info", "status_update_event", "deployment_step_success",
				"deployment_success", "group_change_success", "deployment_info", "status_update_event", "app_terminated_event", "deployment_step_success", "deployment_success")
			var states []any
			for _, event := range l.about("status_update_event", p.group+"/a") {
				states = append(states, at(event, "taskStatus"))
			}
			states = slices.Compact(slices.DeleteFunc(states, func(s any) bool { return s == "TASK_STARTING" || s == "TASK_KILLING" }))
			p.is("states", states, []string{"TASK_STAGING", "TASK_RUNNING", "TASK_KILLED"})
		}},
		{name: "events: a state is told before the condition of its instance", holds: func(p *probe) {
			l := heard(p, "")
			var kinds []string
			for _, f := range l.all() {
				running := at(f.fields, "taskStatus") == "TASK_RUNNING" && at(f.fields, "appId") == p.group+"/a"
				if running || at(f.fields, "condition") == "Running" && at(f.fields, "runSpecId") == p.group+"/a" {
					kinds = append(kinds, f.kind)
				}
			}
			p.is("kinds", kinds, []string{"status_update_event", "instance_changed_event"})
		}},
		{name: "events: a cancelled deployment has failed", holds: func(p *probe) {
			l := p.listen("")
			defer l.close()
			id := p.stuck("a", "")
			p.want(202, "DELETE", "/v2/deployments/"+id+"?force=true", "")
			p.has("the event", p.hears(l, "deployment_failed", id), "id", "plan")
		}},
		{name: "events: a change of health names the instance", real: true, holds: func(p *probe) {
			l := p.listen("")
			defer l.close()
			p.make("a", `"healthChecks":[{"protocol":"HTTP","path":"/","portIndex":0,"intervalSeconds":1,"timeoutSeconds":1}]`)
			event := p.hears(l, "health_status_changed_event", p.group+"/a")
			p.has("the event", event, "appId", "instanceId", "version", "alive")
			p.is("alive", at(event, "alive"), true)
			p.has("the other", p.hears(l, "instance_health_changed_event", p.group+"/a"), "instanceId", "runSpecId", "healthy", "runSpecVersion")
		}},
		{name: "events: an instance that is killed for its health is told", real: true, holds: func(p *probe) {
			l := p.listen("")
			defer l.close()
			p.want(201, "PUT", "/v2/apps{g}/a", p.small("a", `{sick},"healthChecks":[{"protocol":"HTTP","path":"/health","portIndex":0,"gracePeriodSeconds":1,"intervalSeconds":1,"timeoutSeconds":1,"maxConsecutiveFailures":1}]`))
			p.has("a failed check", p.hears(l, "failed_health_check_event", p.group+"/a"), "appId", "taskId", "healthCheck")
			p.has("the kill", p.hears(l, "unhealthy_instance_kill_event", p.group+"/a"), "appId", "taskId", "instanceId", "version", "reason", "host", "slaveId")
			p.eventually("it is the app's last failure", func() bool { return p.app("a").get("lastTaskFailure") != nil })
			failure := p.app("a").get("lastTaskFailure")
			p.has("the failure", failure, "appId", "host", "message", "state", "taskId", "timestamp", "version", "slaveId")
			p.is("its state", at(failure, "state"), "TASK_KILLED")
			if message, _ := at(failure, "message").(string); len(message) < 51 || message[:51] != "Task was killed since health check failed. Reason: " {
				p.errorf("the message is %q", message)
			}
		}},
	}
}

// inOrder notes a failure unless events of these kinds about the check came in
// this order, others in between.
func (p *probe) inOrder(l *listener, kinds ...string) {
	next := 0
	for _, f := range l.all() {
		if next < len(kinds) && f.kind == kinds[next] && (f.kind == "group_change_success" || mentions(f.fields, p.group)) {
			next++
		}
	}
	if next < len(kinds) {
		p.errorf("after %v there is no %s", kinds[:next], kinds[next])
	}
}
