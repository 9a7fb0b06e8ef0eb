//go:build integration

package marathon_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/client"

	"seedbed"
	"seedbed/marathon"
	"seedbed/marathon/internal/enginetest"
)

func TestChain_FromApplyToRemove(t *testing.T) {
	w := newWorld(t)
	if err := w.Check(t.Context()); err != nil {
		t.Fatal(err)
	}

	w.apply(w.workload("d1", "first"))
	w.awaitWell("d1")
	if got := w.get("/"); got != "first" {
		t.Errorf("the first page is %q", got)
	}
	if hosts := w.get("/hosts"); !strings.Contains(hosts, seedbed.ServiceHost) {
		t.Errorf("the container does not know %s:\n%s", seedbed.ServiceHost, hosts)
	}
	if env := w.get("/env"); !strings.Contains(env, "MARATHON_APP_ID=/sites/guide\n") {
		t.Errorf("the container lacks Marathon's environment:\n%s", env)
	}

	before := w.containers()
	w.apply(w.workload("d1", "first"))
	w.awaitWell("d1")
	if diff := cmp.Diff(before, w.containers()); diff != "" {
		t.Errorf("applying the same again changed the containers:\n%s", diff)
	}

	w.apply(w.workload("d2", "second"))
	w.awaitWell("d2")
	if got := w.get("/"); got != "second" {
		t.Errorf("after the change the page is %q", got)
	}

	for range 2 {
		if err := w.Remove(t.Context(), "/sites/guide"); err != nil {
			t.Fatal(err)
		}
	}
	enginetest.Await(t, 30*time.Second, "no container is left", func() bool { return len(w.containers()) == 0 })
	enginetest.Await(t, 10*time.Second, "the workload is gone", func() bool { return !w.has("/sites/guide") })
}

// What is removed is listed until its container has gone: after that its
// volumes are deleted.
func TestChain_RemovedIsListedUntilItsContainerIsGone(t *testing.T) {
	w := newWorld(t)
	w.apply(w.workload("d1", "text"))
	w.awaitWell("d1")
	w.line.Cut()
	enginetest.Await(t, 30*time.Second, "Docker is out of sight", func() bool { return w.observed("/sites/guide").Unseen })
	if err := w.Remove(t.Context(), "/sites/guide"); err != nil {
		t.Fatal(err)
	}
	for n := range 40 {
		wait(t, 100*time.Millisecond)
		if n == 20 {
			w.kill()
			w.start()
		}
		o, there := must(w.Observe(t.Context()))["/sites/guide"]
		if !there || o.Instances != 0 || o.Settled {
			t.Fatalf("while its container runs it is %+v, listed: %v", o, there)
		}
	}
	w.line.Mend()
	enginetest.Await(t, 60*time.Second, "the workload is gone", func() bool { return !w.has("/sites/guide") })
	if left := w.containers(); len(left) != 0 {
		t.Errorf("when it is not listed any more there are still %v", left)
	}
}

// The old container keeps answering until the new one is well, unless there
// may be only one writer.
func TestChain_RollingChangeIsNeverWithoutAnswer(t *testing.T) {
	w := newWorld(t)
	w.apply(w.workload("d1", "first"))
	w.awaitWell("d1")
	w.apply(w.workload("d2", "second"))
	enginetest.Await(t, 30*time.Second, "the change is done", func() bool {
		healthy := slices.ContainsFunc(w.instances(), func(i seedbed.Instance) bool { return i.Healthy })
		if !healthy {
			t.Fatal("there was a moment without a healthy instance")
		}
		return w.observed("/sites/guide").Well("d2")
	})
}

func TestChain_OneWriterNeverHasTwoContainers(t *testing.T) {
	w := newWorld(t)
	one := func(mark string) seedbed.Workload {
		load := w.workload(mark, mark)
		load.OneWriter = true
		return load
	}
	w.apply(one("d1"))
	w.awaitWell("d1")
	w.apply(one("d2"))
	enginetest.Await(t, 30*time.Second, "the change is done", func() bool {
		if n := len(w.containers()); n > 1 {
			t.Fatalf("there were %d containers at the same time", n)
		}
		return w.observed("/sites/guide").Well("d2")
	})
}

func TestChain_TellsWhatAFailedContainerSaid(t *testing.T) {
	w := newWorld(t)
	load := w.workload("d1", "")
	load.Env["BEHAVIOUR"] = "exit"
	w.apply(load)
	enginetest.Await(t, 30*time.Second, "the failure is told", func() bool { return w.observed("/sites/guide").Failure != nil })
	want := "Container exited with status 3\ncannot find the database"
	if got := w.observed("/sites/guide").Failure.Message; got != want {
		t.Errorf("the failure is %q, want %q", got, want)
	}

	w.apply(w.workload("d2", "well again")) // what "Try again" does
	w.awaitWell("d2")
}

func TestChain_TellsWhyAnImageCannotStart(t *testing.T) {
	w := newWorld(t)
	load := w.workload("d1", "")
	load.Image = "127.0.0.1:1/not-there:1"
	w.apply(load)
	enginetest.Await(t, 60*time.Second, "the failure is told", func() bool { return w.observed("/sites/guide").Failure != nil })
	if got := w.observed("/sites/guide").Failure.Message; !strings.Contains(got, "127.0.0.1:1/not-there:1") {
		t.Errorf("the failure does not name the image: %q", got)
	}
	if err := w.Remove(t.Context(), "/sites/guide"); err != nil {
		t.Fatal(err)
	}
	enginetest.Await(t, 10*time.Second, "the workload is gone", func() bool { return !w.has("/sites/guide") })
}

func TestChain_ReplacesAContainerThatIsNotWell(t *testing.T) {
	w := newWorld(t)
	w.apply(w.workload("d1", "text"))
	w.awaitWell("d1")
	first := w.instances()[0].ID
	w.get("/sicken")
	enginetest.Await(t, 30*time.Second, "another container is well", func() bool {
		list := w.instances()
		return len(list) == 1 && list[0].ID != first && list[0].Healthy
	})
	failure := w.observed("/sites/guide").Failure
	if failure == nil || !strings.HasPrefix(failure.Message, "Task was killed since health check failed. Reason: HTTP/1.1 500") ||
		!strings.HasSuffix(failure.Message, "\nlistening") {
		t.Errorf("the failure is %+v", failure)
	}
}

// Killed at any moment of a deployment, the engine carries it through after the
// restart with exactly one container.
func TestChain_SurvivesKillAtAnyMoment(t *testing.T) {
	w := newWorld(t)
	for n, delay := range []time.Duration{0, 20, 80, 200, 400, 800, 1500} {
		mark := fmt.Sprintf("d%d", n+1)
		w.apply(w.workload(mark, mark))
		wait(t, delay*time.Millisecond)
		w.kill()
		w.start()
		w.awaitWell(mark)
		if got := w.get("/"); got != mark {
			t.Errorf("killed after %v: the page is %q, want %q", delay, got, mark)
		}
		if list := w.containers(); len(list) != 1 {
			t.Errorf("killed after %v: the containers are %v", delay, list)
		}
	}
}

// wait lets a precise time pass, for which there is no condition to poll: the
// moment of the kill is what differs.
func wait(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	<-ctx.Done()
}

func TestChain_AdoptsContainersAndStaysHealthy(t *testing.T) {
	w := newWorld(t)
	w.apply(w.workload("d1", "text"))
	w.awaitWell("d1")
	containers, instances := w.containers(), w.instances()
	w.kill()
	w.start()
	// The very first answer must already call it well: anything else would take
	// the site off the air at each restart.
	if !w.observed("/sites/guide").Well("d1") {
		t.Errorf("after the restart it is %+v", w.observed("/sites/guide"))
	}
	if diff := cmp.Diff(instances, w.instances()); diff != "" {
		t.Errorf("the instances differ after the restart:\n%s", diff)
	}
	if diff := cmp.Diff(containers, w.containers()); diff != "" {
		t.Errorf("the containers differ after the restart:\n%s", diff)
	}
}

func TestChain_NoticesAContainerThatEndedMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.apply(w.workload("d1", "text"))
	w.awaitWell("d1")
	first := w.containers()
	w.kill()
	if _, err := w.docker.ContainerKill(t.Context(), first[0], client.ContainerKillOptions{Signal: "KILL"}); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.awaitWell("d1")
	enginetest.Await(t, 10*time.Second, "only the new container is left", func() bool {
		now := w.containers()
		return len(now) == 1 && now[0] != first[0]
	})
	if f := w.observed("/sites/guide").Failure; f == nil || !strings.HasPrefix(f.Message, "Container exited with status 137") {
		t.Errorf("the failure is %+v", f)
	}
}

func TestChain_WatchTellsOfChanges(t *testing.T) {
	w := newWorld(t)
	changes := make(chan struct{}, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Watch(ctx, func() { changes <- struct{}{} })
	}()
	<-changes // connected
	w.apply(w.workload("d1", "text"))
	enginetest.Await(t, 30*time.Second, "changes are told until it is well", func() bool {
		select {
		case <-changes:
		default:
			return false
		}
		return w.observed("/sites/guide").Well("d1")
	})
	cancel()
	<-ended
}

func TestChain_MountsVolumesOnlyFromTheirPlace(t *testing.T) {
	w := newWorld(t)
	volume := filepath.Join(w.volumes, "guide", "files")
	if err := os.MkdirAll(volume, 0o755); err != nil {
		t.Fatal(err)
	}
	load := w.workload("d1", "text")
	load.Mounts = []seedbed.Mount{{Source: volume, Target: "/data"}}
	w.apply(load)
	w.awaitWell("d1")

	for _, source := range []string{"/etc", w.volumes, volume + "/../../..", "/var/run/docker.sock", w.volumes + "-not"} {
		load.Mounts[0].Source = source
		err := w.Apply(t.Context(), load)
		var refused *marathon.APIError
		if !errors.As(err, &refused) || refused.Status != http.StatusUnprocessableEntity {
			t.Errorf("mounting %s: %v, want it refused", source, err)
		}
	}
}
