package marathontest

// exportChecks put definitions in that were read from older Marathons, as those
// do who move. Marathon 1.4 says some things twice and has fields that are gone.
func exportChecks() []check {
	return []check{
		{name: "exports: an app with port mappings as Marathon 1.4 shows it", holds: exportedBridge},
		{name: "exports: a command as Marathon 1.4 shows it", holds: exportedCommand},
		{name: "exports: ports that say the same twice are no mistake, others are", holds: func(p *probe) {
			p.asleep("a", `"networks":[{"mode":"host"}],"container":null,"cmd":"sleep 1","ports":[],"portDefinitions":[]`)
			p.asleep("b", `"networks":[{"mode":"host"}],"container":null,"cmd":"sleep 1","ports":[0,0],"portDefinitions":[{"port":0},{"port":0}]`)
			p.is("ports", len(p.app("b").list("portDefinitions")), 2)
			p.refused(`{"id":"{g}/c","cmd":"sleep 1","ports":[1],"portDefinitions":[{"port":2}]}`, "", "cannot specify both ports and port definitions")
		}},
		{name: "exports: an app with port mappings has as many as it has ports", holds: func(p *probe) {
			made := p.want(201, "POST", "/v2/apps", `{"id":"{g}/a","instances":0,"container":{"docker":{"image":"{img}","network":"BRIDGE","portMappings":[{"containerPort":80}]}},"ports":[0,0]}`)
			p.is("ports", len(made.list("container", "portMappings")), 2)
			p.is("the first", made.get("container", "portMappings", 0, "containerPort"), 80)
			p.lacks("the app", made.value, "portDefinitions", "ports")
		}},
		{name: "exports: docker.portMappings mean nothing on the host's network", holds: func(p *probe) {
			made := p.want(201, "POST", "/v2/apps", `{"id":"{g}/a","instances":0,"container":{"docker":{"image":"{img}","network":"HOST","portMappings":[{"containerPort":80}]}},"ports":[0]}`)
			p.lacks("the container", made.get("container"), "portMappings")
			p.is("ports", len(made.list("portDefinitions")), 1)
		}},
	}
}

// gone are the fields that Marathon 1.4 shows of every app and that say nothing.
const gone = `"args":null,"user":null,"env":{},"executor":"","gpus":0,"constraints":[],"uris":[],"fetch":[],"storeUrls":[],"acceptedResourceRoles":null,
	"healthChecks":[],"readinessChecks":[],"dependencies":[],"ipAddress":null,"residency":null,"secrets":{},"taskKillGracePeriodSeconds":null,
	"backoffSeconds":1,"backoffFactor":1.15,"maxLaunchDelaySeconds":3600,"upgradeStrategy":{"minimumHealthCapacity":1,"maximumOverCapacity":1},
	"unreachableStrategy":{"inactiveAfterSeconds":300,"expungeAfterSeconds":600},"killSelection":"YOUNGEST_FIRST","requirePorts":false,
	"version":"2017-03-01T10:00:00.000Z","versionInfo":{"lastScalingAt":"2017-03-01T10:00:00.000Z","lastConfigChangeAt":"2017-03-01T10:00:00.000Z"},
	"tasksStaged":0,"tasksRunning":1,"tasksHealthy":0,"tasksUnhealthy":0,"deployments":[]`

func exportedBridge(p *probe) {
	made := p.want(201, "POST", "/v2/apps", `{"id":"{g}/a","cmd":null,"instances":0,"cpus":0.01,"mem":32,"disk":0,"labels":{"a":"b"},
		"container":{"type":"DOCKER","volumes":[],"docker":{"image":"{img}","network":"BRIDGE","privileged":false,"parameters":[],"forcePullImage":false,
			"portMappings":[{"containerPort":80,"hostPort":0,"servicePort":10301,"protocol":"tcp","labels":{}}]}},
		"ports":[10301],"portDefinitions":[{"port":10301,"protocol":"tcp","labels":{}}],`+gone+`}`)
	p.is("networks", made.get("networks"), []any{map[string]any{"mode": "container/bridge"}})
	p.is("ports", len(made.list("container", "portMappings")), 1)
	p.is("the port", made.get("container", "portMappings", 0, "servicePort"), 10301)
	p.lacks("the app", made.value, "portDefinitions", "ports", "uris", "storeUrls", "args")
	p.is("labels", made.get("labels"), map[string]any{"a": "b"})
}

func exportedCommand(p *probe) {
	made := p.want(201, "POST", "/v2/apps", `{"id":"{g}/a","cmd":"sleep 1000","instances":0,"cpus":0.01,"mem":32,"disk":0,"labels":{},"container":null,
		"ports":[10302,0],"portDefinitions":[{"port":10302,"protocol":"tcp","labels":{}},{"port":0,"protocol":"tcp","labels":{}}],`+gone+`}`)
	p.is("networks", made.get("networks"), []any{map[string]any{"mode": "host"}})
	p.is("ports", len(made.list("portDefinitions")), 2)
	p.is("the port", made.get("portDefinitions", 0, "port"), 10302)
	p.is("unreachableStrategy", made.get("unreachableStrategy", "inactiveAfterSeconds"), 300)
}
