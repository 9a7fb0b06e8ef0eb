package marathontest

import (
	"slices"
	"strings"
)

// clientChecks make the requests that old clients make, in their order, with
// their queries, bodies and headers, and read what they read.
func clientChecks() []check {
	return []check{
		{name: "clients: marathon-python makes, changes, scales and deletes an app", holds: marathonPythonApps},
		{name: "clients: marathon-python kills tasks", holds: marathonPythonTasks},
		{name: "clients: marathon-python keeps groups", holds: marathonPythonGroups},
		{name: "clients: the DC/OS command line", holds: dcosCommandLine},
		{name: "clients: the DC/OS command line keeps groups", holds: dcosGroups},
		{name: "clients: marathon-lb reads apps with their tasks", holds: marathonLB},
		{name: "clients: marathon-lb's zdd replaces one app by another", holds: zeroDowntime},
		{name: "clients: marathon-consul of allegro follows apps that are labelled", holds: allegroConsul},
		{name: "clients: marathon-consul of CiscoCloud reads apps, tasks and the version", holds: ciscoConsul},
		{name: "clients: marathon-consul of CiscoCloud subscribes with a callback", holds: ciscoSubscribes},
		{name: "clients: Nixy pings, reads apps and hears events", holds: nixy},
		{name: "clients: mc2 makes, changes, restarts and deletes an app", holds: missionControl},
		{name: "clients: Bamboo subscribes with an empty body that is called JSON", holds: bamboo},
	}
}

// jsonBoth are the headers of clients that send and want JSON.
var jsonBoth = []string{"Content-Type", "application/json", "Accept", "application/json"}

// marathonPythonApps: its ids have a slash or none, its booleans a capital.
func marathonPythonApps(p *probe) {
	made := p.want(201, "POST", "/v2/apps", p.small("a", `"instances":0`), jsonBoth...)
	p.has("the app", made.value, "id", "instances", "cpus", "mem", "version", "tasksRunning", "tasksStaged")
	p.settled(made.str("deployments", 0, "id"))
	id := p.group[1:] + "/a"
	p.want(200, "GET", "/v2/apps?embed=app.tasks&embed=app.counts&embed=app.deployments&embed=app.readiness&embed=app.lastTaskFailure&embed=app.failures&embed=app.taskStats", "", jsonBoth...)
	got := p.want(200, "GET", "/v2/apps/"+id+"?embed=app.tasks", "", jsonBoth...)
	p.is("id", got.str("app", "id"), p.group+"/a")
	version := got.str("app", "version")
	p.settled(p.began(p.want(200, "PUT", "/v2/apps/"+id+"?force=False", `{"cpus":0.02,"id":"`+id+`"}`, jsonBoth...)))
	p.settled(p.began(p.want(200, "PUT", "/v2/apps/"+p.group+"/a?force=False", `{"instances":1}`, jsonBoth...)))
	p.settled(p.began(p.want(200, "POST", "/v2/apps/"+id+"/restart?force=False", "", jsonBoth...)))
	p.settled(p.began(p.want(200, "PUT", "/v2/apps/"+id+"?force=True", `{"version":"`+version+`"}`, jsonBoth...)))
	p.is("after going back", []any{p.app("a").get("cpus"), p.app("a").get("instances")}, []any{0.01, 0})
	p.is("versions", len(p.want(200, "GET", "/v2/apps/"+id+"/versions", "", jsonBoth...).list("versions")) >= 4, true)
	p.want(200, "GET", "/v2/apps/"+id+"/versions/"+version, "", jsonBoth...)
	p.settled(p.began(p.want(200, "DELETE", "/v2/apps/"+id+"?force=False", "", jsonBoth...)))
	p.is("pong", p.want(200, "GET", "/ping", "", jsonBoth...).text, `"pong"`)
}

func marathonPythonTasks(p *probe) {
	p.make("a", `"instances":2`)
	id := p.group[1:] + "/a"
	first := taskIDs(p.ours("/v2/tasks"))[0]
	killed := p.want(200, "DELETE", "/v2/apps/"+id+"/tasks/"+first+"?scale=False&wipe=False", "", jsonBoth...)
	p.is("killed", killed.str("task", "id"), first)
	p.eventually("two run", func() bool { return p.app("a").get("tasksRunning") == 2.0 })
	p.settled(p.began(p.want(200, "POST", "/v2/tasks/delete?scale=True&force=True", text(map[string]any{"ids": []string{taskIDs(p.tasks("a"))[0]}}), jsonBoth...)))
	p.is("instances", p.app("a").get("instances"), 1)
	all := p.want(200, "DELETE", "/v2/apps/"+id+"/tasks?scale=False&wipe=False", "", jsonBoth...)
	p.is("killed", len(all.list("tasks")), 1)
}

func marathonPythonGroups(p *probe) {
	p.settled(p.began(p.want(201, "POST", "/v2/groups", p.pair(), jsonBoth...)))
	p.has("the root", p.want(200, "GET", "/v2/groups", "", jsonBoth...).value, "groups")
	p.settled(p.began(p.want(200, "PUT", "/v2/groups/"+p.group+"/g?force=False", `{"id":"{g}/g","apps":[`+p.small("g/a", `"instances":0,"cpus":0.02`)+`]}`, jsonBoth...)))
	p.settled(p.began(p.want(200, "DELETE", "/v2/groups/"+p.group+"/g?force=False", "", jsonBoth...)))
}

func dcosCommandLine(p *probe) {
	version := p.want(200, "GET", "/v2/info", "").str("version")
	p.is("the version is 0.8.1 or later", version >= "1." && strings.Count(version, ".") >= 2, true)
	p.settled(p.want(201, "POST", "/v2/apps", p.small("a", `"instances":0`)).str("deployments", 0, "id"))
	p.has("a listed app", p.want(200, "GET", "/v2/apps?id={g}/", "").get("apps", 0), "id", "mem", "cpus", "tasksRunning", "instances", "tasksHealthy", "tasksUnhealthy",
		"tasksStaged", "deployments", "container")
	id := p.began(p.want(200, "PUT", "/v2/apps{g}/a?force=true", `{"instances":1}`))
	p.settled(id)
	p.settled(p.began(p.want(200, "POST", "/v2/apps{g}/a/restart", "")))
	tasks := p.ours("/v2/tasks")
	p.has("a task", tasks[0], "appId", "startedAt", "host", "id")
	killed := p.want(200, "POST", "/v2/tasks/delete?scale=false&wipe=false", text(map[string]any{"ids": taskIDs(tasks)}))
	p.is("killed", len(killed.list("tasks")), 1)
	p.has("the queue", p.want(200, "GET", "/v2/queue?embed=lastUnusedOffers", "").value, "queue")
	versions := p.want(200, "GET", "/v2/apps{g}/a/versions", "").list("versions")
	p.want(200, "GET", "/v2/apps{g}/a/versions/"+versions[len(versions)-1].(string), "")
	p.want(200, "DELETE", "/v2/apps{g}/a", "")
}

func dcosGroups(p *probe) {
	p.settled(p.began(p.want(201, "POST", "/v2/groups", p.pair())))
	g := p.want(200, "GET", "/v2/groups{g}/g", "")
	p.has("the group", g.value, "id", "version", "apps", "groups")
	p.settled(p.began(p.want(200, "PUT", "/v2/groups{g}/g?force=true", `{"scaleBy":2}`)))
	p.want(200, "DELETE", "/v2/groups{g}/g", "")
}

func marathonLB(p *probe) {
	p.make("a", `"labels":{"HAPROXY_GROUP":"external"},"healthChecks":[{"protocol":"TCP","portIndex":0,"intervalSeconds":1,"timeoutSeconds":1}]`)
	list := p.want(200, "GET", "/v2/apps?embed=apps.tasks", "", "Accept", "application/json").list("apps")
	n := slices.IndexFunc(list, func(a any) bool { return at(a, "id") == p.group+"/a" })
	if n < 0 {
		p.fatalf("the app is not listed")
	}
	p.has("the app", list[n], "labels", "container", "tasks", "healthChecks", "networks", "requirePorts")
	p.is("servicePort is a number", at(list[n], "container", "portMappings", 0, "servicePort").(float64) > 0, true)
	p.has("a task", at(list[n], "tasks", 0), "host", "ports", "ipAddresses", "state", "startedAt", "id")
	l := p.listen("?plan-format=light")
	defer l.close()
	p.asleep("b", "")
	p.hears(l, "deployment_success", p.group+"/b")
}

func zeroDowntime(p *probe) {
	p.make("old", `"instances":2,"labels":{"HAPROXY_DEPLOYMENT_GROUP":"x"}`)
	made := p.want(201, "POST", "/v2/apps", p.small("new", ""))
	p.is("a deployment is named", len(made.list("deployments")), 1)
	p.eventually("no deployment works on it", func() bool { return len(p.app("new").list("deployments")) == 0 })
	p.want(200, "PUT", "/v2/apps{g}/new", `{"instances":2}`)
	p.want(200, "POST", "/v2/tasks/delete?scale=true", text(map[string]any{"ids": taskIDs(p.tasks("old"))}))
	p.eventually("the old one is scaled down", func() bool { return p.app("old").get("instances") == 0.0 })
	p.want(200, "DELETE", "/v2/apps{g}/old", "")
}

func allegroConsul(p *probe) {
	agent := []string{"Accept", "application/json", "User-Agent", "Marathon-Consul"}
	p.make("a", `"labels":{"consul":"a"},"healthChecks":[{"protocol":"HTTP","path":"/","portIndex":0,"intervalSeconds":1,"timeoutSeconds":1}]`)
	p.asleep("b", "")
	list := p.want(200, "GET", "/v2/apps?embed=apps.tasks&label=consul", "", agent...).list("apps")
	p.is("those with the label", shortIDs(p, list), []string{"a"})
	p.want(200, "GET", "/v2/apps/{g}/a?embed=apps.tasks", "", agent...)
	tasks := p.want(200, "GET", "/v2/apps/"+p.group[1:]+"/a/tasks", "", agent...).list("tasks")
	p.has("a task", tasks[0], "id", "appId", "host", "ports", "healthCheckResults")
	p.is("alive", at(tasks[0], "healthCheckResults", 0, "alive"), true)
	p.is("the leader", p.want(200, "GET", "/v2/leader", "", agent...).str("leader") != "", true)
	l := p.listen("?event_type=status_update_event&event_type=health_status_changed_event")
	defer l.close()
	p.want(200, "DELETE", "/v2/apps{g}/a", "")
	event := p.hears(l, "status_update_event", "TASK_KILLED")
	p.has("the event", event, "taskId", "taskStatus", "appId", "timestamp")
}

func ciscoConsul(p *probe) {
	a := p.make("a", `"labels":{"tags":"x"}`)
	p.is("the version", strings.Count(p.want(200, "GET", "/v2/info", "", "Accept", "application/json").str("version"), "."), 2)
	list := p.want(200, "GET", "/v2/apps", "", "Accept", "application/json").list("apps")
	p.is("listed", shortIDs(p, list), []string{"a"})
	tasks := p.want(200, "GET", "/v2/apps/"+p.group[1:]+"/a/tasks", "", "Accept", "application/json").list("tasks")
	p.is("the task's version", at(tasks[0], "version"), a.str("version"))
}

// ciscoSubscribes is also what go-marathon does by default.
func ciscoSubscribes(p *probe) {
	b := p.callback()
	defer b.close()
	subscribed := p.want(200, "POST", "/v2/eventSubscriptions?callbackUrl="+b.url, "")
	p.is("what it answers", []any{subscribed.str("callbackUrl"), subscribed.str("eventType")}, []string{b.url, "subscribe_event"})
	p.is("listed", slices.Contains(p.want(200, "GET", "/v2/eventSubscriptions", "").list("callbackUrls"), any(b.url)), true)
	p.make("a", "")
	p.eventually("the callback hears of the task", func() bool { return b.heard("status_update_event", p.group+"/a") })
	gone := p.want(200, "DELETE", "/v2/eventSubscriptions?callbackUrl="+b.url, "")
	p.is("what it answers", gone.str("eventType"), "unsubscribe_event")
	p.is("listed", slices.Contains(p.want(200, "GET", "/v2/eventSubscriptions", "").list("callbackUrls"), any(b.url)), false)
}

func nixy(p *probe) {
	for range 2 {
		p.want(200, "GET", "/ping", "")
	}
	p.make("a", `"labels":{"subdomain":"a"}`)
	list := p.want(200, "GET", "/v2/apps?embed=apps.tasks", "", "Accept", "application/json").list("apps")
	p.is("listed", shortIDs(p, list), []string{"a"})
	l := p.listen("")
	defer l.close()
	p.make("b", "")
	p.hears(l, "status_update_event", p.group+"/b")
}

func missionControl(p *probe) {
	p.want(201, "POST", "/v2/apps", p.small("a", `"labels":{"name":"a"}`))
	p.eventually("it is made", func() bool { return len(p.app("a").list("deployments")) == 0 })
	status := p.do("PUT", "/v2/apps{g}/a", p.small("a", `"labels":{"name":"b"}`)).status
	p.is("the status", status == 200 || status == 201, true)
	p.eventually("it is changed", func() bool { return len(p.app("a").list("deployments")) == 0 })
	p.want(200, "POST", "/v2/apps{g}/a/restart", "{}")
	p.eventually("it is restarted", func() bool { return len(p.app("a").list("deployments")) == 0 })
	p.has("a task", p.tasks("a")[0], "id", "host", "ports")
	p.want(200, "DELETE", "/v2/apps{g}/a", "{}")
	p.is("a sentence", p.do("GET", "/v2/apps{g}/b", "").str("message") != "", true)
}

func bamboo(p *probe) {
	b := p.callback()
	defer b.close()
	p.want(200, "POST", "/v2/eventSubscriptions?callbackUrl="+b.url, "", "Content-Type", "application/json")
	p.asleep("a", "")
	p.eventually("the callback hears of the app", func() bool { return b.heard("deployment_success", p.group+"/a") })
	p.want(200, "DELETE", "/v2/eventSubscriptions?callbackUrl="+b.url, "")
}
