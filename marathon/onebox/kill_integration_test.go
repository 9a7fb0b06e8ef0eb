//go:build integration

package onebox

import (
	"fmt"
	"testing"
	"time"
)

// A task is asked to end, has its grace period for that, and is then ended.
func TestKill_AsksFirstAndThenInsists(t *testing.T) {
	r := newMachine(t)
	for name, c := range map[string]struct {
		trap        string
		grace       int
		least, most time.Duration
		left        string
	}{
		"/deaf":   {"trap '' TERM", 3, 3 * time.Second, 15 * time.Second, ""},
		"/polite": {"trap 'echo bye > bye; exit 0' TERM", 60, 0, 30 * time.Second, "bye\n"},
	} {
		r.expect(201, "PUT", "/v2/apps"+name, fmt.Sprintf(`{"mem":32,"cpus":0.1,"taskKillGracePeriodSeconds":%d,
			"cmd":"%s; echo yes > ready; while :; do sleep 0.2; done"}`, c.grace, c.trap))
		task := r.awaitInstance(name).TaskID()
		dir := r.engine.logs.store.Directory(task)
		await(t, "it is ready", func() bool {
			data, _, _ := r.engine.logs.store.Read(dir+"/ready", 0, 10)
			return string(data) == "yes\n"
		})
		began := time.Now()
		r.expect(200, "DELETE", "/v2/apps"+name, "")
		await(t, "it is gone", func() bool {
			return len(r.containers()) == 0 && len(r.engine.records.snapshot().byApp[name]) == 0
		})
		if took := time.Since(began); took < c.least || took > c.most {
			t.Errorf("%s: it took %v", name, took)
		}
		if data, _, _ := r.engine.logs.store.Read(dir+"/bye", 0, 10); string(data) != c.left {
			t.Errorf("%s: it has left %q", name, data)
		}
	}
}
