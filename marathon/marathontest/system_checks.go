package marathontest

import (
	"strings"
)

// systemChecks are about the program itself: API.md 1.8.
func systemChecks() []check {
	return []check{
		{name: "system: ping answers pong", holds: func(p *probe) {
			a := p.want(200, "GET", "/ping", "")
			p.is("the body", strings.TrimSpace(a.text), "pong")
			p.is("Content-Type", strings.HasPrefix(a.header.Get("Content-Type"), "text/plain"), true)
			p.is("as JSON", p.want(200, "GET", "/ping", "", "Accept", "application/json").value, "pong")
			p.is("HEAD has no body", p.want(200, "HEAD", "/ping", "").text, "")
		}},
		{name: "system: info names what runs, its leader and its settings", holds: func(p *probe) {
			a := p.want(200, "GET", "/v2/info", "")
			p.has("info", a.value, "name", "version", "buildref", "elected", "leader", "frameworkId", "marathon_config", "zookeeper_config", "http_config")
			p.is("elected", a.get("elected"), true)
			p.is("leader", a.str("leader"), p.want(200, "GET", "/v2/leader", "").str("leader"))
			p.has("zookeeper_config", a.get("zookeeper_config"), "zk", "zk_timeout", "zk_session_timeout")
			p.has("http_config", a.get("http_config"), "http_port", "https_port")
		}},
		{name: "system: every setting is shown, null if it is not set", holds: func(p *probe) {
			p.has("marathon_config", p.want(200, "GET", "/v2/info", "").get("marathon_config"), "access_control_allow_origin", "checkpoint", "decline_offer_duration",
				"default_network_name", "env_vars_prefix", "executor", "failover_timeout", "features", "framework_name", "ha", "hostname", "launch_token",
				"launch_token_refresh_interval", "leader_proxy_connection_timeout_ms", "leader_proxy_read_timeout_ms", "local_port_min", "local_port_max", "master",
				"max_instances_per_offer", "mesos_bridge_name", "mesos_heartbeat_failure_threshold", "mesos_heartbeat_interval", "mesos_leader_ui_url", "mesos_role",
				"mesos_user", "min_revive_offers_interval", "offer_matching_timeout", "on_elected_prepare_timeout", "reconciliation_initial_delay",
				"reconciliation_interval", "scale_apps_initial_delay", "scale_apps_interval", "store_cache", "task_launch_confirm_timeout", "task_launch_timeout",
				"task_lost_expunge_initial_delay", "task_lost_expunge_interval", "task_reservation_timeout", "webui_url")
		}},
		{name: "system: the leader is a host and a port", holds: func(p *probe) {
			if leader := p.want(200, "GET", "/v2/leader", "").str("leader"); !strings.Contains(leader, ":") {
				p.errorf("the leader is %q", leader)
			}
		}},
		{name: "system: events are sent to any address that is asked for", holds: func(p *probe) {
			const elsewhere = "/v2/eventSubscriptions?callbackUrl=http://192.0.2.1/events"
			p.is("what it answers", p.want(200, "POST", elsewhere, "").str("callbackUrl"), "http://192.0.2.1/events")
			p.want(200, "DELETE", elsewhere, "")
		}, differs: func(p *probe) {
			if a := p.do("POST", "/v2/eventSubscriptions?callbackUrl=http://192.0.2.1/events", ""); a.status != 422 || a.str("message") == "" {
				p.errorf("%d %s", a.status, short(a.text))
			}
		}},
		{name: "system: there are pods", holds: func(p *probe) {
			p.want(200, "HEAD", "/v2/pods", "")
			_, list := p.want(200, "GET", "/v2/pods", "").value.([]any)
			p.is("a list", list, true)
		}, differs: func(p *probe) {
			p.want(404, "HEAD", "/v2/pods", "")
			for _, a := range []answer{p.do("GET", "/v2/pods", ""), p.do("POST", "/v2/pods", text(p.example("pod.json")))} {
				if a.status < 400 || a.str("message") == "" {
					p.errorf("%s: %d %s", a.asked, a.status, short(a.text))
				}
			}
		}},
		{name: "system: metrics are told in the way of Dropwizard", holds: func(p *probe) {
			a := p.want(200, "GET", "/metrics", "")
			p.has("metrics", a.value, "start", "end", "counters", "gauges", "histograms", "meters", "timers", "version")
			p.has("gauges", a.get("gauges"), "marathon.apps.active.gauge")
		}},
		{name: "system: metrics are told in the way of Prometheus", holds: func(p *probe) {
			a := p.want(200, "GET", "/metrics/prometheus", "")
			p.is("there are some", strings.Contains(a.text, "marathon_apps_active_gauge"), true)
			p.is("Content-Type", strings.HasPrefix(a.header.Get("Content-Type"), "text/plain"), true)
		}},
	}
}

// errorChecks are about the four shapes of errors: API.md 1.9.
func errorChecks() []check {
	return []check{
		{name: "errors: broken JSON is 400, and the details are a text", holds: func(p *probe) {
			for _, a := range []answer{p.want(400, "POST", "/v2/apps", `{"id":`), p.want(400, "PUT", "/v2/apps{g}/a", `nonsense`), p.want(400, "PUT", "/v2/apps", `[{]`)} {
				p.is(a.asked+": message", a.str("message"), "Invalid JSON")
				p.is(a.asked+": details are a text", a.str("details") != "", true)
			}
		}},
		{name: "errors: no body is 400", holds: func(p *probe) {
			for _, a := range []answer{p.want(400, "POST", "/v2/apps", ""), p.want(400, "PUT", "/v2/apps{g}/a", " ")} {
				p.is(a.asked+": message", a.str("message"), "Please specify data in JSON format")
				p.is(a.asked+": details", strings.HasPrefix(a.str("details"), "No content to map due to end-of-input"), true)
			}
		}},
		{name: "errors: a value of the wrong type is 422, with its place and what was expected", holds: func(p *probe) {
			for body, place := range map[string][2]string{
				`{"id":7,{task}}`: {"/id", "error.expected.jsstring"}, `{"id":"{g}/a","cmd":[]}`: {"/cmd", "error.expected.jsstring"},
				`{"id":"{g}/a","cmd":"x","cpus":"1"}`:                                        {"/cpus", "error.expected.jsnumber"},
				`{"id":"{g}/a","cmd":"x","labels":[]}`:                                       {"/labels", "error.expected.jsobject"},
				`{"id":"{g}/a","cmd":"x","constraints":{}}`:                                  {"/constraints", "error.expected.jsarray"},
				`{"id":"{g}/a","cmd":"x","requirePorts":1}`:                                  {"/requirePorts", "error.expected.jsboolean"},
				`{"id":"{g}/a","cmd":"x","healthChecks":[{},{"path":1}]}`:                    {"/healthChecks(1)/path", "error.expected.jsstring"},
				`{"id":"{g}/a","container":{"docker":{"image":["x"]}}}`:                      {"/container/docker/image", "error.expected.jsstring"},
				`{"id":"{g}/a","cmd":"x","upgradeStrategy":{"minimumHealthCapacity":"all"}}`: {"/upgradeStrategy/minimumHealthCapacity", "error.expected.jsnumber"},
				`{"cmd":"x"}`: {"/id", "error.path.missing"},
			} {
				a := p.want(422, "POST", "/v2/apps", body)
				p.is(p.fill(body)+": message", a.str("message"), "Invalid JSON")
				if !a.tells(place[0], place[1]) {
					p.errorf("%s: %s", p.fill(body), short(a.text))
				}
			}
		}},
		{name: "errors: what is against the rules is 422, with one item for each place", holds: func(p *probe) {
			a := p.want(422, "POST", "/v2/apps", p.small("a", `"upgradeStrategy":{"minimumHealthCapacity":1.2,"maximumOverCapacity":-1}`))
			p.is("message", a.str("message"), "Object is not valid")
			p.is("items", len(a.list("details")), 2)
			if !a.tells("/upgradeStrategy/minimumHealthCapacity", "got 1.2, expected between 0.0 and 1.0") ||
				!a.tells("/upgradeStrategy/maximumOverCapacity", "got -1.0, expected between 0.0 and 1.0") {
				p.errorf("%s", short(a.text))
			}
		}},
		{name: "errors: a refused definition leaves no trace", holds: func(p *probe) {
			p.want(422, "PUT", "/v2/apps{g}/a", p.small("a", `"backoffFactor":0.5`))
			p.want(404, "GET", "/v2/apps{g}/a", "")
			before := p.asleep("b", "")
			p.want(422, "PUT", "/v2/apps{g}/b", `{"backoffFactor":0.5}`)
			p.is("the app", p.app("b").value, before.value)
		}},
		{name: "errors: an address that does not exist is 500", holds: func(p *probe) {
			p.says(p.do("GET", "/v2/nobody/knows/this", ""), 500, "URI not found")
		}, differs: func(p *probe) {
			if a := p.do("GET", "/v2/nobody/knows/this", ""); a.status != 404 || !strings.HasPrefix(a.str("message"), "URI not found") {
				p.errorf("%d %s", a.status, short(a.text))
			}
		}},
		{name: "errors: a method that is not there is 405", holds: func(p *probe) {
			for _, request := range [][2]string{{"DELETE", "/v2/apps"}, {"POST", "/v2/queue"}, {"PUT", "/v2/info"}} {
				p.want(405, request[0], request[1], "")
			}
		}},
	}
}
