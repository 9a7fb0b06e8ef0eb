package onebox

import (
	"strings"
	"testing"
)

func TestAPI_SaysWhatIsWrongInsteadOfLeavingItOut(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "PUT", "/v2/apps/g/a", small("/g/a"))
	f.idle()
	for _, c := range []struct {
		method, path, body string
		status             int
		text               string
	}{
		{"GET", "/v2/apps?id=g;label=x", "", 400, "cannot be read"},
		{"GET", "/v2/apps?label=%zz", "", 400, "cannot be read"},
		{"DELETE", "/v2/apps/g/a/tasks?host=other;scale=true", "", 400, "cannot be read"},
		{"GET", "/v2/apps/none/*", "", 404, "Group '/none' does not exist"},
		{"PUT", "/v2/groups/none", `{"scaleBy":2}`, 404, "Group '/none' does not exist"},
		{"PUT", "/v2/groups/none?dryRun=true", `{"scaleBy":2}`, 404, "Group '/none' does not exist"},
		{"PATCH", "/v2/groups/none/deep", `{"enforceRole":false}`, 404, "Group '/none/deep' does not exist"},
		{"GET", "/v2/groups/none/versions", "", 404, "Group '/none' does not exist"},
		{"POST", "/v2/tasks/delete", `{}`, 422, `"path":"/ids"`},
		{"POST", "/v2/tasks/delete", `{"ids":["x"]}`, 400, "Invalid task id"},
		{"POST", "/v2/apps", small("/g/b", `"version":"abc"`), 422, "Invalid timestamp provided 'abc'"},
		{"PUT", "/v2/groups/g", `{"apps":[` + small("a", `"version":"abc"`) + `]}`, 422, "Invalid timestamp provided 'abc'"},
		{"PUT", "/v2/apps/g/a", `null`, 422, "error.expected.jsobject"},
		{"PUT", "/v2/apps/g/a", `[]`, 422, "error.expected.jsobject"},
		{"PUT", "/v2/groups/g", `null`, 422, "error.expected.jsobject"},
		{"POST", "/v2/tasks/delete", `null`, 422, "error.expected.jsobject"},
	} {
		status, text := f.raw(c.method, c.path, c.body)
		if status != c.status || !strings.Contains(string(text), c.text) {
			t.Errorf("%s %s %s: %d %s, want %d %s", c.method, c.path, c.body, status, text, c.status, c.text)
		}
	}
	if tasks := f.app("/g/a")["tasks"].([]any); len(tasks) != 1 {
		t.Errorf("what was refused was done: %v", tasks)
	}
	for _, path := range []string{"/health", "/slave(1)/health", "/mesos/health"} {
		f.expect(200, "GET", path, "")
	}
}
