package onebox

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gomarathon "github.com/gambol99/go-marathon"
	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/client"
)

// fixture is an engine whose Docker does not answer, behind a real server.
type fixture struct {
	t      *testing.T
	engine *Engine
	server *httptest.Server
}

func newFixture(t *testing.T, adjust ...func(*Config)) *fixture {
	t.Helper()
	return fixtureOn(t, filepath.Join(t.TempDir(), "nobody.sock"), adjust...)
}

func fixtureOn(t *testing.T, socket string, adjust ...func(*Config)) *fixture {
	t.Helper()
	docker, err := client.New(client.WithHost("unix://" + socket))
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Dir: t.TempDir(), Docker: docker, Installation: "test", VolumeRoots: []string{"/srv/volumes"}}
	for _, f := range adjust {
		f(&cfg)
	}
	engine, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t, engine, httptest.NewServer(engine)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- engine.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		f.server.Close()
		if err := engine.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return f
}

// do makes a request and returns the status and the decoded answer.
func (f *fixture) do(method, path, body string) (int, map[string]any) {
	f.t.Helper()
	status, text := f.raw(method, path, body)
	out := map[string]any{}
	if len(text) > 0 && text[0] == '{' {
		if err := json.Unmarshal(text, &out); err != nil {
			f.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return status, out
}

func (f *fixture) raw(method, path, body string) (int, []byte) {
	f.t.Helper()
	req, err := http.NewRequest(method, f.server.URL+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	res, err := f.server.Client().Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return res.StatusCode, text
}

// expect makes a request and returns the answer, which must have that status.
func (f *fixture) expect(want int, method, path, body string) map[string]any {
	f.t.Helper()
	status, out := f.do(method, path, body)
	if status != want {
		f.t.Fatalf("%s %s: status %d, want %d: %v", method, path, status, want, out)
	}
	return out
}

const guide = `{"id":"/sites/guide","cpus":0.1,"mem":32,"networks":[{"mode":"container/bridge"}],
	"container":{"type":"DOCKER","docker":{"image":"img:1"},"portMappings":[{"containerPort":80,"name":"http"}]},
	"healthChecks":[{"protocol":"HTTP","path":"/"}],"labels":{"name":"guide"},"env":{"A":"1"}}`

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
	if first["version"] != second["version"] || len(second["deployments"].([]any)) != 0 {
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
		"no cpus":        {with(`0.1`, `0`), 422, "/cpus", "got 0"},
		"capacity":       {with(`"mem":32`, `"upgradeStrategy":{"minimumHealthCapacity":1.2}`), 422, "/upgradeStrategy/minimumHealthCapacity", "got 1.2, expected between 0.0 and 1.0"},
		"privileged":     {with(`"image":"img:1"`, `"image":"img:1","privileged":true`), 422, "/container/docker/privileged", "not allowed"},
		"parameter":      {with(`"image":"img:1"`, `"image":"img:1","parameters":[{"key":"volume","value":"/:/host"}]`), 422, "/container/docker/parameters(0)", "not allowed"},
		"host path":      {with(`"type":"DOCKER"`, `"volumes":[{"hostPath":"/etc","containerPath":"/x","mode":"RO"}]`), 422, "/container/volumes(0)/hostPath", "not below"},
		"host network":   {with(`container/bridge`, `host`), 422, "/networks(0)/mode", "must be container/bridge"},
		"constraints":    {with(`"mem":32`, `"constraints":[["hostname","UNIQUE"]]`), 422, "/constraints", "not supported"},
		"no image":       {`{"id":"/x","cmd":"sleep 1"}`, 422, "/container/docker", "is needed"},
		"check's port":   {with(`"path":"/"`, `"portIndex":3`), 422, "/healthChecks(0)/portIndex", "must address an element"},
		"secret env":     {with(`"1"`, `{"secret":"x"}`), 422, "/env", "error.expected.jsstring"},
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
		{"HEAD", "/v2/pods", 404}, {"GET", "/v2/groups", 404}, {"GET", "/", 404}, {"DELETE", "/v2/apps", 405},
		{"GET", "/v2/events", 405}, {"GET", "/v2/apps/x/tasks", 404}, {"DELETE", "/v2/apps/x", 404},
		{"POST", "/v2/apps/x/restart", 404}, {"DELETE", "/v2/deployments/x", 404}, {"DELETE", "/v2/queue/x/delay", 404},
		{"DELETE", "/v2/apps/x/tasks/y.z", 404}, {"GET", "/ping", 200}, {"HEAD", "/ping", 200}, {"GET", "/v2/leader", 200},
		{"GET", "/v2/info", 200}, {"GET", "/v2/queue", 200}, {"GET", "/v2/tasks/", 200}, {"GET", "/v2/apps/x/*", 200},
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

// await polls for a condition with a deadline.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline, again := time.NewTimer(30*time.Second), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer again.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("waited in vain: %s", what)
		case <-again.C:
		}
	}
}

func TestAPI_KeepsStrangersOut(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.User, c.Password = "portal", "secret" })
	send := func(change func(*http.Request)) int {
		req, err := http.NewRequest("POST", f.server.URL+"/v2/apps", strings.NewReader(guide))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("portal", "secret")
		change(req)
		res, err := f.server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"no password":       {func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		"wrong password":    {func(r *http.Request) { r.SetBasicAuth("portal", "secret2") }, 401},
		"wrong user":        {func(r *http.Request) { r.SetBasicAuth("other", "secret") }, 401},
		"another origin":    {func(r *http.Request) { r.Header.Set("Origin", "http://evil.example.org") }, 403},
		"from another site": {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"rebound name":      {func(r *http.Request) { r.Host = "evil.example.org" }, 403},
		"the portal":        {func(*http.Request) {}, 201},
	} {
		if got := send(c.change); got != c.want {
			t.Errorf("%s: status %d, want %d", name, got, c.want)
		}
	}
}

func TestAPI_StreamsEvents(t *testing.T) {
	f := newFixture(t)
	req, err := http.NewRequestWithContext(t.Context(), "GET", f.server.URL+"/v2/events?event_type=event_stream_attached&event_type=deployment_info", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	res, err := f.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	next := func() string {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return line
	}
	if got := next(); got != "event: event_stream_attached\r\n" {
		t.Fatalf("the first line is %q", got)
	}
	if got := next(); !strings.HasPrefix(got, `data: {`) || next() != "\r\n" {
		t.Fatalf("the second line is %q", got)
	}
	f.expect(201, "POST", "/v2/apps", guide)
	if got := next(); got != "event: deployment_info\r\n" {
		t.Errorf("the next event is %q", got)
	}
	var data struct {
		EventType   string
		Timestamp   string
		Plan        struct{ Steps []step }
		CurrentStep step
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(next(), "data: ")), &data); err != nil {
		t.Fatal(err)
	}
	if data.EventType != "deployment_info" || data.Timestamp == "" || len(data.Plan.Steps) != 2 ||
		data.CurrentStep.Actions[0] != (action{startApplication, "/sites/guide"}) {
		t.Errorf("%+v", data)
	}
}

func TestHub_CutsOffWhoDoesNotListen(t *testing.T) {
	h := newHub(time.Now)
	slow, other := h.listen("slow", nil), h.listen("other", []string{"nothing"})
	for range maxQueued + 1 {
		h.publish(event{Type: "status_update_event"})
	}
	n := 0
	for range slow.queue { // ends, because the queue was closed
		n++
	}
	if n != maxQueued {
		t.Errorf("%d events were kept", n)
	}
	h.leave(slow, "slow")
	h.close()
	if _, open := <-other.queue; !open {
		t.Error("the first event is the attachment")
	}
	if _, open := <-other.queue; open {
		t.Error("closing ends all streams")
	}
}

// What go-marathon, the client of many tools, reads must be what was meant.
func TestAPI_GoMarathonUnderstands(t *testing.T) {
	f := newFixture(t)
	f.expect(201, "POST", "/v2/apps", guide)
	c, err := gomarathon.NewClient(gomarathon.Config{URL: f.server.URL, HTTPClient: f.server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	apps, err := c.Applications(nil)
	if err != nil {
		t.Fatal(err)
	}
	got := apps.Apps[0]
	if got.ID != "/sites/guide" || *got.Mem != 32 || (*got.Env)["A"] != "1" || (*got.Container.PortMappings)[0].ContainerPort != 80 {
		t.Errorf("%+v", got)
	}
	deployments, err := c.Deployments()
	if err != nil || len(deployments) != 1 || deployments[0].AffectedApps[0] != "/sites/guide" {
		t.Errorf("%v %v", deployments, err)
	}
	app := gomarathon.NewDockerApplication().Name("/sites/other").CPU(0.1).Memory(32).Count(0)
	app.Container.Docker.Container("img:1").Bridged().Expose(80)
	if _, err := c.CreateApplication(app); err != nil {
		t.Errorf("go-marathon's own form is refused: %v", err)
	}
	if _, err := c.Queue(); err != nil {
		t.Error(err)
	}
	if info, err := c.Info(); err != nil || info.Version != marathonVersion {
		t.Errorf("%v %v", info, err)
	}
	if _, err := c.Application("/no/such"); err == nil || !strings.Contains(err.Error(), "App '/no/such' does not exist") {
		t.Errorf("%v", err)
	}
}

// Every field that Marathon's documents show for an app in a list is shown,
// but for those of the old network model and of what is not done here.
func TestAPI_ShowsTheFieldsThatMarathonShows(t *testing.T) {
	text, err := os.ReadFile("testdata/marathon_app_list.json")
	if err != nil {
		t.Fatal(err)
	}
	var example struct{ Apps []map[string]any }
	if err := json.Unmarshal(text, &example); err != nil {
		t.Fatal(err)
	}
	f := newFixture(t)
	f.expect(201, "POST", "/v2/apps", guide)
	shown := f.expect(200, "GET", "/v2/apps", "")["apps"].([]any)[0].(map[string]any)
	left := []string{"acceptedResourceRoles", "args", "cmd", "constraints", "dependencies", "ports", "uris", "user"}
	var missing []string
	for field := range example.Apps[0] {
		if _, there := shown[field]; !there {
			missing = append(missing, field)
		}
	}
	slices.Sort(missing)
	if diff := cmp.Diff(left, missing); diff != "" {
		t.Error(diff)
	}
}

// With a Docker that takes connections and never answers, the API answers all
// the same.
func TestAPI_AnswersWhileDockerHangs(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "hang.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	f := fixtureOn(t, socket)
	f.expect(201, "PUT", "/v2/apps/sites/guide", guide)
	f.expect(200, "GET", "/v2/apps/sites/guide", "")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if f.engine.CheckDocker(ctx) == nil {
		t.Error("a Docker that hangs is called well")
	}
}

func TestConfig_RefusesWhatCannotWork(t *testing.T) {
	docker, err := client.New()
	if err != nil {
		t.Fatal(err)
	}
	good := Config{Dir: t.TempDir(), Docker: docker, Installation: "x"}
	for name, spoil := range map[string]func(*Config){
		"no dir":          func(c *Config) { c.Dir = "" },
		"no Docker":       func(c *Config) { c.Docker = nil },
		"no installation": func(c *Config) { c.Installation = "" },
		"odd name":        func(c *Config) { c.Installation = "a=b" },
		"address":         func(c *Config) { c.HostIP = "localhost" },
		"ports":           func(c *Config) { c.PortMin, c.PortMax = 10, 5 },
		"root":            func(c *Config) { c.VolumeRoots = []string{"/"} },
		"relative root":   func(c *Config) { c.VolumeRoots = []string{"var"} },
	} {
		c := good
		spoil(&c)
		if e, err := New(c); err == nil {
			t.Errorf("%s: taken", name)
			_ = e.Close()
		}
	}
	e, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := New(good); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("two engines on one folder: %v %v", second, err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// BenchmarkListApps reads what the bridge and the portal read all the time.
func BenchmarkListApps(b *testing.B) {
	docker, err := client.New()
	if err != nil {
		b.Fatal(err)
	}
	e, err := New(Config{Dir: b.TempDir(), Docker: docker, Installation: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	if err := e.records.change(e.hub, func(t *txn) error { return manyApps(t, 500) }); err != nil {
		b.Fatal(err)
	}
	e.sights.set(sight{containers: map[string]container{}})
	for b.Loop() {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "http://127.0.0.1/v2/apps?embed=apps.tasks", nil)
		if e.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}

func manyApps(t *txn, n int) error {
	for k := range n {
		a, err := decodeApp([]byte(guide), "/sites/guide")
		if err != nil {
			return err
		}
		a.ID = fmt.Sprintf("/sites/guide-%d", k)
		t.putApp(&appRecord{App: a})
		i := newInstance(newUUID(), a, testTime).provision(a, []int{31000 + k}, testTime).started("172.18.0.2", testTime)
		i.Health[0] = healthResult{Alive: true, FirstSuccess: testTime, LastSuccess: testTime}
		t.putInstance(i)
	}
	return nil
}
