package onebox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// small returns a definition without anything in it that matters.
func small(id string, more ...string) string {
	return fmt.Sprintf(`{"id":%q,"cpus":0.1,"mem":32,"networks":[{"mode":"container/bridge"}],"container":{"docker":{"image":"img:1"}}%s}`,
		id, strings.Join(append([]string{""}, more...), ","))
}

// shop is a tree of groups in which all ids are relative.
var shop = `{"id":"shop","apps":[],"groups":[
	{"id":"db","apps":[` + small("mysql", `"instances":2`) + `,` + small("mongo") + `]},
	{"id":"web","dependencies":["../db"],"apps":[` + small("front", `"dependencies":["back"]`) + `,` + small("back") + `]}]}`

// idle waits until no deployment is under way.
func (f *fixture) idle() {
	f.t.Helper()
	await(f.t, "all deployments are done", func() bool {
		_, text := f.raw("GET", "/v2/deployments", "")
		return string(text) == "[]"
	})
}

// list makes a request whose answer is an array.
func (f *fixture) list(path string) []any {
	f.t.Helper()
	status, text := f.raw("GET", path, "")
	var out []any
	if err := json.Unmarshal(text, &out); status != 200 || err != nil {
		f.t.Fatalf("GET %s: status %d, %v: %s", path, status, err, text)
	}
	return out
}

// tree returns the ids of the groups and apps in a shown group, one a line.
func tree(g map[string]any) []string {
	out := []string{g["id"].(string) + "/"}
	for _, a := range g["apps"].([]any) {
		out = append(out, a.(map[string]any)["id"].(string))
	}
	for _, inner := range g["groups"].([]any) {
		out = append(out, tree(inner.(map[string]any))...)
	}
	return out
}

func (f *fixture) sees(id string, want ...string) {
	f.t.Helper()
	if diff := cmp.Diff(want, tree(f.expect(200, "GET", "/v2/groups"+id, ""))); diff != "" {
		f.t.Errorf("the group %s: %s", id, diff)
	}
}

func TestGroups_AreMadeWithEverythingInThem(t *testing.T) {
	f := newFixture(t, dry)
	f.sees("", "//")
	made := f.expect(201, "POST", "/v2/groups", shop)
	if made["deploymentId"] == nil || made["version"] == nil {
		t.Errorf("the answer is %v", made)
	}
	f.sees("", "//", "/shop/", "/shop/db/", "/shop/db/mongo", "/shop/db/mysql", "/shop/web/", "/shop/web/back", "/shop/web/front")
	web := f.expect(200, "GET", "/v2/groups/shop/web", "")
	if diff := cmp.Diff([]any{"/shop/db"}, web["dependencies"]); diff != "" {
		t.Error(diff)
	}
	for _, field := range []string{"pods", "groups", "version"} {
		if web[field] == nil {
			t.Errorf("%s is missing", field)
		}
	}
	front := web["apps"].([]any)[1].(map[string]any)
	if diff := cmp.Diff([]any{"/shop/web/back"}, front["dependencies"]); diff != "" {
		t.Error(diff)
	}
	if front["tasksRunning"] != nil || front["deployments"] != nil {
		t.Errorf("what was not asked for is embedded: %v", front)
	}
	f.idle()
}

func TestGroups_AreChangedAsMarathonDoes(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/groups", shop)
	f.idle()
	f.expect(200, "PUT", "/v2/groups/shop/web", `{"dependencies":[]}`)
	f.sees("/shop/web", "/shop/web/", "/shop/web/back", "/shop/web/front")
	f.expect(200, "PUT", "/v2/groups/shop/web", `{"apps":[`+small("front")+`]}`)
	f.sees("/shop/web", "/shop/web/", "/shop/web/front")
	f.idle()
	f.expect(200, "PUT", "/v2/groups/shop", `{"groups":[{"id":"web"},{"id":"new","groups":[{"id":"deep"}]}]}`)
	f.sees("/shop", "/shop/", "/shop/new/", "/shop/new/deep/", "/shop/web/", "/shop/web/front")
	f.expect(404, "GET", "/v2/apps/shop/db/mysql", "")
	f.idle()
	f.expect(200, "PUT", "/v2/groups", `{"id":"/else/where","apps":[`+small("/else/where/x")+`]}`)
	f.sees("/else", "/else/", "/else/where/", "/else/where/x")
	f.expect(200, "PATCH", "/v2/groups/else", `{"enforceRole":false}`)
	f.idle()
}

func TestGroups_StayUntilTheyAreDeleted(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/apps", small("/a/b/app"))
	f.idle()
	f.expect(200, "DELETE", "/v2/apps/a/b/app", "")
	f.sees("", "//", "/a/", "/a/b/")
	f.expect(200, "GET", "/v2/apps/a/*/tasks", "")
	f.expect(200, "DELETE", "/v2/groups/a/b", "")
	f.sees("", "//", "/a/")
	f.expect(404, "GET", "/v2/groups/a/b", "")
	f.idle()
	f.expect(201, "POST", "/v2/apps", small("/x/y"))
	f.expect(200, "DELETE", "/v2/groups?force=true", "{}")
	f.sees("", "//")
	f.expect(404, "GET", "/v2/apps/x/y", "")
	f.idle()
}

func TestGroups_AreLockedByDeploymentsOfTheirApps(t *testing.T) {
	f := newFixture(t) // nothing ever runs
	made := f.expect(201, "POST", "/v2/groups", shop)
	for _, request := range []string{"DELETE /v2/groups", "DELETE /v2/groups/shop", `PUT /v2/groups/shop {"scaleBy":2}`} {
		part := strings.Fields(request + " {}")
		locked := f.expect(409, part[0], part[1], part[2])
		if diff := cmp.Diff([]any{map[string]any{"id": made["deploymentId"]}}, locked["deployments"]); diff != "" {
			t.Error(diff)
		}
	}
	f.expect(200, "PUT", "/v2/groups/shop", `{"dependencies":["/none"]}`)
	f.expect(200, "DELETE", "/v2/groups/shop?force=true", "")
}

func TestGroups_AnAppTakesThePlaceOfAnEmptyGroup(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/groups", `{"id":"/a","groups":[{"id":"b"}]}`)
	f.expect(201, "POST", "/v2/apps", small("/a"))
	f.sees("", "//", "/a")
	same := f.expect(422, "POST", "/v2/apps", small("/a/b"))
	if text := fmt.Sprint(same); !strings.Contains(text, "Groups and Applications may not have the same identifier.") {
		t.Error(text)
	}
	f.idle()
}

func TestGroups_RefuseInMarathonsWords(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/groups", shop)
	f.idle()
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		text               string
	}{
		"unknown":            {"GET", "/v2/groups/none", "", 404, `{"message":"Group '/none' does not exist"}`},
		"unknown to delete":  {"DELETE", "/v2/groups/none", "", 404, `{"message":"Group '/none' does not exist"}`},
		"there already":      {"POST", "/v2/groups", `{"id":"/shop"}`, 409, `Group /shop is already created. Use PUT to change this group.`},
		"an app":             {"POST", "/v2/groups/shop/db/mysql", `{}`, 409, `An app with the path /shop/db/mysql already exists.`},
		"an app, put":        {"PUT", "/v2/groups/shop/db/mysql", `{}`, 422, `Groups and Applications may not have the same identifier.`},
		"app elsewhere":      {"PUT", "/v2/groups/shop", `{"apps":[` + small("/other/x") + `]}`, 422, `{"path":"/apps(0)/id","errors":["Identifier is not child of '/shop'"]}`},
		"group elsewhere":    {"PUT", "/v2/groups/shop", `{"groups":[{"id":"/other"}]}`, 422, `{"path":"/groups(0)/id","errors":["Identifier is not child of '/shop'"]}`},
		"deep mistake":       {"PUT", "/v2/groups/shop", `{"groups":[{"id":"web","apps":[` + small("x", `"instances":-1`) + `]}]}`, 422, `{"path":"/groups(0)/apps(0)/instances"`},
		"app without id":     {"PUT", "/v2/groups/shop", `{"apps":[{}]}`, 422, `{"path":"/apps(0)/id","errors":["error.path.missing"]}`},
		"group without id":   {"PUT", "/v2/groups/shop", `{"groups":[{}]}`, 422, `{"path":"/groups(0)/id","errors":["error.path.missing"]}`},
		"odd id":             {"PUT", "/v2/groups/Shop", `{}`, 422, `must fully match regular expression`},
		"wrong type":         {"PUT", "/v2/groups/shop", `{"groups":{}}`, 422, `{"path":"/groups","errors":["error.expected.jsarray"]}`},
		"broken":             {"PUT", "/v2/groups/shop", `{`, 400, `"Invalid JSON"`},
		"version and more":   {"PUT", "/v2/groups/shop", `{"version":"2020-01-01T00:00:00.000Z","apps":[]}`, 422, `"not allowed in conjunction with other properties."`},
		"scale and more":     {"PUT", "/v2/groups/shop", `{"scaleBy":2,"apps":[]}`, 422, `{"path":"/scaleBy","errors":["not allowed in conjunction with other properties."]}`},
		"negative scale":     {"PUT", "/v2/groups/shop", `{"scaleBy":-1}`, 422, `error.min`},
		"far too many":       {"PUT", "/v2/groups/shop", `{"scaleBy":1e300}`, 422, `/instances`},
		"no such version":    {"PUT", "/v2/groups/shop", `{"version":"2020-01-01T00:00:00.000Z"}`, 422, `Group /shop not available in version 2020-01-01T00:00:00.000Z`},
		"no version":         {"PUT", "/v2/groups/shop", `{"version":"yesterday"}`, 422, `Invalid timestamp provided 'yesterday'.`},
		"version not there":  {"GET", "/v2/groups/shop/versions/2020-01-01T00:00:00.000Z", "", 404, `Group '/shop' does not exist`},
		"versions of none":   {"GET", "/v2/groups/none/versions", "", 404, `Group '/none' does not exist`},
		"round":              {"PUT", "/v2/groups/shop/db", `{"dependencies":["../web"]}`, 422, `{"path":"/","errors":["Dependency graph has cyclic dependencies."]}`},
		"round in it":        {"PUT", "/v2/groups/shop/new", `{"apps":[` + small("a", `"dependencies":["b"]`) + `,` + small("b", `"dependencies":["a"]`) + `]}`, 422, `Dependency graph has cyclic dependencies.`},
		"on itself":          {"PUT", "/v2/apps/shop/db/mysql", `{"dependencies":["/shop/db"]}`, 422, `Dependency graph has cyclic dependencies.`},
		"patched deep":       {"PATCH", "/v2/groups/shop/db", `{"enforceRole":false}`, 422, `Path needs to be top-level`},
		"patched with roles": {"PATCH", "/v2/groups/shop", `{"enforceRole":true}`, 422, `no roles`},
	} {
		status, text := f.raw(c.method, c.path, c.body)
		if status != c.status || !strings.Contains(string(text), c.text) {
			t.Errorf("%s: status %d, %s", name, status, text)
		}
	}
	f.sees("", "//", "/shop/", "/shop/db/", "/shop/db/mongo", "/shop/db/mysql", "/shop/web/", "/shop/web/back", "/shop/web/front")
}

func TestGroups_EmbedWhatIsAskedFor(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/groups", shop)
	f.idle()
	if g := f.expect(200, "GET", "/v2/groups?embed=group.apps", ""); len(g["groups"].([]any)) != 0 {
		t.Errorf("%v", g)
	}
	if got := tree(f.expect(200, "GET", "/v2/groups/shop?embed=group.groups", "")); len(got) != 3 {
		t.Errorf("%v", got)
	}
	g := f.expect(200, "GET", "/v2/groups/shop/db?embed=group.apps&embed=group.apps.counts&embed=group.apps.tasks", "")
	mysql := g["apps"].([]any)[1].(map[string]any)
	if mysql["tasksRunning"] != 2.0 || len(mysql["tasks"].([]any)) != 2 || mysql["taskStats"] != nil {
		t.Errorf("%v", mysql)
	}
	if list := f.list("/v2/groups/shop/apps"); len(list) != 4 {
		t.Errorf("%v", list)
	}
	if list := f.list("/v2/groups/apps?embed=group.apps.taskStats"); len(list) != 4 || list[0].(map[string]any)["taskStats"] == nil {
		t.Errorf("%v", list)
	}
	if list := f.list("/v2/groups/none/apps"); len(list) != 0 {
		t.Errorf("%v", list)
	}
}

func TestGroups_GoBackToAVersion(t *testing.T) {
	f := newFixture(t, dry)
	first := f.expect(201, "POST", "/v2/groups", shop)["version"].(string)
	f.idle()
	f.expect(200, "PUT", "/v2/groups/shop", `{"groups":[{"id":"db","apps":[`+small("mysql", `"mem":64`)+`]},{"id":"more"}]}`)
	f.idle()
	versions := f.list("/v2/groups/shop/versions")
	if len(versions) != 2 || versions[1] != first {
		t.Fatalf("the versions are %v", versions)
	}
	was := f.expect(200, "GET", "/v2/groups/shop/versions/"+first, "")
	if got := tree(was); len(got) != 7 || was["version"] != first {
		t.Errorf("%v %v", was["version"], got)
	}
	f.expect(200, "PUT", "/v2/groups/shop", fmt.Sprintf(`{"version":%q}`, first))
	f.sees("/shop", "/shop/", "/shop/db/", "/shop/db/mongo", "/shop/db/mysql", "/shop/web/", "/shop/web/back", "/shop/web/front")
	mysql := f.expect(200, "GET", "/v2/apps/shop/db/mysql", "")["app"].(map[string]any)
	if mysql["mem"] != 32.0 || mysql["instances"] != 2.0 {
		t.Errorf("%v", mysql)
	}
	f.idle()
	f.expect(200, "DELETE", "/v2/groups/shop", "")
	f.idle()
	f.expect(200, "PUT", "/v2/groups/shop", fmt.Sprintf(`{"version":%q}`, first))
	f.expect(200, "GET", "/v2/apps/shop/web/front", "")
	f.idle()
}

func TestGroups_ScaleAndTry(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/groups", shop)
	f.idle()
	instances := func(id string) any {
		return f.expect(200, "GET", "/v2/apps"+id, "")["app"].(map[string]any)["instances"]
	}
	tried := f.expect(200, "PUT", "/v2/groups/shop/db?dryRun=true", `{"scaleBy":1.5}`)
	want := []any{map[string]any{"actions": []any{
		map[string]any{"action": "ScaleApplication", "app": "/shop/db/mongo"},
		map[string]any{"action": "ScaleApplication", "app": "/shop/db/mysql"},
	}}}
	if diff := cmp.Diff(want, tried["steps"]); diff != "" || instances("/shop/db/mysql") != 2.0 {
		t.Error(diff)
	}
	f.expect(200, "PUT", "/v2/groups/shop/db", `{"scaleBy":1.5}`)
	if instances("/shop/db/mysql") != 3.0 || instances("/shop/db/mongo") != 2.0 || instances("/shop/web/back") != 1.0 {
		t.Error("it was scaled otherwise")
	}
	f.idle()
	f.expect(200, "PUT", "/v2/groups?dryRun=true", `{"id":"/new","apps":[`+small("x")+`]}`)
	f.expect(404, "GET", "/v2/groups/new", "")
	if same := f.expect(200, "PUT", "/v2/groups/shop?dryRun=true", `{}`); len(same["steps"].([]any)) != 0 {
		t.Errorf("%v", same)
	}
}
