package onebox

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	gomarathon "github.com/gambol99/go-marathon"
	"github.com/google/go-cmp/cmp"
)

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
