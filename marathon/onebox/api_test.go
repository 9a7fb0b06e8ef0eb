package onebox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAPI_CreatesShowsAndForgetsAnApp(t *testing.T) {
	f := newFixture(t)
	made := f.expect(201, "POST", "/v2/apps", guide)
	if made["id"] != "/sites/guide" || len(made["deployments"].([]any)) != 1 || made["tasksStaged"] == nil {
		t.Errorf("the answer is %v", made)
	}
	again := f.expect(409, "POST", "/v2/apps", guide)
	if again["message"] != "An app with id [/sites/guide] already exists." {
		t.Errorf("%v", again)
	}
	shown := f.expect(200, "GET", "/v2/apps/sites/guide", "")["app"].(map[string]any)
	for _, field := range []string{"backoffFactor", "backoffSeconds", "cpus", "mem", "disk", "gpus", "executor", "instances", "labels",
		"maxLaunchDelaySeconds", "networks", "requirePorts", "killSelection", "upgradeStrategy", "unreachableStrategy", "version",
		"versionInfo", "tasks", "tasksHealthy", "deployments"} {
		if _, there := shown[field]; !there {
			t.Errorf("%s is missing", field)
		}
	}
	for _, field := range []string{"args", "cmd", "uris", "ports", "ipAddress"} {
		if _, there := shown[field]; there {
			t.Errorf("%s is there", field)
		}
	}
	mapping := shown["container"].(map[string]any)["portMappings"].([]any)[0].(map[string]any)
	if mapping["servicePort"] != 10000.0 || mapping["protocol"] != "tcp" {
		t.Errorf("the port mapping is %v", mapping)
	}
	check := shown["healthChecks"].([]any)[0].(map[string]any)
	if check["gracePeriodSeconds"] != 300.0 || check["maxConsecutiveFailures"] != 3.0 {
		t.Errorf("the health check is %v", check)
	}
	f.expect(200, "DELETE", "/v2/apps/sites/guide", "{}")
	missing := f.expect(404, "GET", "/v2/apps/sites/guide", "")
	if missing["message"] != "App '/sites/guide' does not exist" {
		t.Errorf("%v", missing)
	}
}

func TestAPI_UpdatesInPartAndWhole(t *testing.T) {
	f := newFixture(t)
	f.expect(201, "PUT", "/v2/apps/sites/guide", guide)
	locked := f.expect(409, "PUT", "/v2/apps/sites/guide", `{"instances":2}`)
	if len(locked["deployments"].([]any)) != 1 || !strings.Contains(locked["message"].(string), "'/v2/deployments/<DEPLOYMENT_ID>'") {
		t.Errorf("%v", locked)
	}
	app := func() map[string]any { return f.expect(200, "GET", "/v2/apps/sites/guide", "")["app"].(map[string]any) }
	first := app()
	f.expect(200, "PUT", "/v2/apps/sites/guide?force=True", `{"instances":2,"cmd":null,"nobodyKnows":1}`)
	second := app()
	if second["instances"] != 2.0 || second["env"] == nil {
		t.Errorf("a partial update keeps the rest: %v", second)
	}
	before, after := first["versionInfo"].(map[string]any), second["versionInfo"].(map[string]any)
	if before["lastConfigChangeAt"] != after["lastConfigChangeAt"] || before["lastScalingAt"] == after["lastScalingAt"] {
		t.Errorf("scaling is no change of configuration: %v, %v", before, after)
	}
	whole := strings.Replace(guide, `,"env":{"A":"1"}`, "", 1)
	f.expect(200, "PUT", "/v2/apps//sites/guide/?force=true&partialUpdate=false", whole)
	if third := app(); third["env"] != nil || third["instances"] != 1.0 {
		t.Errorf("a whole update replaces all: %v", third)
	}
	f.expect(200, "PUT", "/v2/apps/sites/guide?force=true", fmt.Sprintf(`{"version":%q}`, second["version"]))
	if back := app(); back["instances"] != 2.0 || back["env"] == nil {
		t.Errorf("a version brings back what it was: %v", back)
	}
	f.expect(422, "PUT", "/v2/apps/sites/guide?force=true", fmt.Sprintf(`{"version":%q,"instances":1}`, second["version"]))
	versions := f.expect(200, "GET", "/v2/apps/sites/guide/versions", "")["versions"].([]any)
	if len(versions) != 4 || versions[0].(string) < versions[3].(string) {
		t.Errorf("the versions are %v", versions)
	}
	f.expect(200, "GET", "/v2/apps/sites/guide/versions/"+versions[3].(string), "")
	f.expect(404, "GET", "/v2/apps/sites/guide/versions/2020-01-01T00:00:00.000Z", "")
	f.expect(422, "GET", "/v2/apps/sites/guide/versions/yesterday", "")
	f.expect(404, "PATCH", "/v2/apps/sites/other", `{"instances":1}`)
}

func TestAPI_ApplyingTheSameIsADeploymentWithoutSteps(t *testing.T) {
	f := newFixture(t)
	f.expect(201, "PUT", "/v2/apps/sites/guide?force=true&partialUpdate=false", guide)
	first := f.expect(200, "GET", "/v2/apps/sites/guide", "")["app"].(map[string]any)
	f.expect(200, "PUT", "/v2/apps/sites/guide?force=true&partialUpdate=false", guide)
	second := f.expect(200, "GET", "/v2/apps/sites/guide", "")["app"].(map[string]any)
	before, after := first["deployments"].([]any), second["deployments"].([]any)
	if first["version"] != second["version"] || len(after) != 1 || !cmp.Equal(before, after) {
		t.Errorf("version %v became %v, deployments %v", first["version"], second["version"], second["deployments"])
	}
}

func TestAPI_TakesTheOldFormToo(t *testing.T) {
	f := newFixture(t)
	f.expect(201, "POST", "/v2/apps", `{"id":"old","ports":null,"dependencies":null,"uris":[],"container":{"docker":{"image":"img:1",
		"network":"BRIDGE","portMappings":[{"containerPort":80,"hostPort":0,"servicePort":10019}]}}}`)
	shown := f.expect(200, "GET", "/v2/apps/old", "")["app"].(map[string]any)
	container := shown["container"].(map[string]any)
	if network := shown["networks"].([]any)[0].(map[string]any); network["mode"] != "container/bridge" {
		t.Errorf("the network is %v", network)
	}
	if docker := container["docker"].(map[string]any); docker["network"] != nil || docker["portMappings"] != nil {
		t.Errorf("the old form is shown: %v", docker)
	}
	if container["portMappings"].([]any)[0].(map[string]any)["servicePort"] != 10019.0 {
		t.Errorf("%v", container)
	}
}

func TestAPI_RefusesInMarathonsForm(t *testing.T) {
	f := newFixture(t)
	with := func(old, change string) string { return strings.Replace(guide, old, change, 1) }
	for name, c := range map[string]struct {
		body   string
		status int
		path   string
		text   string
	}{
		"broken":         {`{"id":`, 400, "", "Invalid JSON"},
		"empty":          {"", 400, "", "Please specify data in JSON format"},
		"wrong type":     {with(`"/sites/guide"`, `7`), 422, "/id", "error.expected.jsstring"},
		"inner type":     {with(`"img:1"`, `[]`), 422, "/container/docker/image", "error.expected.jsstring"},
		"no id":          {with(`"id":"/sites/guide",`, ``), 422, "/id", "error.path.missing"},
		"bad id":         {with(`/sites/guide`, `/Sites`), 422, "/id", "must fully match regular expression"},
		"reserved id":    {with(`/sites/guide`, `/a/tasks`), 422, "/id", "reserved keywords"},
		"no cpus":        {with(`0.1`, `0`), 422, "/cpus", "error.min"},
		"capacity":       {with(`"mem":32`, `"upgradeStrategy":{"minimumHealthCapacity":1.2}`), 422, "/upgradeStrategy/minimumHealthCapacity", "got 1.2, expected between 0.0 and 1.0"},
		"privileged":     {with(`"image":"img:1"`, `"image":"img:1","privileged":true`), 422, "/container/docker/privileged", "not allowed"},
		"parameter":      {with(`"image":"img:1"`, `"image":"img:1","parameters":[{"key":"volume","value":"/:/host"}]`), 422, "/container/docker/parameters(0)", "not allowed"},
		"host path":      {with(`"type":"DOCKER"`, `"volumes":[{"hostPath":"/etc","containerPath":"/x","mode":"RO"}]`), 422, "/container/volumes(0)/hostPath", "not below"},
		"host network":   {with(`container/bridge`, `host`), 422, "/container/portMappings", "not allowed with host-networking"},
		"constraints":    {with(`"mem":32`, `"constraints":[["hostname","UNIQUE","x"]]`), 422, "/constraints(0)", "UNIQUE does not accept a value"},
		"no image":       {`{"id":"/x","container":{}}`, 422, "/container/docker", "must not be empty"},
		"check's port":   {with(`"path":"/"`, `"portIndex":3`), 422, "/healthChecks(0)/portIndex", "must address an element"},
		"secret env":     {with(`"1"`, `{"secret":"x"}`), 422, "/env/A", "Feature secrets is not enabled"},
		"number in env":  {with(`"1"`, `1`), 422, "/env/A", "error.expected.jsstring"},
		"nameless":       {with(`"1"`, `{}`), 422, "/env/A/secret", "error.path.missing"},
		"appc":           {`{"id":"/x","cmd":"y","container":{"type":"MESOS","appc":{"image":"i"}}}`, 422, "/container/appc", "name an image of Docker"},
		"linuxInfo":      {with(`"type":"DOCKER"`, `"linuxInfo":{"seccomp":{"unconfined":true}}`), 422, "/container/linuxInfo", "not supported"},
		"IPv6 of a cmd":  {`{"id":"/x","cmd":"y","healthChecks":[{"protocol":"MESOS_HTTP","ipProtocol":"IPv6"}]}`, 422, "/healthChecks(0)/ipProtocol", "DOCKER"},
		"no field":       {with(`"mem":32`, `"constraints":[["","UNIQUE"]]`), 422, "/constraints(0)", "must be named"},
		"only one":       {with(`"name":"guide"`, `"MARATHON_SINGLE_INSTANCE_APP":"true"},"upgradeStrategy":{"minimumHealthCapacity":0`), 422, "/upgradeStrategy", "must be 0"},
		"variable's nul": {with(`"1"`, `"\u0000"`), 422, "/env", "NUL"},
	} {
		status, out := f.do("POST", "/v2/apps", c.body)
		text, _ := json.Marshal(out)
		if status != c.status || !strings.Contains(string(text), c.text) || !strings.Contains(string(text), `"path":"`+c.path) && c.path != "" {
			t.Errorf("%s: status %d, %s", name, status, text)
		}
	}
	if apps := f.expect(200, "GET", "/v2/apps", "")["apps"].([]any); len(apps) != 0 {
		t.Errorf("something of it was kept: %v", apps)
	}
}

func TestAPI_AnswersWhatItDoesNotHave(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"HEAD", "/v2/pods", 404}, {"GET", "/v2/groups", 200}, {"DELETE", "/v2/apps", 405},
		{"GET", "/v2/events", 405}, {"GET", "/v2/apps/x/tasks", 404}, {"DELETE", "/v2/apps/x", 404},
		{"POST", "/v2/apps/x/restart", 404}, {"DELETE", "/v2/deployments/x", 404}, {"DELETE", "/v2/queue/x/delay", 404},
		{"DELETE", "/v2/apps/x/tasks/y.z", 404}, {"GET", "/ping", 200}, {"HEAD", "/ping", 200}, {"GET", "/v2/leader", 200},
		{"GET", "/v2/info", 200}, {"GET", "/v2/queue", 200}, {"GET", "/v2/tasks/", 200}, {"GET", "/v2/apps/*", 200},
		{"GET", "/v2/apps?label=a%3D", 422},
	} {
		if status, _ := f.raw(c.method, c.path, ""); status != c.status {
			t.Errorf("%s %s: status %d, want %d", c.method, c.path, status, c.status)
		}
	}
}

func TestAPI_FiltersApps(t *testing.T) {
	f := newFixture(t)
	f.expect(201, "POST", "/v2/apps", guide)
	f.expect(201, "POST", "/v2/apps", strings.Replace(strings.Replace(guide, "/sites/guide", "/services/db", 1), `"name":"guide"`, `"kind":"db"`, 1))
	for query, want := range map[string]int{"": 2, "?id=SITES": 1, "?label=kind%3D%3Ddb": 1, "?label=name": 1, "?cmd=x": 0} {
		if got := f.expect(200, "GET", "/v2/apps"+query, "")["apps"].([]any); len(got) != want {
			t.Errorf("%s: %d apps, want %d", query, len(got), want)
		}
	}
}

func TestAPI_RollsBackOrCancelsADeployment(t *testing.T) {
	f := newFixture(t)
	first := f.expect(201, "PUT", "/v2/apps/sites/guide", guide)
	if status, text := f.raw("DELETE", "/v2/deployments/"+first["deploymentId"].(string)+"?force=true", ""); status != 202 || len(text) != 0 {
		t.Errorf("cancelled: %d %s", status, text)
	}
	change := f.expect(200, "PUT", "/v2/apps/sites/guide", `{"env":{"A":"2"}}`)
	f.expect(200, "DELETE", "/v2/deployments/"+change["deploymentId"].(string), "")
	shown := f.expect(200, "GET", "/v2/apps/sites/guide", "")["app"].(map[string]any)
	if shown["env"].(map[string]any)["A"] != "1" {
		t.Errorf("the change was not taken back: %v", shown["env"])
	}
	other := f.expect(201, "PUT", "/v2/apps/sites/other", strings.Replace(guide, "/sites/guide", "/sites/other", 1))
	f.expect(200, "DELETE", "/v2/deployments/"+other["deploymentId"].(string), "")
	f.expect(404, "GET", "/v2/apps/sites/other", "")
}

func TestAPI_ShowsWhatWaitsAndEndsItsDelay(t *testing.T) {
	f := newFixture(t)
	f.expect(201, "PUT", "/v2/apps/sites/guide", guide)
	queue := func() []any { return f.expect(200, "GET", "/v2/queue", "")["queue"].([]any) }
	await(t, "an instance waits", func() bool { return len(queue()) == 1 })
	if item := queue()[0].(map[string]any); item["count"] != 1.0 || item["delay"].(map[string]any)["overdue"] != true {
		t.Errorf("%v", item)
	}
	if status, _ := f.raw("DELETE", "/v2/queue/sites/guide/delay", ""); status != 204 {
		t.Errorf("status %d", status)
	}
	tasks := f.expect(200, "GET", "/v2/apps/sites/guide/tasks", "")["tasks"].([]any)
	if task := tasks[0].(map[string]any); task["state"] != "TASK_STAGING" || len(task["ports"].([]any)) != 0 {
		t.Errorf("%v", task)
	}
}

func TestAPI_ListsTheTasksOfAGroup(t *testing.T) {
	f := newFixture(t)
	for _, id := range []string{"/sites/guide", "/sites/deep/wiki", "/sitesx/other"} {
		f.expect(201, "PUT", "/v2/apps"+id, strings.Replace(guide, "/sites/guide", id, 1))
	}
	await(t, "each app has its task", func() bool { return len(f.expect(200, "GET", "/v2/tasks", "")["tasks"].([]any)) == 3 })
	for path, want := range map[string][]string{
		"/v2/apps/sites/*/tasks":      {"/sites/deep/wiki", "/sites/guide"},
		"/v2/apps/sites/deep/*/tasks": {"/sites/deep/wiki"},
		"/v2/apps/*/tasks":            {"/sites/deep/wiki", "/sites/guide", "/sitesx/other"},
	} {
		var got []string
		for _, task := range f.expect(200, "GET", path, "")["tasks"].([]any) {
			got = append(got, task.(map[string]any)["appId"].(string))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	if said := f.expect(404, "GET", "/v2/apps/nobody/*/tasks", "")["message"]; said != "Group '/nobody' does not exist" {
		t.Errorf("a group that is not there: %v", said)
	}
	f.expect(404, "GET", "/v2/apps/sites*/tasks", "")
}
