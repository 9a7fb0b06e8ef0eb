//go:build integration

package marathon_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/marathon"
	"seedbed/marathon/internal/enginetest"
)

// TestMesos_LogsSurviveTheEngine prints while the engine runs, while it is dead
// and just before its container is stopped, and finds every line once.
func TestMesos_LogsSurviveTheEngine(t *testing.T) {
	w := newWorld(t)
	w.apply(w.workload("d1", "hello"))
	w.awaitWell("d1")
	task := w.task(seedbed.TaskRunning)
	expected := ""
	printLine := func(n int) {
		w.get(fmt.Sprintf("/print?text=line-%d", n))
		expected += fmt.Sprintf("line-%d\n", n)
	}
	for n := range 5 {
		printLine(n)
	}
	w.awaitLog(task, seedbed.Stderr, expected)
	place := w.instances()[0]
	for range 3 {
		w.kill()
		for n := range 3 { // the driver cannot tell where it is now
			text := fmt.Sprintf("dead-%d", n)
			ask(t, fmt.Sprintf("http://%s:%d/print?text=%s", place.Host, place.Ports[0], text))
			expected += text + "\n"
		}
		w.start()
		enginetest.Await(t, 20*time.Second, "the instance is known", func() bool { return len(w.instances()) == 1 })
		printLine(100)
	}
	w.awaitLog(task, seedbed.Stdout, "listening\n"+expected)
	w.awaitLog(task, seedbed.Stderr, expected)

	for n := range 200 {
		printLine(1000 + n)
	}
	if err := w.Remove(t.Context(), guide); err != nil {
		t.Fatal(err)
	}
	enginetest.Await(t, 60*time.Second, "the workload is gone", func() bool { return !w.has(guide) })
	ended := w.task(seedbed.TaskStopped)
	if ended.ID != task.ID || ended.Ended.IsZero() {
		t.Errorf("the ended task is %+v", ended)
	}
	w.awaitLog(ended, seedbed.Stdout, "listening\n"+expected)
	w.awaitLog(ended, seedbed.Stderr, expected)
}

func TestMesos_UsageMachinesAndWhatFailedTasksSaid(t *testing.T) {
	w := newWorld(t)
	w.apply(w.workload("d1", "hello"))
	w.awaitWell("d1")
	task := w.task(seedbed.TaskRunning)
	enginetest.Await(t, 20*time.Second, "the use of processors is known", func() bool {
		used := must(w.Usage(t.Context(), []seedbed.Task{task}))[task.ID]
		return used.Memory > 0 && used.MemoryLimit == 32<<20 && used.Memory < used.MemoryLimit && used.CPUs >= 0
	})
	machines := must(w.Machines(t.Context()))
	if len(machines) != 1 {
		t.Fatalf("there are %d machines", len(machines))
	}
	if m := machines[0]; !m.Up || m.Tasks != 1 || m.Promised.Memory != 32<<20 || m.Total.Memory < 1<<30 || m.Total.Disk == 0 || m.Total.CPUs < 1 {
		t.Errorf("the machine is %+v", m)
	}
	failing := w.workload("d2", "")
	failing.ID, failing.Env = "/sites/broken", map[string]string{"BEHAVIOUR": "exit"}
	w.apply(failing)
	var failed seedbed.Task
	enginetest.Await(t, 30*time.Second, "a task has failed", func() bool {
		for _, one := range must(w.Tasks(t.Context(), failing.ID)) {
			if one.State == seedbed.TaskFailed {
				failed = one
			}
		}
		return failed.ID != ""
	})
	w.awaitLog(failed, seedbed.Stdout, "\x1b[31mcannot find\x1b[0m the database\n")
	w.line.Cut()
	t.Cleanup(w.line.Mend)
	if got := must(w.Log(t.Context(), failed, seedbed.Stdout, -1, 100)); !strings.Contains(got.Text, "the database") {
		t.Errorf("while Docker does not answer the log is %+v", got)
	}
}

// task returns the newest task of the guide, which must be in that state.
func (w *world) task(state seedbed.TaskState) seedbed.Task {
	w.t.Helper()
	tasks, err := w.Tasks(w.t.Context(), guide)
	if err != nil || len(tasks) == 0 || tasks[0].State != state {
		w.t.Fatalf("the tasks are %+v (%v), want one that is %s", tasks, err, state)
	}
	return tasks[0]
}

// awaitLog waits until a log is as expected, and reads it in both ways.
func (w *world) awaitLog(task seedbed.Task, name seedbed.LogName, want string) {
	w.t.Helper()
	var got string
	enginetest.Await(w.t, 20*time.Second, "the log has its length", func() bool {
		part, err := w.Log(w.t.Context(), task, name, 0, marathon.MaxLogPart)
		got = part.Text
		return err == nil && len(got) >= len(want)
	})
	if got != want {
		w.t.Fatalf("%s is\n%q\nwant\n%q", name, got, want)
	}
	whole := must(w.Download(w.t.Context(), task, name))
	defer whole.Close()
	if text := must(io.ReadAll(whole)); string(text) != want {
		w.t.Errorf("downloaded it is %q", text)
	}
}

func ask(t *testing.T, url string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}
