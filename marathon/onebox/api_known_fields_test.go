package onebox

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// knownToPython are the fields that marathon-python 0.13, the client of most old
// scripts, knows of each object. It refuses an answer with any other.
var knownToPython = map[string]string{
	"app": `args backoffFactor backoffSeconds cmd constraints container cpus dependencies deployments disk env executor healthChecks id role
		instances killSelection labels lastTaskFailure maxLaunchDelaySeconds mem ports requirePorts tasks tasksRunning tasksStaged tasksHealthy
		taskKillGracePeriodSeconds tasksUnhealthy upgradeStrategy unreachableStrategy uris user version versionInfo ipAddress fetch taskStats readinessChecks
		readinessCheckResults secrets portDefinitions residency gpus networks acceptedResourceRoles`,
	"container":        `type docker portMappings volumes networkName`,
	"docker":           `image network portMappings parameters privileged forcePullImage`,
	"portMapping":      `name containerPort hostPort servicePort protocol labels networkNames`,
	"task":             `appId healthCheckResults host id ports servicePorts slaveId stagedAt startedAt version ipAddresses state localVolumes region zone role`,
	"healthResult":     `alive consecutiveFailures firstSuccess lastFailure lastSuccess taskId lastFailureCause instanceId`,
	"lastTaskFailure":  `appId host message taskId instanceId slaveId state timestamp version`,
	"queueItem":        `app overdue count delay since processedOffersSummary lastUnusedOffers`,
	"delay":            `timeLeftSeconds overdue`,
	"group":            `apps dependencies groups id pods version`,
	"deployment":       `affectedApps currentActions currentStep id steps totalSteps version affectedPods`,
	"deploymentAction": `action app apps type readinessCheckResults pod`,
}

func TestAPI_ShowsNothingThatMarathonPythonDoesNotKnow(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/apps", guide)
	f.expect(201, "POST", "/v2/apps", `{"id":"/sites/waits","container":{"docker":{"image":"img:1","network":"BRIDGE"}},"constraints":[["rack","CLUSTER","none"]]}`)
	knows := func(kind string, object any) {
		for field := range object.(map[string]any) {
			if !slices.Contains(strings.Fields(knownToPython[kind]), field) {
				t.Errorf("%s has %s", kind, field)
			}
		}
	}
	await(t, "a task runs", func() bool {
		list := f.expect(200, "GET", "/v2/tasks", "")["tasks"].([]any)
		return len(list) > 0 && list[0].(map[string]any)["healthCheckResults"] != nil
	})
	app := f.expect(200, "GET", "/v2/apps/sites/guide?embed=app.taskStats&embed=app.readiness&embed=app.failures", "")["app"].(map[string]any)
	container := app["container"].(map[string]any)
	task := app["tasks"].([]any)[0].(map[string]any)
	knows("app", app)
	knows("container", container)
	knows("docker", container["docker"])
	knows("portMapping", container["portMappings"].([]any)[0])
	knows("task", task)
	knows("healthResult", task["healthCheckResults"].([]any)[0])
	item := f.expect(200, "GET", "/v2/queue?embed=lastUnusedOffers", "")["queue"].([]any)[0].(map[string]any)
	knows("queueItem", item)
	knows("delay", item["delay"])
	root := f.expect(200, "GET", "/v2/groups", "")
	knows("group", root)
	knows("group", root["groups"].([]any)[0])
	var deployments []any
	f.decode("/v2/deployments", &deployments)
	knows("deployment", deployments[0])
	knows("deploymentAction", deployments[0].(map[string]any)["currentActions"].([]any)[0])
}

// decode reads what is at a path.
func (f *fixture) decode(path string, into any) {
	f.t.Helper()
	status, text := f.raw("GET", path, "")
	if err := json.Unmarshal(text, into); status != 200 || err != nil {
		f.t.Fatalf("GET %s: %d %v %s", path, status, err, text)
	}
}
