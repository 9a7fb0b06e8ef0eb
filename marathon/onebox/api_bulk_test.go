package onebox

import (
	"slices"
	"strings"
	"testing"
)

func (f *fixture) app(id string) map[string]any {
	f.t.Helper()
	return f.expect(200, "GET", "/v2/apps"+id, "")["app"].(map[string]any)
}

func TestAPI_ChangesManyAppsAtOnce(t *testing.T) {
	f := newFixture(t, dry)
	made := f.expect(200, "PUT", "/v2/apps", "["+small("/a", `"env":{"A":"1"}`)+","+small("b/c", `"env":{"A":"1"}`)+"]")
	if made["deploymentId"] == nil {
		t.Errorf("%v", made)
	}
	f.idle()
	f.expect(200, "PATCH", "/v2/apps", `[{"id":"/a","mem":64},{"id":"/b/c","instances":2}]`)
	if a, c := f.app("/a"), f.app("/b/c"); a["mem"] != 64.0 || a["env"] == nil || c["instances"] != 2.0 {
		t.Errorf("%v %v", a, c)
	}
	f.idle()
	f.expect(200, "PUT", "/v2/apps?partialUpdate=FALSE", "["+small("/a")+"]")
	if a := f.app("/a"); a["mem"] != 32.0 || a["env"] != nil {
		t.Errorf("a whole update keeps %v", a)
	}
	f.idle()
	for _, c := range []struct {
		method, body string
		status       int
		text         string
	}{
		{"PATCH", `[{"id":"/a","mem":1},{"id":"/none"}]`, 404, "App '/none' does not exist"},
		{"PUT", `[{"mem":1}]`, 422, "error.path.missing"},
		{"PUT", `[{"id":"/a","dependencies":["b"]},` + small("/a/b", `"dependencies":["/a"]`) + `]`, 422, "may not have the same identifier"},
		{"PUT", `[{"id":"/a","dependencies":["../b"]},{"id":"/b/c","dependencies":["/a"]}]`, 422, "cyclic dependencies"},
		{"PUT", `[{"id":"/a","mem":1},{"id":"a/","mem":2}]`, 422, "is there twice: /a"},
		{"PUT", `null`, 422, "error.expected.jsarray"},
		{"PUT", `{}`, 422, "error.expected.jsarray"},
	} {
		status, text := f.raw(c.method, "/v2/apps", c.body)
		if status != c.status || !strings.Contains(string(text), c.text) {
			t.Errorf("%s %s: %d %s", c.method, c.body, status, text)
		}
	}
	if a := f.app("/a"); a["mem"] != 32.0 {
		t.Error("half of what was refused was done")
	}
	for path, want := range map[string]int{"/v2/apps/*": 2, "/v2/apps/b/*": 1} {
		if list := f.expect(200, "GET", path, "")["*"].([]any); len(list) != want {
			t.Errorf("%s: %v", path, list)
		}
	}
}

func TestAPI_ARestartIsANewVersion(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/apps", small("/a"))
	f.idle()
	f.expect(200, "PUT", "/v2/apps/a", `{"instances":2}`)
	f.idle()
	before := f.app("/a")
	answer := f.expect(200, "POST", "/v2/apps/a/restart", "")
	after := f.app("/a")
	was, is := before["versionInfo"].(map[string]any), after["versionInfo"].(map[string]any)
	if after["version"] != answer["version"] || is["lastConfigChangeAt"] != after["version"] || is["lastScalingAt"] != was["lastScalingAt"] {
		t.Errorf("%v became %v", was, is)
	}
	if list := f.expect(200, "GET", "/v2/apps/a/versions", "")["versions"].([]any); len(list) != 3 || !slices.Contains(list, after["version"]) {
		t.Errorf("%v", list)
	}
	f.idle()
}

// A restart has nothing to take back, but it ends.
func TestDeployment_ARestartThatIsTakenBackIsOver(t *testing.T) {
	f := newFixture(t) // nothing ever runs
	made := f.expect(201, "PUT", "/v2/apps/a", small("/a"))["deploymentId"].(string)
	f.raw("DELETE", "/v2/deployments/"+made+"?force=true", "")
	restart := f.expect(200, "POST", "/v2/apps/a/restart", "{}")["deploymentId"].(string)
	f.expect(200, "DELETE", "/v2/deployments/"+restart, "")
	for _, d := range f.list("/v2/deployments") {
		if d.(map[string]any)["id"] == restart {
			t.Error("it is still under way")
		}
	}
}
