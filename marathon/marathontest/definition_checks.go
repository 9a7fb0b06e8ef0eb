package marathontest

import "strings"

// idChecks are about ids: API.md 2.1.
func idChecks() []check {
	return []check{
		{name: "ids: what the grammar allows", holds: func(p *probe) {
			for _, id := range []string{"a", "0", "a-b", "a.b", "v1.2.3", "g/b/c", "x--y", "0a.b-c.d"} {
				p.asleep(id, "")
			}
		}},
		{name: "ids: what it does not", holds: func(p *probe) {
			for _, id := range []string{"A", "a_b", "-a", "a-", "a b", "ä", "a.-b", "a..b", ".a", "a$"} {
				p.refused(`{"id":"{g}/`+id+`",{task}}`, "/id", "must fully match regular expression '")
			}
		}},
		{name: "ids: the last part is no word of the API", holds: func(p *probe) {
			for _, word := range []string{"restart", "tasks", "versions"} {
				p.refused(`{"id":"{g}/`+word+`",{task}}`, "/id", "must not end with any of the following reserved keywords: restart, tasks, versions, ., ..")
			}
		}},
		{name: "ids: the root is none", holds: func(p *probe) {
			p.refused(`{"id":"/",{task}}`, "", "must not be root")
		}},
		{name: "ids: slashes at the ends are cut off, dots are walked", holds: func(p *probe) {
			p.is("id", p.want(201, "POST", "/v2/apps", `{"id":"{g}/a/","instances":0,{task}}`).str("id"), p.group+"/a")
			p.is("id", p.want(201, "POST", "/v2/apps", `{"id":"{g}/x/../b","instances":0,{task}}`).str("id"), p.group+"/b")
		}},
	}
}

// shows makes an app without instances from members that come over a command,
// and compares what it shows; wanted are fields and JSON.
func shows(name, more string, wanted map[string]string) check {
	return check{name: name, holds: func(p *probe) {
		a := p.want(201, "POST", "/v2/apps", `{"id":"{g}/a","instances":0,`+more+`}`)
		for field, want := range wanted {
			p.is(field, a.get(fieldOf(field)...), jsonOf(p, want))
		}
	}}
}

func fieldOf(path string) []any {
	var out []any
	for _, part := range strings.Split(path, ".") {
		if part == "0" {
			out = append(out, 0)
		} else {
			out = append(out, part)
		}
	}
	return out
}

const (
	bridge = `"networks":[{"mode":"container/bridge"}]`
	image  = `"container":{"type":"DOCKER","docker":{"image":"{img}"}}`
)

// defaultChecks are about what is not said: API.md 2.2 and 2.3.
func defaultChecks() []check {
	return []check{
		shows("defaults: resources and strategies", bridge+","+image, map[string]string{
			"cpus": "1", "mem": "128", "disk": "0", "gpus": "0", "instances": "0", "executor": `""`, "labels": "{}", "env": "null",
			"backoffSeconds": "1", "backoffFactor": "1.15", "maxLaunchDelaySeconds": "300", "requirePorts": "false", "killSelection": `"YOUNGEST_FIRST"`,
			"upgradeStrategy":     `{"minimumHealthCapacity":1,"maximumOverCapacity":1}`,
			"unreachableStrategy": `{"inactiveAfterSeconds":0,"expungeAfterSeconds":0}`,
		}),
		{name: "defaults: one instance", holds: func(p *probe) {
			p.is("instances", p.want(201, "POST", "/v2/apps", `{"id":"{g}/a",`+nowhere+`,`+bridge+`,`+image+`}`).get("instances"), 1)
		}},
		shows("defaults: the host's network with one port", `"cmd":"sleep 1"`, map[string]string{
			"networks": `[{"mode":"host"}]`, "portDefinitions.0.name": `"default"`, "portDefinitions.0.protocol": `"tcp"`, "portDefinitions.0.labels": "{}",
		}),
		shows("defaults: an empty list of ports is none", `"cmd":"sleep 1","portDefinitions":[]`, map[string]string{"portDefinitions": "[]"}),
		shows("defaults: a port mapping on a bridge", bridge+","+image, map[string]string{
			"container.portMappings.0.name": `"default"`, "container.portMappings.0.containerPort": "0", "container.portMappings.0.hostPort": "0",
			"container.portMappings.0.protocol": `"tcp"`, "container.portMappings.0.labels": "{}",
		}),
		shows("defaults: the rest of a port mapping", bridge+`,"container":{"docker":{"image":"{img}"},"portMappings":[{"containerPort":80}]}`, map[string]string{
			"container.type": `"DOCKER"`, "container.portMappings.0.hostPort": "0", "container.portMappings.0.protocol": `"tcp"`,
			"container.docker.forcePullImage": "false", "container.docker.privileged": "false", "container.docker.parameters": "[]", "container.volumes": "[]",
		}),
		{name: "defaults: service ports are given out from 10000 to 20000, each once", holds: func(p *probe) {
			seen := map[any]bool{}
			for _, name := range []string{"a", "b", "c"} {
				port := p.asleep(name, "").get("container", "portMappings", 0, "servicePort")
				if n, _ := port.(float64); n < 10000 || n >= 20000 || seen[port] {
					p.errorf("%s has service port %v, after %v", name, port, seen)
				}
				seen[port] = true
			}
		}},
		shows("defaults: a health check", bridge+","+image+`,"healthChecks":[{}]`, map[string]string{"healthChecks.0": `{"protocol":"HTTP","portIndex":0,
			"gracePeriodSeconds":300,"intervalSeconds":60,"timeoutSeconds":20,"maxConsecutiveFailures":3,"ignoreHttp1xx":false}`}),
		shows("defaults: a health check that Mesos makes", bridge+","+image+`,"healthChecks":[{"protocol":"MESOS_HTTP"}]`, map[string]string{
			"healthChecks.0.delaySeconds": "15", "healthChecks.0.portIndex": "0", "healthChecks.0.protocol": `"MESOS_HTTP"`}),
		shows("defaults: a health check with a command", bridge+","+image+`,"healthChecks":[{"protocol":"COMMAND","command":{"value":"true"}}]`, map[string]string{
			"healthChecks.0.command": `{"value":"true"}`, "healthChecks.0.portIndex": "null"}),
		shows("defaults: a readiness check", bridge+`,"container":{"docker":{"image":"{img}"},"portMappings":[{"containerPort":80,"name":"http-api"}]},"readinessChecks":[{}]`,
			map[string]string{"readinessChecks.0": `{"name":"readinessCheck","protocol":"HTTP","path":"/","portName":"http-api","intervalSeconds":30,
			"timeoutSeconds":10,"httpStatusCodesForReady":[200],"preserveLastResponse":false}`}),
		shows("defaults: a file to fetch", `"cmd":"sleep 1","fetch":[{"uri":"http://files.example/a.zip"}]`, map[string]string{
			"fetch": `[{"uri":"http://files.example/a.zip","extract":true,"executable":false,"cache":false}]`}),
		shows("defaults: a check of a connection has no path", bridge+","+image+`,"healthChecks":[{"protocol":"TCP","path":"/x"}]`, map[string]string{
			"healthChecks.0.path": "null"}),
		shows("defaults: an app of which there is one only", bridge+","+image+`,"labels":{"MARATHON_SINGLE_INSTANCE_APP":"true"}`, map[string]string{
			"upgradeStrategy": `{"minimumHealthCapacity":0,"maximumOverCapacity":0}`}),
	}
}

// formChecks are about the forms of older Marathons: API.md 2.2 and 2.5.
func formChecks() []check {
	docker := func(more string) string {
		return `"container":{"type":"DOCKER","docker":{"image":"{img}",` + more + `}}`
	}
	return []check{
		shows("forms: docker.network BRIDGE", docker(`"network":"BRIDGE","portMappings":[{"containerPort":80,"servicePort":0}]`), map[string]string{
			"networks": `[{"mode":"container/bridge"}]`, "container.portMappings.0.containerPort": "80", "container.docker.network": "null"}),
		shows("forms: docker.network HOST with ports", docker(`"network":"HOST"`)+`,"ports":[0,0]`, map[string]string{
			"networks": `[{"mode":"host"}]`, "portDefinitions.0.protocol": `"tcp"`, "ports": "null"}),
		shows("forms: ports of a command", `"cmd":"sleep 1","ports":[]`, map[string]string{"portDefinitions": "[]"}),
		shows("forms: uris, unpacked by their names", `"cmd":"sleep 1","uris":["http://files.example/a.tgz","http://files.example/b.jar"]`, map[string]string{
			"fetch": `[{"uri":"http://files.example/a.tgz","extract":true,"executable":false,"cache":false},
				{"uri":"http://files.example/b.jar","extract":false,"executable":false,"cache":false}]`, "uris": "null"}),
		{name: "forms: none is mixed with that of 1.5", holds: func(p *probe) {
			for body, text := range map[string]string{
				docker(`"network":"BRIDGE"`) + `,` + bridge: "must not specify both container.docker.network and networks",
				bridge + `,` + image + `,"ipAddress":{}`:    "must not specify both networks and ipAddress",
				`"container":{"docker":{"image":"{img}","portMappings":[{"containerPort":1}]},"portMappings":[{"containerPort":1}]}`: "cannot specify both portMappings and docker.portMappings",
				bridge + `,` + docker(`"portMappings":[{"containerPort":1}]`):                                                        "cannot mix deprecated and canonical network APIs",
				`"cmd":"sleep 1","ports":[1],"portDefinitions":[{"port":2}]`:                                                         "cannot specify both ports and port definitions",
				`"cmd":"sleep 1","ipAddress":{},"ports":[1]`:                                                                         "cannot specify both an IP address and port",
				`"cmd":"sleep 1","uris":["http://a"],"fetch":[{"uri":"http://a"}]`:                                                   "cannot specify both uris and fetch fields",
				docker(`"network":"NONE"`): "unsupported docker network type",
			} {
				p.refused(`{"id":"{g}/a",`+body+`}`, "", text)
			}
		}},
		{name: "forms: an app of 1.5 takes a change in the old form", holds: func(p *probe) {
			p.asleep("a", "")
			p.want(200, "PUT", "/v2/apps{g}/a", `{`+docker(`"network":"BRIDGE","portMappings":[{"containerPort":81}]`)+`}`)
			p.is("containerPort", p.app("a").get("container", "portMappings", 0, "containerPort"), 81)
		}},
	}
}

// ruleChecks are about what is refused: API.md 2.2 to 2.6.
func ruleChecks() []check {
	var out []check
	for name, rules := range rules() {
		out = append(out, check{name: "rules: " + name, holds: func(p *probe) {
			for _, r := range rules {
				p.refused(p.small("a", r[0]), r[1], r[2])
			}
		}})
	}
	return sortedByName(out)
}

// rules are definitions (members over a small task), the place at which they
// are refused, and a part of what is said.
func rules() map[string][][3]string {
	ports := func(list string) string {
		return `"container":{"docker":{"image":"{img}"},"portMappings":[` + list + `]}`
	}
	enum := func(member, place string) [3]string { return [3]string{member, place, "error.unknown.enum.literal"} }
	const hosts = `"container":{"docker":{"image":"{img}"}},"networks":[{"mode":"host"}]`
	return map[string][][3]string{
		"a command, arguments or a container": {
			{`"cmd":null,"args":null,"container":null,"networks":null`, "/", "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."},
			{`"cmd":"x y","args":["z"]`, "/", "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."},
		},
		"resources": {{`"cpus":0`, "/cpus", "error.min"}, {`"mem":-1`, "/mem", "error.min"}, {`"disk":-1`, "/disk", "error.min"}, {`"instances":-1`, "/instances", "error.min"},
			{`"instances":1.5`, "/instances", "error.expected.int"}, {`"instances":3000000000`, "/instances", "error.expected.int"}},
		"GPUs": {{`"gpus":1`, "", "GPU resources only work with the Mesos containerizer"}},
		"backing off": {{`"backoffSeconds":-1`, "/backoffSeconds", "error.min"}, {`"backoffFactor":0.9`, "/backoffFactor", "error.min"},
			{`"maxLaunchDelaySeconds":-1`, "/maxLaunchDelaySeconds", "error.min"}},
		"words that stand for themselves": {enum(`"killSelection":"ANY"`, "/killSelection"), enum(`"healthChecks":[{"protocol":"UDP"}]`, "/healthChecks(0)/protocol"),
			enum(`"networks":[{"mode":"x"}]`, "/networks(0)/mode")},
		"unreachable instances": {{`"unreachableStrategy":{"inactiveAfterSeconds":9,"expungeAfterSeconds":1}`, "", ""}},
		"limits":                {{`"cpus":2,"resourceLimits":{"cpus":1}`, "/resourceLimits/cpus", ""}, {`"mem":64,"resourceLimits":{"mem":1}`, "/resourceLimits/mem", ""}},
		"one instance only": {{`"instances":2,"labels":{"MARATHON_SINGLE_INSTANCE_APP":"true"}`, "/instances", "Single instance app may only have one instance"},
			{`"upgradeStrategy":{"minimumHealthCapacity":1,"maximumOverCapacity":0},"labels":{"MARATHON_SINGLE_INSTANCE_APP":"true"}`, "", ""}},
		"health checks": {
			{`"healthChecks":[{"protocol":"HTTP","portIndex":7}]`, "", "Health check port indices must address an element of the ports array or container port mappings."},
			{`"healthChecks":[{"protocol":"MESOS_TCP"},{"protocol":"COMMAND","command":{"value":"true"}}]`, "", "AppDefinition can contain at most one Mesos health check"},
			{`"healthChecks":[{"port":80,"portIndex":0}]`, "/healthChecks(0)", ""}, {`"healthChecks":[{"protocol":"COMMAND"}]`, "", ""},
			{`"healthChecks":[{"intervalSeconds":-1}]`, "/healthChecks(0)/intervalSeconds", "error.min"}, {`"healthChecks":[{"ipProtocol":"IPv6"}]`, "", ""},
		},
		"readiness checks": {
			{`"readinessChecks":[{"portName":"nobody"}]`, "", "No port definition reference for portName nobody"},
			{`"readinessChecks":[{"portName":"http","intervalSeconds":5,"timeoutSeconds":5}]`, "", ""},
			{`"readinessChecks":[{"portName":"http"},{"portName":"http"}]`, "/readinessChecks", ""},
		},
		"constraints": {
			{`"constraints":[["hostname"]]`, "", "Each constraint must have either 2 or 3 fields"},
			{`"constraints":[["hostname","NEAR"]]`, "", "operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS"},
			{`"constraints":[["hostname","UNIQUE","x"]]`, "", "UNIQUE does not accept a value"},
			{`"constraints":[["hostname","GROUP_BY","x"]]`, "", "GROUP BY must define an integer value or else no value at all"},
			{`"constraints":[["hostname","LIKE","("]]`, "", "is not a valid regular expression"}, {`"constraints":[["hostname","LIKE"]]`, "", ""},
			{`"constraints":[["hostname","MAX_PER","x"]]`, "", ""}, {`"constraints":[["hostname","IS","a b"]]`, "", ""},
		},
		"networks": {
			{hosts[:len(hosts)-2] + `,"name":"x"}]`, "", "Host networks may not have names or labels"},
			{`"networks":[{"mode":"container/bridge","name":"x"}]`, "", "Bridge networks may not have names"},
			{`"networks":[{"mode":"container"}]`, "", "Network name must be specified when container network is selected."},
			{`"networks":[{"mode":"container/bridge"},{"mode":"container","name":"x"}]`, "", "May specify a single host network, single bridge network, or else 1-to-n container networks"},
			{`"networks":[{"mode":"container","name":"x"},{"mode":"container","name":"x"}]`, "", "Duplicate networks are not allowed"},
			{`"networks":[{"mode":"container","name":"x"},{"mode":"container","name":"y"}]`, "", "may only specify a single container network when using the Docker container engine"},
			{`"networks":[{"mode":"host"}]`, "", "portMappings are not allowed with host-networking"},
			{`"portDefinitions":[{"port":0}]`, "", "portDefinitions are only allowed with host-networking"},
		},
		"ports": {
			{ports(`{"containerPort":1,"name":"x"},{"containerPort":2,"name":"x"}`), "", "Port names must be unique."},
			{hosts + `,"portDefinitions":[{"port":81},{"port":81}]`, "", "Ports must be unique."},
			{ports(`{"containerPort":1,"name":"X_"}`), "/container/portMappings(0)/name", "error.pattern"}, {ports(`{"containerPort":70000}`), "/container/portMappings(0)/containerPort", "error.max"},
			{ports(`{"containerPort":1,"protocol":"sctp"}`), "/container/portMappings(0)/protocol", "error.unknown.enum.literal"},
			{ports(`{"containerPort":1,"hostPort":-1}`), "/container/portMappings(0)/hostPort", "error.min"},
		},
		"features that nobody turned on": {
			{`"secrets":{"s":{"source":"/x"}}`, "", "secrets"}, {`"env":{"P":{"secret":"s"}}`, "", "secret"},
			{`"container":{"type":"DOCKER","docker":{"image":"{img}"},"volumes":[{"containerPath":"/x","mode":"RW","external":{"name":"n","provider":"dvdi","options":{"dvdi/driver":"rexray"}}}]}`, "", "external_volumes"},
		},
		"volumes":        {{`"container":{"type":"DOCKER","docker":{"image":"{img}"},"volumes":[{"containerPath":"/x","hostPath":"/y","mode":"WR"}]}`, "/container/volumes(0)/mode", "error.unknown.enum.literal"}},
		"files to fetch": {{`"fetch":[{"uri":"http://[bad"}]`, "", "URI has invalid syntax."}},
		"the executor":   {{`"executor":"/"`, "/executor", ""}},
	}
}
