package onebox

import (
	"testing"
	"time"
)

func TestEngine_LeavesATaskRunningWhileVisitorsAreLedElsewhere(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.Docker, c.Drain = nil, time.Hour })
	for _, app := range []string{small("two", `"instances":2`), small("alone")} {
		f.expect(201, "POST", "/v2/apps", app)
	}
	f.idle()

	f.expect(200, "PUT", "/v2/apps/two", `{"instances":1}`)
	f.expect(200, "PUT", "/v2/apps/alone", `{"instances":0}`)
	await(t, "the one without a stand-in is gone", func() bool { return len(f.states("/alone")) == 0 })
	if got := f.states("/two"); got["TASK_KILLING"] != 1 || got["TASK_RUNNING"] != 1 {
		t.Errorf("of the two tasks there are %v, want one of each", got)
	}
}

// states counts an app's tasks by their state.
func (f *fixture) states(id string) map[string]int {
	f.t.Helper()
	states := map[string]int{}
	for _, task := range f.expect(200, "GET", "/v2/apps"+id+"/tasks", "")["tasks"].([]any) {
		states[task.(map[string]any)["state"].(string)]++
	}
	return states
}
