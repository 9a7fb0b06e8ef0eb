package marathontest

import (
	"encoding/json"
	"math/rand/v2"
)

// generated is a definition made by chance of members that Marathon's schema and
// its rules allow together.
func generated(r *rand.Rand) string {
	out := ""
	for _, choices := range members() {
		if pick := r.IntN(len(choices) + 1); pick < len(choices) {
			out += "," + choices[pick]
		}
	}
	forms := networkForms()
	return `"instances":0,` + forms[r.IntN(len(forms))] + out
}

// members are those that may be combined at will: of each list one or none.
func members() [][]string {
	return [][]string{
		{`"cpus":0.25`, `"cpus":4`}, {`"mem":16`, `"mem":64.5`}, {`"disk":0`, `"disk":10`}, {`"backoffSeconds":0`, `"backoffSeconds":7`},
		{`"backoffFactor":1`, `"backoffFactor":2.5`}, {`"maxLaunchDelaySeconds":0`, `"maxLaunchDelaySeconds":3600`},
		{`"env":{"A":"1","B_2":"ä ö"}`, `"env":{}`}, {`"labels":{"a":"b","HAPROXY_0_VHOST":"x.example"}`, `"labels":{}`},
		{`"killSelection":"OLDEST_FIRST"`, `"killSelection":"YOUNGEST_FIRST"`}, {`"taskKillGracePeriodSeconds":0`, `"taskKillGracePeriodSeconds":30`},
		{`"upgradeStrategy":{"minimumHealthCapacity":0.5,"maximumOverCapacity":0.2}`, `"upgradeStrategy":{"minimumHealthCapacity":0}`},
		{`"unreachableStrategy":"disabled"`, `"unreachableStrategy":{"inactiveAfterSeconds":60,"expungeAfterSeconds":120}`},
		{`"acceptedResourceRoles":["*"]`}, {`"executor":""`, `"executor":"//cmd"`}, {`"requirePorts":false`}, {`"dependencies":[]`},
		{`"constraints":[["hostname","UNIQUE"]]`, `"constraints":[["rack","GROUP_BY","2"],["hostname","MAX_PER","3"]]`,
			`"constraints":[["hostname","LIKE","a.*"],["hostname","UNLIKE","b.*"],["zone","CLUSTER","x"]]`},
		{`"healthChecks":[{"protocol":"HTTP","path":"/health","portIndex":0,"gracePeriodSeconds":10}]`, `"healthChecks":[{"protocol":"TCP","portIndex":0},{"protocol":"HTTPS","path":"/x"}]`,
			`"healthChecks":[{"protocol":"COMMAND","command":{"value":"test -e /"},"maxConsecutiveFailures":0}]`, `"healthChecks":[{"protocol":"MESOS_HTTP","path":"/","portIndex":0,"delaySeconds":3}]`,
			`"healthChecks":[{"protocol":"HTTP","port":8080,"ignoreHttp1xx":true,"intervalSeconds":5,"timeoutSeconds":2}]`},
		{`"readinessChecks":[{"name":"r","protocol":"HTTP","path":"/r","portName":"web","intervalSeconds":9,"timeoutSeconds":3,"httpStatusCodesForReady":[200,204],"preserveLastResponse":true}]`},
		{`"fetch":[{"uri":"http://files.example/a.tgz","executable":false,"extract":true,"cache":true,"destPath":"x/a"}]`},
	}
}

// networkForms are a command or an image, and a port called web in each form.
func networkForms() []string {
	const docker = `"container":{"type":"DOCKER","docker":{"image":"{img}"`
	return []string{
		docker + `},"portMappings":[{"containerPort":80,"name":"web","protocol":"tcp","labels":{"VIP_0":"a:1"}}]},"networks":[{"mode":"container/bridge"}]`,
		docker + `,"forcePullImage":true,"privileged":false,"parameters":[]},"portMappings":[{"name":"web"},{"containerPort":53,"protocol":"udp,tcp"}]},"networks":[{"mode":"container/bridge"}],"args":["a","b c"]`,
		docker + `,"network":"BRIDGE","portMappings":[{"containerPort":80,"hostPort":0,"servicePort":0,"protocol":"tcp","name":"web"}]},"volumes":[]},"cmd":"run me"`,
		docker + `,"network":"HOST"}},"portDefinitions":[{"port":0,"protocol":"tcp","name":"web"}]`,
		docker + `}},"networks":[{"mode":"host"}],"portDefinitions":[{"port":0,"name":"web"},{"port":0,"protocol":"udp"}],"cmd":"run me"`,
		`"cmd":"sleep 1","portDefinitions":[{"port":0,"name":"web","labels":{"a":"b"}}]`,
		`"args":["sleep","1"],"portDefinitions":[{"port":0,"name":"web"}],"networks":[{"mode":"host"}]`,
	}
}

// kept notes the members that were sent in the form in which they are answered,
// and that are not answered as they were sent.
func (p *probe) kept(sent string, got any) {
	var fields map[string]any
	if err := json.Unmarshal([]byte(sent), &fields); err != nil {
		p.fatalf("%v", err)
	}
	for _, name := range []string{"cpus", "mem", "disk", "backoffSeconds", "backoffFactor", "maxLaunchDelaySeconds", "labels", "killSelection", "cmd", "args", "networks",
		"taskKillGracePeriodSeconds", "acceptedResourceRoles", "executor", "constraints", "readinessChecks", "fetch", "instances", "unreachableStrategy"} {
		if want, sent := fields[name]; sent {
			p.is(name, at(got, name), want)
		}
	}
}
