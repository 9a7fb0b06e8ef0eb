package onebox

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runs makes an app with two ports and a label and waits until its task runs.
func runs(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/apps", `{"id":"/a/b","container":{"docker":{"image":"img:1","network":"BRIDGE","portMappings":[{"containerPort":80},{"containerPort":81}]}},"cpus":0.5,"mem":64,"labels":{"name":"x"}}`)
	await(t, "it runs", func() bool {
		return f.expect(200, "GET", "/v2/apps/a/b", "")["app"].(map[string]any)["tasksRunning"] == 1.0
	})
	return f
}

// mesos-consul and mesos-dns find services by the tasks of the state.
func TestMesos_TellsRegistriesOfLabelsPortsAndAddresses(t *testing.T) {
	f := runs(t)
	var state struct {
		Frameworks []struct {
			User  *string
			Tasks []mesosTask
		}
	}
	f.decode("/mesos/master/state.json", &state)
	task := state.Frameworks[0].Tasks[0]
	ports := f.engine.records.snapshot().byApp["/a/b"][0].Ports
	if want := portRanges(ports); len(ports) != 2 || task.Resources.Ports != want {
		t.Errorf("ports %q, want %q", task.Resources.Ports, want)
	}
	if diff := cmp.Diff([]mesosLabel{{"name", "x"}}, task.Labels); diff != "" {
		t.Error(diff)
	}
	if state.Frameworks[0].User == nil {
		t.Error("the framework has no user")
	}
}

func TestPortRanges(t *testing.T) {
	for want, ports := range map[string][]int{"": nil, "[31000-31000]": {31000}, "[1-1, 3-3]": {1, 0, 3}} {
		if got := portRanges(ports); got != want {
			t.Errorf("%v: %q, want %q", ports, got, want)
		}
	}
}

func TestMesos_SummaryCountsTasks(t *testing.T) {
	f := runs(t)
	var summary struct {
		Slaves, Frameworks []map[string]any
	}
	f.decode("/mesos/state-summary", &summary)
	for _, side := range []map[string]any{summary.Slaves[0], summary.Frameworks[0]} {
		if side["TASK_RUNNING"] != 1.0 || side["TASK_FAILED"] != 0.0 {
			t.Errorf("%v", side)
		}
	}
	if summary.Frameworks[0]["tasks"] != nil || !slices.Equal(summary.Slaves[0]["framework_ids"].([]any), []any{summary.Frameworks[0]["id"]}) {
		t.Errorf("%v", summary)
	}
}

// Telegraf and the exporters ask for these by name.
func TestMesos_SnapshotHasTheNumbersOfMasterAndAgent(t *testing.T) {
	f := runs(t)
	var n map[string]float64
	f.decode("/metrics/snapshot", &n)
	for name, want := range map[string]float64{
		"master/elected": 1, "master/slaves_active": 1, "master/frameworks_active": 1, "master/tasks_running": 1, "slave/tasks_running": 1,
		"master/cpus_used": 0.5, "slave/mem_used": 64, "master/cpus_percent": 0.5 / n["master/cpus_total"],
	} {
		if got, there := n[name]; !there || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

func TestAPI_HasNoPlugins(t *testing.T) {
	if list := newFixture(t, dry).expect(200, "GET", "/v2/plugins", "")["plugins"]; len(list.([]any)) != 0 {
		t.Errorf("%v", list)
	}
}
