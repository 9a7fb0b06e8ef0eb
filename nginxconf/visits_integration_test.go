//go:build integration

package nginxconf_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedbed"
	"seedbed/nginxconf"
)

func TestRouter_CountsVisitsThroughFullLogsAndReloads(t *testing.T) {
	w := newWorld(t)
	w.stopRouter()
	router, err := nginxconf.New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	router.PutLogAwayAt(20_000)
	w.router, w.stopRouter = router, running(t, router.Run)
	t.Cleanup(func() { w.stopRouter() })
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "led, without a visit", w.led("wiki.localhost", 1))
	asked := 0
	hostile := "curl\"\\x0a{}'; \xff\u00e9" + strings.Repeat("y", 400)
	for asked < 600 || len(w.putAway()) == 0 {
		if status, _, _ := w.visit("wiki.localhost", "/page?token=secret", "User-Agent", hostile); status != 200 {
			t.Fatal(status)
		}
		if asked++; asked%200 == 0 {
			w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port),
				instance("new.1", "/sites/new", fmt.Sprintf("new%d.localhost", asked), port)) // a reload
		}
		if asked > 20_000 {
			t.Fatal("the log is never put away")
		}
	}
	eventually(t, "counted", func() string {
		if got := w.visited("/sites/wiki"); got != asked {
			return fmt.Sprintf("%d of %d", got, asked)
		}
		return ""
	})
	v, err := w.router.Visits(t.Context(), "/sites/wiki")
	if err != nil || len(v.Last) == 0 {
		t.Fatal(v, err)
	}
	if last := v.Last[0]; last.URI != "/page" || last.Status != 200 || last.From != "127.0.0.1" || last.Host != "wiki.localhost" || !strings.HasPrefix(last.Agent, "curl\"\\x0a{}") {
		t.Errorf("the last visit is %+v", last)
	}
	if report := w.router.Report(); report.UnreadableVisits != 0 || report.Visits == 0 {
		t.Errorf("%d of %d cannot be read", report.UnreadableVisits, report.Visits)
	}
	if other := w.visited("/sites/other"); other != 0 {
		t.Errorf("%d visits of nobody", other)
	}
}

// visited is how many visits of a workload were counted.
func (w *world) visited(id string) (count int) {
	v, err := w.router.Visits(w.t.Context(), seedbed.WorkloadID(id))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, hour := range v.Hours {
		count += int(hour.Requests)
	}
	return count
}

// putAway are the logs that were put away.
func (w *world) putAway() []string {
	found, err := filepath.Glob(filepath.Join(w.temp(), "access.log.*"))
	if err != nil {
		w.t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(w.config.Dir, "access.log.*"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, path := range append(found, more...) {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o007 != 0 {
			w.t.Errorf("others may read %s: %v", path, err)
		}
	}
	return append(found, more...)
}
