package marathontest

// appThatRuns makes the app that the recorded answers are about.
func appThatRuns(p *probe) {
	p.make("fake-app", `"healthChecks":[{"protocol":"HTTP","path":"/","portIndex":0,"gracePeriodSeconds":60,"intervalSeconds":1,"timeoutSeconds":1}]`)
}

// appThatWaits makes one that no machine can run.
func appThatWaits(p *probe) { p.stuck("waits", "") }

// ofOldApps are what apps in the recorded answers have that apps of Marathon 1.5
// and later have not, or only if something failed or was asked for.
func ofOldApps(at string) []string {
	var out []string
	for _, name := range []string{"cmd", "constraints", "env", "secrets", "lastTaskFailure", "residency", "readinessChecks", "portDefinitions", "uris", "storeUrls", "ports", "user",
		"ipAddress", "fetch", "tasks[].healthCheckResults", "upgradeStrategy.maximumOverCapacity", "tasks[].servicePorts[]", "healthChecks[].command",
		"container.portMappings[].name", "container.volumes", "dependencies"} {
		out = append(out, at+name)
	}
	return out
}

// replays say how each recorded request is made here.
func replays() map[string]replay {
	const deployment = "/v2/deployments/867ed450-f6a8-4d33-9b0e-e11c5513990b"
	const callback = "/v2/eventSubscriptions?callbackUrl=http://localhost:9292/callback"
	listed := func(p *probe, a answer) any { return map[string]any{"apps": a.list("apps")} }
	ours := func(path string) replay { return replay{before: appThatRuns, path: path, part: listed} }
	apps := ours("/v2/apps?id={g}/")
	apps.except = ofOldApps("apps[].")
	return map[string]replay{
		"GET /ping":                                         {},
		"GET /v2/apps/fake-app/versions":                    {before: appThatRuns},
		"POST /v2/apps":                                     {body: `{"id":"{g}/fake-app",{task},"cmd":"env"}`, except: append(ofOldApps(""), "healthChecks", "container.docker.network")},
		"GET /v2/apps":                                      apps,
		"GET /v2/apps?embed=apps.taskStats":                 {before: appThatRuns, path: "/v2/apps?id={g}/&embed=apps.taskStats", part: listed},
		"GET /v2/apps?cmd=nginx":                            {before: func(p *probe) { p.asleep("fake-app", `"cmd":"nginx"`) }, path: "/v2/apps?id={g}/&cmd=nginx", part: listed},
		"POST /v2/apps/fake-app/restart":                    {before: appThatRuns},
		"DELETE /v2/apps/fake-app":                          {before: appThatRuns},
		"DELETE /v2/apps/fake-app?force=true":               {before: appThatRuns},
		"GET /v2/apps/fake-app/tasks":                       {before: appThatRuns},
		"DELETE /v2/apps/fake-app/tasks":                    {before: appThatRuns},
		"DELETE /v2/apps/fake-app/tasks/fake-app.fake-task": {before: appThatRuns, path: "/v2/apps{g}/fake-app/tasks/{taskid}"},
		"DELETE /v2/apps/fake-group/fake-app/tasks/fake-group_fake-app.fake-task": {before: appThatRuns, path: "/v2/apps{g}/fake-app/tasks/{taskid}"},
		"GET /v2/apps/fake-app/versions/2014-09-12T23:28:21.737Z":                 {before: appThatRuns, path: "/v2/apps{g}/fake-app/versions/{version}", except: append(ofOldApps(""), "tasks", "tasksRunning", "tasksStaged", "deployments")},
		"GET /v2/apps/fake-app":                {before: appThatRuns, except: ofOldApps("app.")},
		"PUT /v2/apps/fake-app":                {before: appThatRuns, body: `{"instances":1}`},
		"PUT /v2/apps/fake-app?force=true":     {before: appThatRuns, body: `{"instances":1}`},
		"GET /v2/groups":                       {before: groupThatSleeps, path: "/v2/groups{g}", except: append(ofOldApps("groups[].apps[]."), "groups[].apps[].cmd")},
		"GET /v2/groups/test":                  {before: groupThatSleeps, path: "/v2/groups{g}/test", except: append(ofOldApps("apps[]."), "apps[].cmd")},
		"PUT /v2/groups/:groupId":              {before: groupThatSleeps, path: "/v2/groups{g}/test", body: `{"apps":[]}`},
		"DELETE /v2/groups/:groupId":           {before: groupThatSleeps, path: "/v2/groups{g}/test"},
		"GET /v2/tasks":                        {before: appThatRuns, part: func(p *probe, _ answer) any { return map[string]any{"tasks": p.ours("/v2/tasks")} }, except: []string{"tasks[].healthCheckResults"}},
		"GET /v2/tasks?status=staging":         {before: appThatWaits},
		"POST /v2/tasks/delete":                {before: appThatRuns, body: `{"ids":["{taskid}"]}`},
		"GET /v2/deployments":                  {before: appThatWaits, part: waiting, except: []string{"[].steps"}},
		"GET /v2/deployments v1.1.1":           {before: appThatWaits, part: waiting, except: []string{"[].steps[].actions[].type", "[].currentActions[].readinessCheckResults"}},
		"DELETE " + deployment:                 {before: appThatWaits, path: "/v2/deployments/{deployment}"},
		"DELETE " + deployment + "?force=true": {before: appThatWaits, path: "/v2/deployments/{deployment}?force=true"},
		"POST " + callback:                     {before: unsubscribed, after: unsubscribed},
		"GET /v2/eventSubscriptions":           {before: func(p *probe) { p.want(200, "POST", callback+"/listed", "") }, after: unlisted},
		"DELETE " + callback:                   {before: func(p *probe) { p.want(200, "POST", callback, "") }, after: unsubscribed},
		"GET /v2/queue":                        {before: appThatWaits, part: func(p *probe, _ answer) any { return map[string]any{"queue": []any{p.queued("waits")}} }, except: append(ofOldApps("queue[].app."), "queue[].app.cmd")},
		"DELETE /v2/queue/fake-app/delay":      {before: func(p *probe) { appThatWaits(p); p.queued("waits") }, path: "/v2/queue{g}/waits/delay"},
		"GET /v2/leader":                       {},
		"GET /v2/info": {except: []string{"event_subscriber", "http_config", "marathon_config.failover_timeout", "marathon_config.master", "marathon_config.mesos_user",
			"marathon_config.reconciliation_initial_delay", "marathon_config.reconciliation_interval", "marathon_config.task_launch_timeout", "zookeeper_config"}},
		"GET /v2/apps?embed=apps.readiness": {before: appThatRuns, path: "/v2/apps?id={g}/&embed=apps.readiness", part: listed, except: []string{"apps[].readinessCheckResults"}},
		"GET /v2/apps/fake-app unreachablestrategy-present": {before: func(p *probe) {
			p.asleep("fake-app", `"unreachableStrategy":{"inactiveAfterSeconds":3.0,"expungeAfterSeconds":4.0}`)
		}},
		"GET /v2/apps/fake-app unreachablestrategy-absent": {before: func(p *probe) { p.asleep("fake-app", `"unreachableStrategy":"disabled"`) }},
		"GET /v2/apps/fake-app environment-variables":      {before: func(p *probe) { p.asleep("fake-app", `"env":{"FOO":"bar"}`) }, except: []string{"app.env.TOP", "app.secrets"}},
	}
}

func groupThatSleeps(p *probe) {
	p.settled(p.began(p.want(200, "PUT", "/v2/groups{g}/test", `{"apps":[`+p.small("test/app", `"instances":1`)+`]}`)))
}

// waiting is the deployment of the app that waits, as a list.
func waiting(p *probe, _ answer) any {
	id := p.app("waits").str("deployments", 0, "id")
	p.eventually("it has an action", func() bool { return at(p.deployment(id), "currentActions", 0) != nil })
	return []any{p.deployment(id)}
}

func unsubscribed(p *probe) {
	p.do("DELETE", "/v2/eventSubscriptions?callbackUrl=http://localhost:9292/callback", "")
}

// unlisted removes the callback of the check that lists them: it is another one,
// for the checks that add and remove theirs run at the same time.
func unlisted(p *probe) {
	p.do("DELETE", "/v2/eventSubscriptions?callbackUrl=http://localhost:9292/callback/listed", "")
}
