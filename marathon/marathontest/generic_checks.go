package marathontest

import (
	"net/http"
	"strings"
)

// genericChecks are what holds for every request: API.md 1.1.
func genericChecks() []check {
	return []check{
		{name: "generic: what changes something is answered with a DeploymentResult and its header", holds: func(p *probe) {
			p.began(p.want(201, "PUT", "/v2/apps{g}/a", p.small("a", `"instances":0`)))
			for _, change := range [][3]string{
				{"PUT", "/v2/apps{g}/a?force=true", `{"labels":{"a":"1"}}`}, {"PATCH", "/v2/apps{g}/a?force=true", `{"labels":{"a":"2"}}`},
				{"POST", "/v2/apps{g}/a/restart?force=true", ""}, {"DELETE", "/v2/apps{g}/a", ""},
			} {
				p.began(p.want(200, change[0], change[1], change[2]))
			}
		}},
		{name: "generic: a change that changes nothing has a deployment too, which is over at once", holds: func(p *probe) {
			version := p.asleep("a", "").str("version")
			p.settled(p.began(p.want(200, "PUT", "/v2/apps{g}/a", `{"instances":0}`)))
			p.is("version after an empty change", p.app("a").str("version"), version)
		}},
		{name: "generic: times have three digits of milliseconds and are UTC", holds: func(p *probe) {
			a := p.asleep("a", "")
			for _, place := range [][]any{{"version"}, {"versionInfo", "lastScalingAt"}, {"versionInfo", "lastConfigChangeAt"}} {
				p.matches("a time", a.get(place...), stampForm)
			}
		}},
		{name: "generic: yes and no are read in any case", holds: func(p *probe) {
			p.want(201, "PUT", "/v2/apps{g}/a", p.small("a", `"instances":0`))
			p.want(200, "PUT", "/v2/apps{g}/a?force=True", `{"labels":{"a":"1"}}`)
			p.want(200, "PUT", "/v2/apps{g}/a?force=TRUE&partialUpdate=False", p.small("a", `"instances":0`))
			p.is("labels after a whole update", p.app("a").get("labels"), map[string]any{})
		}},
		{name: "generic: unknown fields are nothing", holds: func(p *probe) {
			p.lacks("the app", p.asleep("a", `"nobodyKnowsThis":{"x":[1]}`).value, "nobodyKnowsThis")
		}},
		{name: "generic: a null is as good as absent", holds: func(p *probe) {
			a := p.asleep("a", `"args":null,"constraints":null,"ports":null,"uris":null,"dependencies":null,"user":null,"healthChecks":null,"upgradeStrategy":null,"backoffFactor":null`)
			p.is("backoffFactor", a.get("backoffFactor"), 1.15)
			p.is("upgradeStrategy", a.get("upgradeStrategy"), map[string]any{"minimumHealthCapacity": 1, "maximumOverCapacity": 1})
		}},
		{name: "generic: an app always shows these fields", holds: func(p *probe) {
			p.has("the app", p.asleep("a", "").value, "id", "backoffFactor", "backoffSeconds", "cpus", "mem", "disk", "gpus", "executor", "instances",
				"labels", "maxLaunchDelaySeconds", "networks", "requirePorts", "killSelection", "upgradeStrategy", "unreachableStrategy", "version", "versionInfo")
		}},
		{name: "generic: an app does not show what is empty", holds: func(p *probe) {
			p.lacks("the app", p.asleep("a", `"cmd":null,"env":{},"args":[],"constraints":[],"dependencies":[],"fetch":[],"healthChecks":[],"readinessChecks":[],"secrets":{}`).value,
				"args", "constraints", "dependencies", "env", "fetch", "healthChecks", "readinessChecks", "secrets", "user", "acceptedResourceRoles", "residency")
		}},
		{name: "generic: an app never shows the old forms", holds: func(p *probe) {
			a := p.asleep("a", `"networks":null,"ports":[],"uris":[],"container":{"docker":{"image":"{img}","network":"BRIDGE","portMappings":[{"containerPort":80}]}}`)
			p.lacks("the app", a.value, "ports", "uris", "ipAddress")
			p.lacks("container.docker", a.get("container", "docker"), "network", "portMappings")
		}},
		{name: "generic: every answer has these headers", holds: func(p *probe) {
			for _, a := range []answer{p.want(200, "GET", "/v2/apps?id={g}/none", ""), p.want(404, "GET", "/v2/apps{g}/none", "")} {
				for name, value := range map[string]string{"X-Frame-Options": "DENY", "X-XSS-Protection": "1; mode=block", "Pragma": "no-cache",
					"Expires": "0", "Cache-Control": "no-cache, no-store, must-revalidate"} {
					p.is(a.asked+": "+name, a.header.Get(name), value)
				}
				if leader := a.header.Get("X-Marathon-Leader"); !strings.HasPrefix(leader, "http://") && !strings.HasPrefix(leader, "https://") {
					p.errorf("%s: X-Marathon-Leader is %q", a.asked, leader)
				}
				p.is(a.asked+": Content-Type", strings.HasPrefix(a.header.Get("Content-Type"), "application/json"), true)
			}
		}},
		{name: "generic: what is made has a Location", holds: func(p *probe) {
			for name, a := range map[string]answer{
				"a": p.want(201, "POST", "/v2/apps", p.small("a", `"instances":0`)), "b": p.want(201, "PUT", "/v2/apps{g}/b", p.small("b", `"instances":0`)),
			} {
				if at := a.header.Get("Location"); !strings.HasSuffix(at, p.group+"/"+name) {
					p.errorf("%s: the Location is %q", a.asked, at)
				}
			}
		}},
		{name: "generic: answers are compressed for who asks, event streams are not", holds: func(p *probe) {
			a := p.want(200, "GET", "/v2/info", "", "Accept-Encoding", "gzip")
			p.is("Content-Encoding of /v2/info", a.header.Get("Content-Encoding"), "gzip")
			res := p.send(p.ctx, "GET", "/v2/events", "", "Accept-Encoding", "gzip", "Accept", "text/event-stream")
			defer res.Body.Close()
			p.is("Content-Encoding of /v2/events", res.Header.Get("Content-Encoding"), "")
		}},
		{name: "generic: a body on DELETE is taken and not read", holds: func(p *probe) {
			p.asleep("a", "")
			p.want(200, "DELETE", "/v2/apps{g}/a?force=true", "{}")
		}},
		{name: "generic: a slash at the end, or two in a row, mean nothing", holds: func(p *probe) {
			p.asleep("a", "")
			for _, path := range []string{"/v2/apps/?embed=apps.tasks", "/v2/apps{g}/a/", "/v2/apps/{g}/a", "/v2/tasks/", "/v2/deployments/", "/v2/queue/"} {
				p.want(200, "GET", path, "")
			}
		}},
		{name: "generic: an id of several parts stands in the path as it is", holds: func(p *probe) {
			p.asleep("b/c/d", "")
			p.is("the id", p.app("b/c/d").str("id"), p.group+"/b/c/d")
			p.want(200, "GET", "/v2/apps{g}/b/c/d/tasks", "")
			p.want(200, "GET", "/v2/apps{g}/b/c/d/versions", "")
		}},
		{name: "generic: no other origin is allowed to read answers if nobody configured it", holds: func(p *probe) {
			a := p.want(200, "GET", "/v2/info", "")
			if a.get("marathon_config", "access_control_allow_origin") == nil {
				p.is("Access-Control-Allow-Origin", a.header.Get("Access-Control-Allow-Origin"), "")
			}
		}},
		{name: "generic: who does not know the password is told to log in", password: true, holds: func(p *probe) {
			res, err := p.client.Get(p.URL + "/v2/apps")
			if err != nil {
				p.fatalf("%v", err)
			}
			res.Body.Close()
			p.is("status", res.StatusCode, http.StatusUnauthorized)
			p.is("WWW-Authenticate", res.Header.Get("WWW-Authenticate"), `Basic realm="Mesosphere"`)
		}},
	}
}
